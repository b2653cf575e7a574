package lenet

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/format"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
)

const notebook = "../notebooks/lenet.ipynb"

// cell returns the code of one of the notebook's cells.
func cell(t *testing.T, id string) string {
	t.Helper()
	var content struct {
		Cells []struct {
			ID     string
			Source []string
		}
	}
	file, err := os.ReadFile(notebook)
	d2ltest.NoError(t, err)
	d2ltest.NoError(t, json.Unmarshal(file, &content))
	for _, cell := range content.Cells {
		if cell.ID == id {
			return strings.Join(cell.Source, "")
		}
	}
	t.Fatalf("%s has no cell %s", notebook, id)
	return ""
}

// The functions that the notebook shows whole are d2l's.
func TestNotebookFunctions(t *testing.T) {
	for _, c := range []struct{ cell, file, name string }{
		{"evaluate-accuracy-gpu", "../d2l/evaluate_accuracy_gpu.go", "EvaluateAccuracyGPU"},
		{"train-ch5", "../d2l/train_ch5.go", "TrainCh5"},
	} {
		t.Run(c.cell, func(t *testing.T) {
			source, err := os.ReadFile(c.file)
			d2ltest.NoError(t, err)
			want, first := declaration(t, c.file, source, c.name)
			shown := strings.Split(unqualified(t, c.cell, cell(t, c.cell)), "\n")
			for i := range max(len(shown), len(want)) {
				if got, want := line(shown, i), line(want, i); got != want {
					t.Fatalf("cell %s of %s differs from %s in line %d\nthe cell, without d2l.: %s\nthe file:               %s",
						c.cell, notebook, c.file, first+i, got, want)
				}
			}
		})
	}
}

// line returns the i-th line of several, or what stands for a missing one.
func line(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(ends here)"
}

// declaration returns the lines of a function with its comment, and the number
// of the first in the file.
func declaration(t *testing.T, file string, source []byte, name string) ([]string, int) {
	t.Helper()
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, file, source, parser.ParseComments)
	d2ltest.NoError(t, err)
	for _, d := range parsed.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == name {
			start, end := files.Position(f.Doc.Pos()), files.Position(f.End())
			return strings.Split(string(source[start.Offset:end.Offset]), "\n"), start.Line
		}
	}
	t.Fatalf("%s declares no %s", file, name)
	return nil, 0
}

// unqualified returns a cell's code as it would stand in package d2l.
func unqualified(t *testing.T, id, code string) string {
	t.Helper()
	const clause = "package d2l\n\n"
	code = clause + code
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, "cell "+id, code, 0)
	d2ltest.NoError(t, err)
	var result strings.Builder
	copied := 0
	ast.Inspect(parsed, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && isD2L(s.X) {
			result.WriteString(code[copied:files.Position(s.Pos()).Offset])
			copied = files.Position(s.Sel.Pos()).Offset
		}
		return true
	})
	result.WriteString(code[copied:])
	formatted, err := format.Source([]byte(result.String()))
	d2ltest.NoError(t, err)
	return strings.TrimSpace(strings.TrimPrefix(string(formatted), clause))
}

func isD2L(x ast.Expr) bool {
	name, ok := x.(*ast.Ident)
	return ok && name.Name == "d2l"
}

// The network that the notebook builds is New's.
func TestNotebookNet(t *testing.T) {
	const id, file = "net", "lenet.go"
	source, err := os.ReadFile(file)
	d2ltest.NoError(t, err)
	shown, want := layers(t, "cell "+id, "package lenet\n"+cell(t, id)), layers(t, file, string(source))
	for i := range max(len(shown), len(want)) {
		if got, want := line(shown, i), line(want, i); got != want {
			t.Fatalf("cell %s of %s differs from lenet/%s in layer %d\nthe cell: %s\nthe file: %s", id, notebook, file, i, got, want)
		}
	}
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
