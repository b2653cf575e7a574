package saved

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The package of most tests: a helper, and what it calls.
var helpers = map[string]string{
	"d2l/mean.go": `package d2l

import "math"

// Mean returns the mean of xs.
func Mean(xs []float64) float64 {
	total := Sum(xs)
	if math.IsNaN(total) { // of a missing value
		return math.NaN()
	}
	return total / float64(len(xs))
}
`,
	"d2l/sum.go": `package d2l

// Sum adds xs up.
func Sum(xs []float64) (total float64) {
	for _, x := range xs {
		total += x
	}
	return total
}
`,
}

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

// agreed is the project in which both sides are the same.
func agreed(t *testing.T) *project {
	t.Helper()
	p := book(t, helpers, meanCell)
	p.run(t, update, false, "")
	p.wantClean(t)
	return p
}

func TestFirstAgreement(t *testing.T) {
	p := book(t, helpers, meanCell)
	p.wantCheck(t, "notebooks/x.ipynb, cell cell0 (code cell 1: // Mean returns the mean of xs.): Mean is that of d2l/mean.go:5", "update")
	p.run(t, save, false, "")
	p.wantClean(t)
}

func TestChangeInTheNotebook(t *testing.T) {
	p := agreed(t)
	p.edit(t, 0, "total / ", "2 * total / ")
	p.wantCheck(t, "cell cell0 (code cell 1: // Mean returns the mean of xs.): Mean is not that of d2l/mean.go:5", "the notebook has changed",
		"-	return total / float64", "+	return 2 * total / float64", "--- d2l/mean.go", "+++ notebooks/x.ipynb, cell cell0")
	p.run(t, update, false, "the notebook has changed")
	if !strings.Contains(p.source(0), "2 * total") {
		t.Error("a refused update took the change away")
	}
	p.run(t, save, false, "")
	if want := strings.Replace(helpers["d2l/mean.go"], "total / ", "2 * total / ", 1); p.files["d2l/mean.go"] != want {
		t.Errorf("the file is now\n%s", p.files["d2l/mean.go"])
	}
	p.wantClean(t)
}

func TestChangeInThePackage(t *testing.T) {
	p := agreed(t)
	p.editFile(t, "d2l/mean.go", "// Mean returns the mean", "// Mean returns the arithmetic mean")
	p.editFile(t, "d2l/mean.go", "total := Sum(xs)", "var total float64 = Sum(xs)")
	p.wantCheck(t, "d2l/mean.go:5 has changed since they agreed", "update")
	p.run(t, save, false, "d2l/mean.go:5 has changed since they agreed")
	p.run(t, update, false, "")
	want := strings.Replace(meanCell, "the mean", "the arithmetic mean", 1)
	want = strings.Replace(want, "total := d2l.Sum(xs)", "var total float64 = d2l.Sum(xs)", 1)
	if got := p.source(0); got != want {
		t.Errorf("the cell is now\n%s\nwant\n%s", got, want)
	}
	p.wantClean(t)
}

func TestChangesOnBothSides(t *testing.T) {
	for _, force := range []struct {
		way  func(*project, bool, *strings.Builder) error
		want string
	}{{update, "3 * total"}, {save, "2 * total"}} {
		p := agreed(t)
		p.edit(t, 0, "total / ", "2 * total / ")
		p.editFile(t, "d2l/mean.go", "total / ", "3 * total / ")
		p.wantCheck(t, "both have changed since they agreed")
		before := p.state()
		p.run(t, update, false, "both have changed")
		p.run(t, save, false, "both have changed")
		if p.state() != before {
			t.Fatal("a refusal changed something")
		}
		p.run(t, force.way, true, "")
		if !strings.Contains(p.source(0), force.want) || !strings.Contains(p.files["d2l/mean.go"], force.want) {
			t.Errorf("want %s:\n%s", force.want, p.state())
		}
		p.wantClean(t)
	}
}

// The same change on both sides is an agreement that has yet to be recorded.
func TestSameChangeOnBothSides(t *testing.T) {
	p := agreed(t)
	p.edit(t, 0, "total / ", "2 * total / ")
	p.editFile(t, "d2l/mean.go", "total / ", "2 * total / ")
	p.wantCheck(t, "does not record it")
	p.run(t, update, false, "")
	p.wantClean(t)
}

