package saved

import (
	"fmt"
	"go/token"
	"regexp"
	"slices"
	"strings"

	"github.com/pmezard/go-difflib/difflib"

	"github.com/d2l-go/book/scripts/literate/gocell"
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
	shown := map[string]*cell{}
	for _, n := range p.notebooks {
		all, err := cells(n)
		if err != nil {
			problems = append(problems, err.Error())
			continue
		}
		for _, c := range all {
			pairs, wrong := p.pairsOf(c, shown)
			found = append(found, pairs...)
			problems = slices.Concat(problems, wrong, misplaced(c))
		}
		problems = append(problems, p.copies(all)...)
	}
	return found, problems
}

// pairsOf returns the declarations of one cell, if it is marked. Shown are those
// of all cells before it.
func (p *project) pairsOf(c *cell, shown map[string]*cell) (found []*pair, problems []string) {
	problem := func(format string, args ...any) {
		problems = append(problems, fmt.Sprintf("%s: %s", c, fmt.Sprintf(format, args...)))
	}
	for _, name := range c.forgotten() {
		if c.marked {
			problem("it declared %s when it agreed with %s: put it back, or let %s save forget it (%[2]s keeps its own)", name, folder, command)
		} else {
			problem("it had %s in its first line when it agreed with %s on %s: put the line back, or let %s save forget it", Mark, folder, name, command)
		}
	}
	if !c.marked {
		return nil, problems
	}
	if len(c.file.decls) == 0 {
		problem("the line %s marks no declaration; it must be in the cell that has it", Mark)
	}
	for _, spec := range c.file.ast.Imports {
		if spec.Name != nil && spec.Name.Name == "." {
			problem("import %s by a name and not by a dot: what is its own cannot be told apart otherwise", spec.Path.Value)
		}
	}
	for _, d := range c.file.decls {
		if len(d.names) == 0 {
			problem("a declaration of _ has no name by which %s could have it too; move it to another cell", folder)
			continue
		}
		name := d.names[0]
		if name == "main" || name == "init" || strings.HasPrefix(name, "init_") {
			problem("a package cannot have the notebook's %s; move it to another cell", name)
			continue
		}
		if first := shown[name]; first != nil {
			problem("%s is marked in %s too; show it there only", name, first)
			continue
		}
		for _, name := range d.names {
			shown[name] = c
		}
		if at := d.command(c); at != nil {
			problem("%s: the kernel takes line %d, %q, for a command of its own; write it in another way", d, at.Line, at.Text)
			continue
		}
		pair, err := p.pair(c, d)
		if err != nil {
			problems = append(problems, err.Error())
			continue
		}
		found = append(found, pair)
	}
	return found, problems
}

// command returns the first command of the kernel that stands within a
// declaration of a cell, as in a string of several lines.
func (d *decl) command(c *cell) *gocell.Command {
	first, last := d.file.line(d.start), d.file.line(d.end)
	for i, command := range c.commands {
		if first <= command.Line && command.Line <= last {
			return &c.commands[i]
		}
	}
	return nil
}

// almostMark is a line that its author may have meant as a mark.
var almostMark = regexp.MustCompile(`^\s*//\s*d2l:`)

// misplaced reports lines that look like the mark and are not it.
func misplaced(c *cell) (problems []string) {
	for i, line := range strings.Split(c.Source, "\n") {
		if almostMark.MatchString(line) && !(i == 0 && c.marked) {
			problems = append(problems, fmt.Sprintf("%s: line %d, %q, marks nothing: the mark is %s, in the cell's first line", c, i+1, strings.TrimSpace(line), Mark))
		}
	}
	return problems
}

// copies reports what cells without a mark declare and the package too: what is
// exported, and what a marked declaration uses. The two could drift apart.
func (p *project) copies(all []*cell) (problems []string) {
	used := func(name string) bool {
		return slices.ContainsFunc(all, func(c *cell) bool {
			return c.marked && slices.ContainsFunc(c.file.decls, func(d *decl) bool { return d.mentions(name) })
		})
	}
	for _, c := range all {
		if c.marked {
			continue
		}
		for _, d := range c.file.decls {
			for _, name := range d.names {
				if other := p.shipped[name]; other != nil && (token.IsExported(name) || used(name)) {
					problems = append(problems, fmt.Sprintf("%s: it declares %s, and so does %s:%d: put the line %s first, so that they stay the same, or give it another name",
						c, name, other.file.path, other.file.line(other.start), Mark))
				}
			}
		}
	}
	return problems
}

// forgotten returns the names that a cell agreed on and does not show any more.
func (c *cell) forgotten() []string {
	var names []string
	for name := range c.Metadata.D2L.Agreed {
		if !c.marked || !slices.ContainsFunc(c.file.decls, func(d *decl) bool { return len(d.names) > 0 && d.names[0] == name }) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
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
			problems = append(problems, fmt.Sprintf("%s: %s is that of %s, but the notebook does not record it: %s update does",
				pair.cell, pair.shown, pair.where(), command))
		}
	}
	return problems
}
