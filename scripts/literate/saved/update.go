package saved

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/d2l-go/book/scripts/literate/gocell"
)

// Update writes the package's code to the marked cells that differ. It does not
// touch a cell that has changed since both agreed, unless it is forced. It says
// on out what it does.
func Update(dir string, notebooks []string, force bool, out io.Writer) error {
	return write(dir, notebooks, force, out, (*project).update)
}

func (p *project) update(force bool, out io.Writer) error {
	said, problems, agreed := p.each(func(pair *pair) (string, error) {
		here, _ := pair.changed()
		if pair.shipped == nil || pair.imports() != "" || here && !force {
			return "", errors.New(pair.difference())
		}
		if err := p.toCell(pair); err != nil {
			return "", err
		}
		return fmt.Sprintf("wrote %s of %s to %s", pair.shown, pair.where(), pair.cell), nil
	})
	return p.finish(out, said, problems, agreed, false)
}

// toCell puts the package's code into the notebook.
func (p *project) toCell(pair *pair) error {
	c := pair.cell
	fail := func(err error) error { return fmt.Errorf("%s: %s: %w", c, pair.shown, err) }
	above, err := cells(c.notebook)
	if err != nil {
		return err
	}
	declared := map[string]bool{}
	for _, other := range above {
		if other.marked {
			for _, d := range other.file.decls {
				for _, name := range d.names {
					declared[name] = true
				}
			}
		}
		if other.Cell == c.Cell {
			break
		}
	}
	for _, name := range pair.shipped.names {
		declared[name] = true
	}
	names := map[string]string{} // of imports, by their paths
	for name, path := range c.file.imports() {
		if old, ok := names[path]; !ok || name < old {
			names[path] = name
		}
	}
	nameOf := func(path string) string {
		if name, ok := names[path]; ok {
			return name
		}
		return usual(path)
	}
	text, err := pair.shipped.toCell(func(name string) bool { return declared[name] }, nameOf)
	if err != nil {
		return fail(err)
	}
	for _, line := range strings.Split(text, "\n") {
		if gocell.IsCommand(line) {
			return fail(fmt.Errorf("the kernel would take the line %q for a command of its own; write it in another way", line))
		}
	}
	start, end := pair.shown.start-c.header, pair.shown.end-c.header
	before := c.Source
	source := before[:start] + text + before[end:]
	top := c.file.decls[0].start - c.header
	for _, path := range slices.Sorted(maps.Values(pair.shipped.uses())) {
		// The kernel imports by itself what is missing, but can guess right only where a
		// name leaves no choice.
		if _, ok := names[path]; !ok && strings.Contains(path, "/") {
			source = source[:top] + fmt.Sprintf("import %q\n\n", path) + source[top:]
		}
	}
	c.notebook.SetSource(c.Cell, source)
	if err := p.verify(pair); err != nil {
		c.notebook.SetSource(c.Cell, before)
		return fail(err)
	}
	return nil
}

// verify makes sure that what was put into a cell reads back as it should.
func (p *project) verify(old *pair) error {
	now, err := p.find(old)
	if err == nil && now.differ() {
		err = errors.New("it would not read back as it is")
	}
	if err != nil {
		return fmt.Errorf("it cannot be written in its place: %w; put each declaration of the cell on lines of its own", err)
	}
	return nil
}