// What is laid out in another way is the same; a comment that changes is not.
func TestWhatCounts(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"Mean(xs []float64) float64 {", "Mean(\n\txs []float64,\n) float64 {", ""},
		{"\ttotal := d2l.Sum(xs)\n", "  total   :=  d2l.Sum(xs);\n\n", ""},
		{"// of a missing value", "// of a missing number", "+	if math.IsNaN(total) { // of a missing number"},
		{"{ // of a missing value\n", "{\n\t\t// of a missing value\n", "+		// of a missing value"},
		{"// Mean returns the mean of xs.\n", "", "-// Mean returns the mean of xs."},
		{"float64(len(xs))", "(float64(len(xs)))", "+	return total / (float64(len(xs)))"},
		{"math.NaN()\n", "math.NaN() * 1\n", "math.NaN() * 1"},
		{"d2l.Sum", "Sum", ""}, // The kernel refuses that by itself; or a cell above declares it.
		{"func Mean", "\nfunc Mean", "-// Mean returns the mean of xs."},
	} {
		p := agreed(t)
		p.edit(t, 0, c.old, c.new)
		if c.want == "" {
			p.wantClean(t)
		} else {
			p.wantCheck(t, c.want)
		}
	}
}

// What was agreed on is forgotten by save alone.
func TestForgetting(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"func Mean", "func Average", "it declared Mean when it agreed with d2l: put it back, or let"},
		{Mark, "", "it had //d2l:save in its first line when it agreed with d2l on Mean"},
	} {
		p := agreed(t)
		p.edit(t, 0, "// Mean returns the mean of xs.\n", "")
		p.edit(t, 0, c.old, c.new)
		p.edit(t, 0, "Mean([]", "Average([]")
		for range 2 {
			p.run(t, update, false, c.want)
			if found := strings.Join(p.check(), "\n"); !strings.Contains(found, c.want) {
				t.Errorf("want %q in\n%s", c.want, found)
			}
		}
		p.run(t, save, false, c.want)
		if found := strings.Join(p.check(), "\n"); strings.Contains(found, c.want) {
			t.Errorf("save did not forget:\n%s", found)
		}
	}
}

// On disk: the project's own files, changed and brought together again.
func TestOnDisk(t *testing.T) {
	const root = "../../.."
	if found, err := Check(root, []string{"notebooks/lenet.ipynb"}); err != nil || len(found) > 0 {
		t.Fatalf("%v, %s", err, strings.Join(found, "\n"))
	}
	dir := t.TempDir()
	paths, err := filepath.Glob(root + "/d2l/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(paths, root+"/notebooks/lenet.ipynb") {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, strings.TrimPrefix(path, root))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	read := func(name string) string {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	notebooks := []string{"notebooks/lenet.ipynb"}
	shown, shipped := read(notebooks[0]), read("d2l/train_ch5.go")
	var said strings.Builder
	bring := func(name string, way func() error, file, want string) {
		t.Helper()
		if err := way(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, said.String())
		}
		if got := read(file); got != want {
			t.Errorf("%s did not bring %s there", name, file)
		}
	}
	doUpdate := func() error { return Update(dir, notebooks, false, &said) }
	doSave := func() error { return Save(dir, notebooks, false, &said) }
	bring("update on clean files", doUpdate, notebooks[0], shown)
	bring("save on clean files", doSave, "d2l/train_ch5.go", shipped)

	// Every 50 batches becomes every 10, in the package; and back, in the notebook.
	if err := os.WriteFile(filepath.Join(dir, "d2l/train_ch5.go"), []byte(strings.Replace(shipped, "%50", "%10", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	found, err := Check(dir, notebooks)
	if err != nil || len(found) != 1 || !strings.Contains(found[0], "has changed since they agreed") || !strings.Contains(found[0], "%10") {
		t.Fatalf("%v, %s", err, strings.Join(found, "\n"))
	}
	if err := doUpdate(); err != nil {
		t.Fatal(err)
	}
	changed := read(notebooks[0])
	if strings.Replace(changed, "%10", "%50", 1) == changed {
		t.Error("update did not bring the change to the notebook")
	}
	if err := os.WriteFile(filepath.Join(dir, notebooks[0]), []byte(strings.Replace(changed, "%10", "%50", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	bring("save", doSave, "d2l/train_ch5.go", shipped)
	if read(notebooks[0]) != shown {
		t.Error("there and back, the notebook is another")
	}
}
