package weights

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/gomlx/gomlx/ml/model"
)

// ErrRename is what errors end with that another function of names would mend.
var ErrRename = errors.New(`give a function that returns this net's name for each of the file's, ` +
	`and "" for what is to be left out`)

// A Match has the tensors of a file that variables of a net can take.
type Match struct {
	Loaded     []string // Names of the net's, in the order of its variables.
	Missing    []string // Those that the file does not have.
	Unexpected []string // The file's names of tensors that the net does not have.
	fits       []fit
}

// Match finds the variables of a scope in a file, by the names that rename returns for the file's; nil leaves names as
// they are, and tensors for which it returns "" are left out. A tensor with the name of a variable must fit it. Nothing
// is set, and variables need no values.
func (f *File) Match(scope *model.Scope, rules []Rule, rename func(string) string) (*Match, error) {
	all, err := entries(scope, rules)
	if err != nil {
		return nil, err
	}
	if rename == nil {
		rename = func(name string) string { return name }
	}
	found := map[string]saved{}
	ofNet := func(name string) bool { return slices.ContainsFunc(all, func(e entry) bool { return e.name == name }) }
	for _, name := range slices.Sorted(maps.Keys(f.tensors)) {
		here := rename(name)
		for _, other := range f.otherNames[name] {
			if other = rename(other); !ofNet(here) && ofNet(other) {
				here = other
			}
		}
		if other, ok := found[here]; ok {
			return nil, fmt.Errorf("%.200s and %.200s would both be this net's %.200s: %w", other.name, name, here, ErrRename)
		}
		if here != "" {
			found[here] = f.tensors[name]
		}
	}
	match, names := &Match{}, []string{}
	matched := map[*model.Variable]bool{}
	var counts []entry
	for _, e := range all {
		tensor, ok := found[e.name]
		names = append(names, e.name)
		switch {
		case ok:
			if err := e.check(tensor, true); err != nil {
				return nil, fmt.Errorf("%w: %w", err, ErrRename)
			}
			delete(found, e.name)
			match.add(f.fit(e, tensor, true))
			matched[e.variable] = true
		case e.rule.Count:
			counts = append(counts, e)
		default:
			match.Missing = append(match.Missing, e.name)
		}
	}
	if len(match.fits) == 0 {
		return nil, fmt.Errorf("they have no tensor with the name of one of this net's: they have %s, and this net %s: %w",
			f.names(), someOf(names), ErrRename)
	}
	for _, e := range counts { // Statistics from the file are kept, see KeptStatistics.
		if matched[scope.Store().GetVariable(e.variable.Scope()+"/"+e.rule.Beside)] {
			match.add(f.fit(e, saved{}, false))
		} else {
			match.Missing = append(match.Missing, e.name)
		}
	}
	for _, tensor := range found {
		match.Unexpected = append(match.Unexpected, tensor.name)
	}
	slices.Sort(match.Unexpected)
	return match, nil
}

func (m *Match) add(f fit) {
	m.fits = append(m.fits, f)
	m.Loaded = append(m.Loaded, f.name)
}

// Set gives the variables that are loaded their values.
func (m *Match) Set() error { return setAll(m.fits) }
