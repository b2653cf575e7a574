package saved

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pmezard/go-difflib/difflib"
)

// command is how a person runs this tool.
const command = "go run ./scripts/literate"

// pair is a declaration of a marked cell and the package's of the same name.
type pair struct {
	cell    *cell
	shown   *decl
	shipped *decl // Nil if the package has none.

	// Both in the form in which they are compared.
	shownText, shippedText string
}

func (p *pair) agreed() string { return p.cell.Metadata.D2L.Agreed[p.shown.names[0]] }

// differ tells whether the two sides are not the same. Imports of one name count
// where both sides name their paths.
func (p *pair) differ() bool {
	return p.shipped == nil || sum(p.shownText) != sum(p.shippedText) || p.imports() != ""
}

// imports says which imports of the two sides are other packages of one name.
func (p *pair) imports() string {
	here, there := p.shown.uses(), p.shipped.uses()
	for name, path := range here {
		if other := there[name]; other != "" && other != path {
			return fmt.Sprintf("%s is %s in the notebook, but %s in %s", name, path, other, p.shipped.file.path)
		}
	}
	return ""
}

// changed tells which sides are not as they were when both agreed.
func (p *pair) changed() (notebook, pkg bool) {
	agreed := p.agreed()
	return sum(p.shownText) != agreed, p.shipped != nil && sum(p.shippedText) != agreed
}

// where is the place of the package's side.
func (p *pair) where() string {
	if p.shipped == nil {
		return folder
	}
	return fmt.Sprintf("%s:%d", p.shipped.file.path, p.shipped.file.line(p.shipped.start))
}

// history says which side has changed, and what can be done.
func (p *pair) history() string {
	here, there := p.changed()
	where := p.where()
	switch {
	case p.shipped == nil && p.agreed() == "":
		return fmt.Sprintf("%s has none yet: %s save writes it there", where, command)
	case p.shipped == nil:
		return fmt.Sprintf("%s has it no longer: put it back there, or take %s off the cell; %s save -force writes the notebook's", where, Mark, command)
	case p.agreed() == "":
		return fmt.Sprintf("they have not agreed yet: %s update -force takes that of %s, save -force the notebook's", command, where)
	case here && there:
		return fmt.Sprintf("both have changed since they agreed: make one like the other; %s update -force takes that of %s, save -force the notebook's", command, where)
	case here:
		return fmt.Sprintf("the notebook has changed since they agreed: %s save writes its code to %s", command, where)
	case there:
		return fmt.Sprintf("%s has changed since they agreed: %s update writes its code to the notebook", where, command)
	}
	return "" // only the imports differ
}

// difference is what a person reads about two sides that differ.
func (p *pair) difference() string {
	text := fmt.Sprintf("%s: %s is not that of %s; %s", p.cell, p.shown, p.where(), p.history())
	if p.shipped == nil {
		return fmt.Sprintf("%s: %s: %s", p.cell, p.shown, p.history())
	}
	if imports := p.imports(); imports != "" {
		text += "\n" + imports
	}
	diff, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: difflib.SplitLines(p.shippedText), FromFile: p.shipped.file.path,
		B: difflib.SplitLines(p.shownText), ToFile: fmt.Sprintf("%s, cell %s, without %s.", p.cell.notebook.Path, p.cell.ID, "d2l"),
		Context: 2,
	})
	if err != nil {
		panic(err) // writing to memory
	}
	return strings.TrimRight(text+"\n"+diff, "\n")
}

// pair finds the package's side of a declaration.
func (p *project) pair(c *cell, d *decl) (*pair, error) {
	found := &pair{cell: c, shown: d}
	fail := func(err error) error { return fmt.Errorf("%s: %s: %w", c, d, err) }
	for _, name := range d.names {
		other := p.shipped[name]
		if other != nil && found.shipped != nil && other != found.shipped {
			return nil, fail(fmt.Errorf("%s declares %s apart; declare them apart here too", folder, strings.Join(d.names, " and ")))
		}
		if found.shipped == nil {
			found.shipped = other
		}
	}
	var err error
	if found.shownText, err = d.compared(); err != nil {
		return nil, fail(err)
	}
	if found.shipped != nil {
		// Nothing is qualified in the form for comparing.
		if found.shippedText, err = found.shipped.compared(); err != nil {
			return nil, fail(err)
		}
	}
	return found, nil
}

// pairs returns the declarations of all marked cells, and what is wrong with the
// cells themselves.
func (p *project) pairs() (found []*pair, problems []string) {
	problem := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	shown := map[string]*cell{}
	p.marked = map[string]bool{}
	for _, n := range p.notebooks {
		all, err := cells(n)
		if err != nil {
			problem("%v", err)
			continue
		}
		for _, c := range all {
			decls := c.file.decls
			if !c.marked {
				for _, d := range decls {
					for _, name := range d.names {
						if other := p.shipped[name]; other != nil && other.node.Pos().IsValid() && exported(name) {
							problem("%s declares %s, and so does %s:%d: put the line %s first, so that they stay the same, or give it another name",
								c, name, other.file.path, other.file.line(other.start), Mark)
						}
					}
				}
				continue
			}
			if len(decls) == 0 {
				problem("%s: the line %s marks no declaration; it must be in the cell that has it", c, Mark)
			}
			for _, d := range decls {
				switch {
				case len(d.names) == 0:
					problem("%s: a declaration of _ has no name by which %s could have it too; move it to another cell", c, folder)
					continue
				case d.names[0] == "main" || d.names[0] == "init" || strings.HasPrefix(d.names[0], "init_"):
					problem("%s: a package cannot have the notebook's %s; move it to another cell", c, d.names[0])
					continue
				}
				if first := shown[d.names[0]]; first != nil {
					problem("%s: %s is marked in %s too; show it there only", c, d.names[0], first)
					continue
				}
				for _, name := range d.names {
					shown[name], p.marked[name] = c, true
				}
				pair, err := p.pair(c, d)
				if err != nil {
					problem("%v", err)
					continue
				}
				found = append(found, pair)
			}
			for _, name := range forgotten(c, decls) {
				problem("%s: it declared %s when it agreed with %s: put it back, or let %s save forget it (%s keeps its own)", c, name, folder, command, folder)
			}
		}
	}
	return found, problems
}

// forgotten returns the names that a cell agreed on and no longer declares.
func forgotten(c *cell, decls []*decl) []string {
	var names []string
	for name := range c.Metadata.D2L.Agreed {
		if !slices.ContainsFunc(decls, func(d *decl) bool { return len(d.names) > 0 && d.names[0] == name }) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func exported(name string) bool {
	first := name[0]
	return 'A' <= first && first <= 'Z'
}

// Check says where marked cells and the package are not the same.
func Check(dir string, notebooks []string) ([]string, error) {
	p, err := load(dir, notebooks)
	if err != nil {
		return nil, err
	}
	return p.check(), nil
}

func (p *project) check() []string {
	pairs, problems := p.pairs()
	for _, pair := range pairs {
		here, _ := pair.changed()
		switch {
		case pair.differ():
			problems = append(problems, pair.difference())
		case here:
			problems = append(problems, fmt.Sprintf("%s: %s is that of %s, but the notebook does not record it: run %s update",
				pair.cell, pair.shown, pair.where(), command))
		}
	}
	return problems
}
