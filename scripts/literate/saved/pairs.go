package saved

import (
	"fmt"
	"go/token"
	"regexp"
	"slices"
	"strings"

	"github.com/d2l-go/book/scripts/literate/gocell"
)

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
