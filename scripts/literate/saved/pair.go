package saved

import (
	"fmt"
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
	case p.shipped != nil && p.imports() != "":
		return p.imports() + ": import the same on both sides, or give one of them another name"
	case p.shipped == nil && p.agreed() == "":
		return fmt.Sprintf("%s does not have it yet: %s save writes it there", where, command)
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
	panic("both sides are as they were, and differ")
}

// difference is what a person reads about two sides that differ.
func (p *pair) difference() string {
	text := fmt.Sprintf("%s: %s is not that of %s; %s", p.cell, p.shown, p.where(), p.history())
	if p.shipped == nil {
		return fmt.Sprintf("%s: %s: %s", p.cell, p.shown, p.history())
	}
	diff, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: difflib.SplitLines(p.shippedText), FromFile: p.shipped.file.path,
		B: difflib.SplitLines(p.shownText), ToFile: fmt.Sprintf("%s, cell %s, without d2l.", p.cell.notebook.Path, p.cell.ID),
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
