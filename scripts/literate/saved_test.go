package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
)

const meanFile = `package d2l

import "math"

// Mean returns the mean of xs.
func Mean(xs []float64) float64 {
	total := Sum(xs)
	if math.IsNaN(total) { // of a missing value
		return math.NaN()
	}
	return total / float64(len(xs))
}

type point struct{ Sum float64 }

// Sum adds xs up.
func Sum(xs []float64) float64 {
	p := point{Sum: 0}
	for _, x := range xs {
		p.Sum += x
	}
	return p.Sum
}
`

const meanCell = `//d2l:save

// Mean returns the mean of xs.
func Mean(xs []float64) float64 {
	total := d2l.Sum(xs)
	if math.IsNaN(total) { // of a missing value
		return math.NaN()
	}
	return total / float64(len(xs))
}

%%
fmt.Println(Mean([]float64{1, 2}))`

// read returns the project of one file of the package and a cell for each source. The first cell and meanFile agreed
// on Mean.
func read(t *testing.T, file string, sources ...string) (*project, error) {
	t.Helper()
	var cells []map[string]any
	for i, source := range sources {
		cells = append(cells, map[string]any{"id": string(rune('a' + i)), "cell_type": "code", "source": source})
	}
	mean := meanFile[strings.Index(meanFile, "// Mean"):strings.Index(meanFile, "\n\ntype")]
	cells[0]["metadata"] = map[string]any{"d2l": map[string]any{"agreed": map[string]string{"Mean": sum(mean)}}}
	notebook, err := json.Marshal(map[string]any{"cells": cells})
	d2ltest.NoError(t, err)
	root := t.TempDir()
	d2ltest.Put(t, filepath.Join(root, "d2l/mean.go"), []byte(file))
	d2ltest.Put(t, filepath.Join(root, "d2l/mean_test.go"), nil)
	d2ltest.Put(t, filepath.Join(root, "notebooks/x.ipynb"), notebook)
	return load(root, nil)
}

// replaced replaces a text, which must be there.
func replaced(t *testing.T, text, old, new string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("there is no %q in %s", old, text)
	}
	return strings.Replace(text, old, new, 1)
}

// wantCheck fails unless check finds nothing or, with words, one problem that has all of them.
func wantCheck(t *testing.T, p *project, words ...string) {
	t.Helper()
	found := p.check()
	if len(found) != min(len(words), 1) {
		t.Fatalf("%d problems, want %q:\n%s", len(found), words, strings.Join(found, "\n"))
	}
	d2ltest.WantParts(t, strings.Join(found, ""), words...)
}

// Notebooks in notebooks/later are the project's, too; what JupyterLab keeps beside notebooks is not.
func TestFolders(t *testing.T) {
	root := t.TempDir()
	for _, folder := range []string{"", "later/", ".ipynb_checkpoints/", "later/.ipynb_checkpoints/"} {
		d2ltest.Put(t, filepath.Join(root, "notebooks", folder, "x.ipynb"),
			[]byte(`{"cells": [{"id": "a", "cell_type": "code", "source": "x()"}]}`))
	}
	p := d2ltest.Must(load(root, nil))(t)
	if len(p.cells) != 2 {
		t.Errorf("%d notebooks are the project's, want two", len(p.cells))
	}
}

func TestProject(t *testing.T) {
	p, err := load("../..", nil)
	d2ltest.NoError(t, err)
	wantCheck(t, p)
}

func TestChangeInTheCell(t *testing.T) {
	p := d2ltest.Must(read(t, meanFile, replaced(t, meanCell, "total /", "2 * total /")))(t)
	wantCheck(t, p, "x.ipynb, cell a: Mean is not that of d2l/mean.go:5; the cell has changed",
		"-	return total / ", "+	return 2 * total / ")
	before := p.cells[0].Source
	changed, refused := p.update(p.cells[0], false)
	if changed || p.cells[0].Source != before {
		t.Fatalf("%v, %s", changed, p.cells[0].Source)
	}
	d2ltest.WantParts(t, strings.Join(refused, ""), "the cell has changed")
	if _, refused = p.update(p.cells[0], true); len(refused) > 0 || p.cells[0].Source != meanCell {
		t.Fatalf("-force: %q, %s", refused, p.cells[0].Source)
	}
}

