package lenet

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"regexp"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/scripts/literate/notebook"
)

// The networks that the notebooks build are the package's.
func TestNotebookNet(t *testing.T) {
	d2ltest.NeedsSources(t)
	for _, c := range []struct{ path, id, file string }{
		{"../notebooks/lenet.ipynb", "net", "lenet.go"},
		{"../notebooks/solution-2-better-network.ipynb", "improved", "improved.go"},
	} {
		t.Run(c.file, func(t *testing.T) { sameNet(t, c.path, c.id, c.file) })
	}
}

// Exercise 2 shows the training that ImprovedOptimizer and scripts/seeds repeat.
func TestNotebookTraining(t *testing.T) {
	d2ltest.NeedsSources(t)
	chapter, err := notebook.Read("../notebooks/solution-2-better-network.ipynb")
	d2ltest.NoError(t, err)
	optimizer, err := os.ReadFile("improved.go")
	d2ltest.NoError(t, err)
	seeds, err := os.ReadFile("../scripts/seeds/main.go")
	d2ltest.NoError(t, err)
	shown := chapter.Cell("train-improved").Source
	for _, c := range []struct{ what, shown, file, repeated string }{
		{"Adam's rate", `d2l\.Adam\((.*?)\)`, string(optimizer), `d2l\.Adam\((.*?)\)`},
		{"the schedule's first rate", `BaseLR: (.*?),`, string(optimizer), `BaseLR: (.*?),`},
		{"the epochs", `numEpochs := (\d+)`, string(seeds), `lenet\.Improved, (\d+),`},
		{"the batch size", `LoadDataFashionMnist\((\d+)\)`, string(seeds), `lenet\.Improved, \d+, (\d+),`},
	} {
		got, want := regexp.MustCompile(c.shown).FindStringSubmatch(shown), regexp.MustCompile(c.repeated).FindStringSubmatch(c.file)
		if got == nil || want == nil || got[1] != want[1] {
			t.Errorf("%s: the cell has %q, the package or scripts/seeds %q", c.what, got, want)
		}
	}
}

// sameNet checks that the first net of a notebook's cell is that of a file.
func sameNet(t *testing.T, path, id, file string) {
	t.Helper()
	chapter, err := notebook.Read(path)
	d2ltest.NoError(t, err)
	cell := chapter.Cell(id)
	if cell == nil {
		t.Fatalf("%s has no cell %s", path, id)
	}
	source, err := os.ReadFile(file)
	d2ltest.NoError(t, err)
	shown, want := layers(t, "cell "+id, "package lenet\n"+cell.Source), layers(t, file, string(source))
	for i := range max(len(shown), len(want)) {
		if got, want := layer(shown, i), layer(want, i); got != want {
			t.Fatalf("cell %s of %s differs from lenet/%s in layer %d\nthe cell: %s\nthe file: %s", id, path, file, i, got, want)
		}
	}
}

// layer returns the i-th of several, or what stands for a missing one.
func layer(layers []string, i int) string {
	if i < len(layers) {
		return layers[i]
	}
	return "(no such layer)"
}

// layers returns those of the first d2l.Sequential in a file, each in the
// printer's form.
func layers(t *testing.T, name, source string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), name, source, 0)
	d2ltest.NoError(t, err)
	var printed []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		net, ok := n.(*ast.CompositeLit)
		if !ok || printed != nil {
			return printed == nil
		}
		if s, ok := net.Type.(*ast.SelectorExpr); ok && isD2L(s.X) && s.Sel.Name == "Sequential" {
			for _, layer := range net.Elts {
				var text bytes.Buffer
				d2ltest.NoError(t, printer.Fprint(&text, token.NewFileSet(), layer))
				printed = append(printed, text.String())
			}
		}
		return printed == nil
	})
	if printed == nil {
		t.Fatalf("%s has no d2l.Sequential", name)
	}
	return printed
}

func isD2L(x ast.Expr) bool {
	name, ok := x.(*ast.Ident)
	return ok && name.Name == "d2l"
}
