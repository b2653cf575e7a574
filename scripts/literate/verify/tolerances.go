package verify

import (
	"fmt"
	"maps"
	"slices"

	"github.com/d2l-go/book/scripts/literate/notebook"
	"github.com/d2l-go/book/scripts/literate/picture"
)

// Tolerances returns a text for each tolerance in a notebook's metadata that
// switches a comparison off, or seems to be in force and is not.
func Tolerances(n *notebook.Notebook) []string {
	var found []string
	for _, c := range n.Cells {
		tolerance := c.Metadata.D2L.Tolerance
		printed := figuresOf(c)
		for _, name := range slices.Sorted(maps.Keys(tolerance)) {
			if !(tolerance[name] >= 0) {
				found = append(found, fmt.Sprintf("%s, %s: the tolerance of %q is %g; give how far the figure may be off", n.Path, c.Label(), name, tolerance[name]))
			}
			if !slices.Contains(printed, name) {
				found = append(found, fmt.Sprintf("%s, %s: the tolerance of %q fits no figure: the cell prints no %q followed by a blank and a number", n.Path, c.Label(), name, name))
			}
		}
	}
	return found
}

// figuresOf returns the names of the figures in what a cell prints and shows.
func figuresOf(c *notebook.Cell) []string {
	f := newFigures(c.Metadata.D2L.Tolerance)
	texts := []string{c.Printed("stdout")}
	for _, o := range shown(c) {
		for kind, text := range o.Data {
			if !picture.Is(kind) {
				texts = append(texts, text)
			}
		}
	}
	var names []string
	for _, text := range texts {
		for _, line := range splitLines(text) {
			_, found := f.split(line)
			for _, one := range found {
				names = append(names, one.name)
			}
		}
	}
	return names
}