func TestChangeInThePackage(t *testing.T) {
	file := replaced(t, meanFile, "the mean of xs", "the arithmetic mean of xs")
	file = replaced(t, file, "total := Sum(xs)", "var total float64 = Sum(append(xs, Sum(xs)))")
	p := d2ltest.Must(read(t, file, meanCell))(t)
	wantCheck(t, p, "the package has changed", "-// Mean returns the arithmetic mean",
		"-	var total float64 = d2l.Sum(append(xs, d2l.Sum(xs)))\n")
	changed, refused := p.update(p.cells[0], false)
	want := replaced(t, meanCell, "the mean of xs", "the arithmetic mean of xs")
	want = replaced(t, want, "total := d2l.Sum(xs)", "var total float64 = d2l.Sum(append(xs, d2l.Sum(xs)))")
	if !changed || len(refused) > 0 || p.cells[0].Source != want {
		t.Fatalf("%v, %q, %s", changed, refused, p.cells[0].Source)
	}
	d2ltest.NoError(t, p.cells[0].parse())
	wantCheck(t, p)
	if changed, refused := p.update(p.cells[0], false); changed || len(refused) > 0 {
		t.Errorf("a second update changed the cell: %q", refused)
	}
}

// What marked cells of the notebook declare has no d2l. there; several declarations of a cell are all written.
func TestUpdateOfSeveral(t *testing.T) {
	const shown = "//d2l:save\n%env A=1\nfunc Sum() {}\ntype point int\n"
	p := d2ltest.Must(read(t, meanFile, replaced(t, meanCell, "total :=", "total +="), shown))(t)
	for _, c := range p.cells {
		if _, refused := p.update(c, true); len(refused) > 0 {
			t.Fatal(refused)
		}
		d2ltest.NoError(t, c.parse())
	}
	wantCheck(t, p)
	_, sum, _ := strings.Cut(meanFile, "type point")
	point, sum, _ := strings.Cut(sum, "\n\n")
	if want := "//d2l:save\n%env A=1\n" + sum + "type point" + point + "\n"; p.cells[1].Source != want ||
		!strings.Contains(p.cells[0].Source, "total := Sum(xs)") {
		t.Errorf("%s\n%s\nwant\n%s", p.cells[0].Source, p.cells[1].Source, want)
	}
}

func TestUpdateRefused(t *testing.T) {
	for _, c := range []struct{ file, source, want string }{
		{meanFile, "//d2l:save\nfunc Sum() {}", "it uses point, which a notebook cannot"},
		{meanFile, "//d2l:save\nfunc Median() {}", "d2l has no such name"},
	} {
		p := d2ltest.Must(read(t, c.file, c.source))(t)
		_, refused := p.update(p.cells[0], true)
		d2ltest.WantParts(t, strings.Join(refused, ""), c.want)
		if p.cells[0].Source != c.source {
			t.Errorf("%s: the cell is now %s", c.want, p.cells[0].Source)
		}
	}
}

func TestWhatCounts(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"Mean(xs []float64) float64 {", "Mean(\n\txs []float64,\n) float64 {", ""},
		{"\ttotal := d2l.Sum(xs)\n", "  total   :=  d2l.Sum(xs);\n\n", ""},
		{"d2l.Sum", "Sum", ""},
		{"//d2l:save\n", "//d2l:save\nimport \"math\"\n", ""},
		{"// of a missing value", "// of a missing number", "+	if math.IsNaN(total) { // of a missing number"},
		{"{ // of a missing value\n", "{\n\t\t// of a missing value\n", "+		// of a missing value"},
		{"// Mean returns the mean of xs.\n", "", "-// Mean returns the mean of xs."},
		{"float64(len(xs))", "(float64(len(xs)))", "+	return total / (float64(len(xs)))"},
		{"math.NaN()\n", "math.NaN() * 1\n", "math.NaN() * 1"},
	} {
		p := d2ltest.Must(read(t, meanFile, replaced(t, meanCell, c.old, c.new)))(t)
		if c.want == "" {
			wantCheck(t, p)
		} else {
			wantCheck(t, p, c.want, "the cell has changed")
		}
	}
}

func TestMarks(t *testing.T) {
	doubled := replaced(t, meanCell, "total /", "2 * total /")
	for _, c := range []struct{ file, source, want string }{
		{meanFile, replaced(t, meanCell, "//d2l:save", "// d2l:save"),
			"it declares Mean, as d2l/mean.go:5 does: begin the cell with //d2l:save"},
		{meanFile, "//d2l:save", "it showed d2l's Mean below //d2l:save once"},
		{replaced(t, meanFile, "func Mean", "func Median"), meanCell, "d2l has no Mean"},
		{replaced(t, meanFile, "total /", "3 * total /"), doubled, "both have changed"},
		{replaced(t, meanFile, "total /", "2 * total /"), doubled, "does not record it"},
	} {
		p := d2ltest.Must(read(t, c.file, c.source))(t)
		d2ltest.WantParts(t, strings.Join(p.check(), "\n"), c.want)
	}
	_, err := read(t, meanFile, "func f(")
	d2ltest.WantError(t, err, "x.ipynb, cell a is not Go")
}
