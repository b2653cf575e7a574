// Package verify compares what the cells of an executed notebook print and show
// with the outputs that were saved.
package verify

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/d2l-go/book/scripts/literate/notebook"
	"github.com/d2l-go/book/scripts/literate/picture"
)

// Compare returns a text for each difference between a saved notebook and a new
// run of it, and one for each remark: what a cell wrote to stderr, such as a
// warning about this machine's devices, is no difference.
//
// What a cell prints is compared by Lines. Its other outputs must be as many, in
// the same order and of the same kinds; pictures must have the same size and show
// something, and what is not a picture is compared by Lines as well. Whether
// something was printed before or after a picture does not count: the two reach
// the kernel on different ways, and which is first differs from run to run. An
// error is always a difference.
func Compare(saved, executed *notebook.Notebook) (differences, remarks []string) {
	if text := OtherCell(saved, executed); text != "" {
		return []string{text}, nil
	}
	differences = Tolerances(saved)
	for i, a := range saved.Cells {
		b := executed.Cells[i]
		for _, text := range outputs(a, b) {
			differences = append(differences, fmt.Sprintf("%s, %s: %s", saved.Path, a.Label(), text))
		}
		if warned := strings.TrimRight(b.Printed("stderr"), "\n"); warned != "" {
			remarks = append(remarks, fmt.Sprintf("%s, %s wrote to stderr:\n  %s", saved.Path, a.Label(), strings.ReplaceAll(warned, "\n", "\n  ")))
		}
	}
	return differences, remarks
}

// OtherCell says in which cell, the first, two notebooks differ, outputs aside. It
// is empty if they hold the same cells.
func OtherCell(saved, executed *notebook.Notebook) string {
	if text := otherCell(saved, executed); text != "" {
		return fmt.Sprintf("%s is no run of %s: it %s", executed.Path, saved.Path, text)
	}
	return ""
}

func otherCell(saved, executed *notebook.Notebook) string {
	for i := range max(len(saved.Cells), len(executed.Cells)) {
		switch {
		case i >= len(executed.Cells):
			return fmt.Sprintf("ends before %s", saved.Cells[i].Label())
		case i >= len(saved.Cells):
			return fmt.Sprintf("goes on with %s", executed.Cells[i].Label())
		}
		a, b := saved.Cells[i], executed.Cells[i]
		if a.ID != b.ID || a.Type != b.Type {
			return fmt.Sprintf("holds another cell %d\n  expected: %s\n  got:      %s", i+1, a.Label(), b.Label())
		}
		if a.Source != b.Source {
			return fmt.Sprintf("holds another %s: %s", a.Label(), difference(splitLines(a.Source+"\n"), splitLines(b.Source+"\n")))
		}
	}
	return ""
}

func outputs(saved, executed *notebook.Cell) []string {
	var found []string
	for _, o := range executed.Outputs {
		if o.Type == "error" {
			found = append(found, fmt.Sprintf("it failed\n  expected: no error\n  got:      %s", o.Error()))
		}
	}
	tolerance := saved.Metadata.D2L.Tolerance
	for _, text := range Lines(saved.Printed("stdout"), tolerance, executed.Printed("stdout")) {
		found = append(found, "what it prints, "+text)
	}
	a, b := shown(saved), shown(executed)
	if kindsA, kindsB := allKinds(a), allKinds(b); kindsA != kindsB {
		return append(found, fmt.Sprintf("what it shows\n  expected: %s\n  got:      %s", kindsA, kindsB))
	}
	for i := range a {
		for _, kind := range kinds(a[i]) {
			what := kind
			if len(a) > 1 {
				what = fmt.Sprintf("output %d of %d, %s", i+1, len(a), kind)
			}
			if picture.Is(kind) {
				if text := pictures(kind, a[i].Data[kind], b[i].Data[kind]); text != "" {
					found = append(found, what+": "+text)
				}
				continue
			}
			for _, text := range Lines(a[i].Data[kind], tolerance, b[i].Data[kind]) {
				found = append(found, what+", "+text)
			}
		}
	}
	return found
}

// pictures compares two pictures of a kind.
func pictures(kind, saved, executed string) string {
	a, err := picture.Look(kind, saved)
	if err != nil {
		return fmt.Sprintf("the saved picture cannot be read: %v", err)
	}
	if !a.Drawn {
		return fmt.Sprintf("in the saved picture nothing is drawn (%s)", a.Size)
	}
	b, err := picture.Look(kind, executed)
	switch {
	case err != nil:
		return fmt.Sprintf("the picture\n  expected: %s\n  got:      what cannot be read: %v", a.Size, err)
	case !b.Drawn:
		return fmt.Sprintf("the picture\n  expected: something drawn\n  got:      %s of one colour", b.Size)
	case a.Size != b.Size:
		return fmt.Sprintf("size of the picture\n  expected: %s\n  got:      %s", a.Size, b.Size)
	}
	return ""
}

// shown are the outputs that are not printed.
func shown(c *notebook.Cell) []notebook.Output {
	return slices.DeleteFunc(slices.Clone(c.Outputs), func(o notebook.Output) bool { return o.Data == nil })
}

func kinds(o notebook.Output) []string { return slices.Sorted(maps.Keys(o.Data)) }

// allKinds names the kinds of data of some outputs in their order.
func allKinds(outputs []notebook.Output) string {
	if len(outputs) == 0 {
		return "nothing"
	}
	var all []string
	for _, o := range outputs {
		all = append(all, strings.Join(kinds(o), " + "))
	}
	return strings.Join(all, ", then ")
}
