package saved

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/d2l-go/book/scripts/literate/notebook"
)

// ErrRefused means that something was not written, and that it was said why.
var ErrRefused = errors.New("not everything was written (above)")

func write(dir string, notebooks []string, force bool, out io.Writer, way func(*project, bool, io.Writer) error) error {
	p, err := load(dir, notebooks)
	if err != nil {
		return err
	}
	refused := way(p, force, out)
	if err := p.write(); err != nil {
		return err
	}
	return refused
}

// each brings the sides of all pairs together by the given function. It returns
// what that said, what went wrong, and for each pair on what its sides agree.
func (p *project) each(bring func(*pair) (string, error)) (said, problems []string, agreed map[*notebook.Cell]map[string]string) {
	pairs, problems := p.pairs()
	agreed = map[*notebook.Cell]map[string]string{}
	// A write moves what stands below it in the cell or file: each is looked up anew.
	for _, old := range pairs {
		nc, name := old.cell.Cell, old.shown.names[0]
		if agreed[nc] == nil {
			agreed[nc] = map[string]string{}
		}
		pair, err := p.find(old)
		if err == nil && pair.differ() {
			var text string
			if text, err = bring(pair); err == nil {
				said = append(said, text)
				pair, err = p.find(old)
			}
		}
		if err != nil {
			problems = append(problems, fmt.Sprintf("not written: %v", err))
		} else if !pair.differ() {
			agreed[nc][name] = sum(pair.shownText)
		}
	}
	return said, problems, agreed
}

// finish records on what the sides agree, unless agreed is nil, and says what was
// done. What cells do not show any more is forgotten if forget is set.
func (p *project) finish(out io.Writer, said, problems []string, agreed map[*notebook.Cell]map[string]string, forget bool) error {
	for _, n := range p.notebooks {
		all, err := cells(n)
		if err != nil || agreed == nil {
			continue // and it was said why
		}
		for _, c := range all {
			now := maps.Clone(c.Metadata.D2L.Agreed)
			if now == nil {
				now = map[string]string{}
			}
			maps.Copy(now, agreed[c.Cell])
			if forget {
				for _, name := range c.forgotten() {
					delete(now, name)
				}
			}
			if !maps.Equal(now, c.Metadata.D2L.Agreed) {
				if err := n.SetAgreed(c.Cell, now); err != nil {
					return err
				}
			}
		}
	}
	for _, text := range slices.Concat(said, problems) {
		fmt.Fprintln(out, text)
	}
	if len(problems) > 0 {
		return ErrRefused
	}
	return nil
}

// find returns a pair as it is now.
func (p *project) find(old *pair) (*pair, error) {
	all, err := cells(old.cell.notebook)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if c.Cell != old.cell.Cell {
			continue
		}
		for _, d := range c.file.decls {
			if slices.Contains(d.names, old.shown.names[0]) {
				return p.pair(c, d)
			}
		}
	}
	return nil, fmt.Errorf("%s: %s cannot be found any more", old.cell, old.shown)
}
