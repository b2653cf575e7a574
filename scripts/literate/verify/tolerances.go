package verify

import (
	"fmt"
	"maps"
	"math"
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
			is := fmt.Sprintf("%s, %s: the tolerance of %q is %g", n.Path, c.Label(), name, tolerance[name])
			const give = "give by how much the figure may be off"
			largest, there := printed[name]
			switch {
			case tolerance[name] <= 0:
				found = append(found, fmt.Sprintf("%s; %s", is, give))
			case there && tolerance[name] >= largest:
				found = append(found, fmt.Sprintf("%s, as large as the figure it is for, %g; %s", is, largest, give))
			}
			if !there {
				found = append(found, fmt.Sprintf("%s, %s: the tolerance of %q fits no figure: the cell prints no %q followed by a blank and a number", n.Path, c.Label(), name, name))
			}
		}
	}
	return found
}

// figuresOf returns the names of the figures in what a cell prints and shows, each
// with the largest that has it, signs aside.
func figuresOf(c *notebook.Cell) map[string]float64 {
	f := newFigures(c.Metadata.D2L.Tolerance)
	texts := []string{c.Printed("stdout")}
	for _, o := range shown(c) {
		for kind, text := range o.Data {
			if !picture.Is(kind) {
				texts = append(texts, text)
			}
		}
	}
	largest := map[string]float64{}
	for _, text := range texts {
		for _, line := range splitLines(text) {
			_, found := f.split(line)
			for _, one := range found {
				largest[one.name] = max(largest[one.name], math.Abs(one.number()))
			}
		}
	}
	return largest
}
