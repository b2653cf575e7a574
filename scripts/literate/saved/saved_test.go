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

func TestNewDeclaration(t *testing.T) {
	const cell = `//d2l:save

import "math/rand/v2"

// NoisyMeanGPU adds noise to the mean.
func NoisyMeanGPU(xs []float64) float64 {
	fmt.Fprintln(os.Stderr, "noise")
	return d2l.Mean(xs) + rand.NormFloat64()
}`
	p := book(t, helpers, cell)
	p.wantCheck(t, "NoisyMeanGPU: d2l does not have it yet", "save")
	p.run(t, update, false, "save writes it there")
	p.run(t, save, false, "")
	const want = `package d2l

import (
	"fmt"
	"math/rand/v2"
	"os"
)

// NoisyMeanGPU adds noise to the mean.
func NoisyMeanGPU(xs []float64) float64 {
	fmt.Fprintln(os.Stderr, "noise")
	return Mean(xs) + rand.NormFloat64()
}
`
	if got := p.files["d2l/noisy_mean_gpu.go"]; got != want {
		t.Errorf("the new file is\n%s\nwant\n%s", got, want)
	}
	p.wantClean(t)

	// An import that is no longer used goes, and one that is new comes.
	p.edit(t, 0, "rand.NormFloat64()", "strings.Count(``, ``)")
	p.run(t, save, false, "")
	if got := p.files["d2l/noisy_mean_gpu.go"]; strings.Contains(got, "rand") || !strings.Contains(got, "\t\"strings\"\n") {
		t.Errorf("the file is now\n%s", got)
	}
}

func TestPackageSideGone(t *testing.T) {
	p := agreed(t)
	delete(p.files, "d2l/mean.go")
	if err := p.parse(); err != nil {
		t.Fatal(err)
	}
	p.wantCheck(t, "d2l has it no longer")
	p.run(t, update, false, "d2l has it no longer")
	p.run(t, save, false, "d2l has it no longer")
	p.run(t, save, true, "")
	if p.files["d2l/mean.go"] != helpers["d2l/mean.go"] {
		t.Errorf("the file is now\n%s", p.files["d2l/mean.go"])
	}
	p.wantClean(t)
}

func TestNotebookSideGone(t *testing.T) {
	p := agreed(t)
	p.edit(t, 0, meanCell[len(Mark):], "\n\nvar one = 1\n")
	found := strings.Join(p.check(), "\n")
	if !strings.Contains(found, "it declared Mean when it agreed with d2l") {
		t.Errorf("check found\n%s", found)
	}
	p.run(t, save, false, "it declared Mean")
	p.wantClean(t)
	if p.files["d2l/mean.go"] != helpers["d2l/mean.go"] {
		t.Error("the package's side went too")
	}
}

func TestProblemsOfCells(t *testing.T) {
	for _, c := range []struct {
		cells []string
		want  string
	}{
		{[]string{strings.TrimPrefix(meanCell, Mark)}, "declares Mean, and so does d2l/mean.go:5: put the line //d2l:save first"},
		{[]string{Mark + "\n\n%%\nx()"}, "marks no declaration"},
		{[]string{Mark + "\nfunc init_seed() {}"}, "a package cannot have the notebook's init_seed"},
		{[]string{Mark + "\nvar _ = 1"}, "has no name"},
		{[]string{Mark + "\nfunc {"}, "cell cell0 (code cell 1: func {): its declarations are not Go"},
		{[]string{Mark + "\nvar Pair = [2]int{Mean, Sum}", Mark + "\nvar Pair = 1"}, "Pair is marked in notebooks/x.ipynb, cell cell0"},
		{[]string{Mark + "\nvar Mean, Sum = 1, 2"}, "d2l declares Mean and Sum apart"},
		{[]string{Mark + "\nfunc F(Mean int) int { return Mean * d2l.Mean(nil) }"}, "the local name Mean would hide d2l.Mean"},
		{[]string{"//d2l:save\t\n" + "var F = 1\n\n//d2l:save\nvar G = 2"}, "line 4, \"//d2l:save\", marks nothing: the mark is //d2l:save, in the cell's first line"},
		{[]string{"// d2l:save\nvar F = 1"}, "line 1, \"// d2l:save\", marks nothing"},
		{[]string{Mark + "\nimport . \"github.com/d2l-go/book/d2l\"\nvar F = Mean"}, "by a name and not by a dot"},
		{[]string{Mark + "\nvar F = `\n%d is a number\n`"}, "the kernel takes line 3, \"%d is a number\", for a command of its own"},
		{[]string{Mark + "\nvar F = d2l. /* here */ Mean"}, "a comment between d2l. and Mean"},
	} {
		p := book(t, helpers, c.cells...)
		if found := strings.Join(p.check(), "\n"); !strings.Contains(found, c.want) {
			t.Errorf("%q: want %q in\n%s", c.cells, c.want, found)
		}
	}
}

// What is not exported can drift apart too, if a marked declaration uses it.
func TestCopiesThatMarkedCellsUse(t *testing.T) {
	files := map[string]string{"d2l/f.go": "package d2l\n\nfunc F(x int) bool { return tooFew(x) }\n\nfunc tooFew(x int) bool { return x > 99 }\n\nvar other int\n"}
	p := book(t, files, "func tooFew(x int) bool { return x < 1 }\n\nvar other = 1", Mark+"\n\nfunc F(x int) bool { return tooFew(x) }")
	p.run(t, save, false, "it declares tooFew, and so does d2l/f.go:5")
	p.wantCheck(t, "cell cell0", "it declares tooFew, and so does d2l/f.go:5", "put the line //d2l:save first")
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

func TestUpdateNamesTheCell(t *testing.T) {
	p := book(t, nil, Mark+"\n\nfunc F() {}")
	p.run(t, update, false, "notebooks/x.ipynb, cell cell0 (code cell 1: func F() {}): F: d2l does not have it yet")
}

func TestRefusedUpdates(t *testing.T) {
	stub := Mark + "\n\nfunc F() {}"
	for _, c := range []struct{ pkg, cell, want string }{
		{"func F() { g() }\n\nfunc g() {}", stub, "it uses g, which a notebook cannot"},
		{"type T struct{ n int }\n\nfunc F() int { return new(T).n }", stub, "it uses n of T, which a notebook cannot"},
		{"func F() {\n\td2l := 1\n\tG(d2l)\n}\n\nfunc G(int) {}", stub, "the local name d2l hides the package"},
		{"func F() string {\n\treturn `\n!ls\n`\n}", stub, "a command of its own"},
		{"type T int\n\nfunc (T) F() {}", Mark + "\n\nfunc (T) F() int { return 1 }", "it does not declare T"},
		{"func F() {} // one", Mark + "\n\nfunc F() { g() }; func g() {}", "cannot be written in its place"},
	} {
		p := book(t, map[string]string{"d2l/f.go": "package d2l\n\n" + c.pkg + "\n"}, c.cell)
		before := p.source(0)
		p.run(t, update, true, c.want)
		if p.source(0) != before {
			t.Errorf("%s: a refusal changed the cell to\n%s", c.want, p.source(0))
		}
	}
}

func TestRefusedSaves(t *testing.T) {
	for _, c := range []struct{ pkg, cell, want string }{
		{"func F() {}\n", Mark + "\n\nfunc F() int { return batchSize }", "nothing was written to d2l: it has no batchSize, which F uses"},
		{"", Mark + "\n\nfunc First() { Second() }\n\nfunc Second() { _ = batchSize }", "it has no batchSize, which Second uses"},
		{"import \"math/rand/v2\"\n\nfunc F() int { return rand.Int() }\n", Mark + "\n\nimport \"math/rand\"\n\nfunc F() int { return rand.Int() }",
			"rand is math/rand in the notebook, but math/rand/v2 in d2l/f.go: import the same on both sides"},
		{"import \"math/rand/v2\"\n\nfunc F() int { return 1 }\n\nfunc G() int { return rand.Int() }\n", Mark + "\n\nimport \"math/rand\"\n\nfunc F() int { return rand.Int() }",
			"the notebook imports math/rand as rand, and d2l/f.go imports math/rand/v2 under that name"},
		{"const (\n\tCPUName = 1\n\tGPUName = 2\n)\n", Mark + "\n\nconst CPUName = 1", "d2l/f.go:3 declares GPUName with it"},
		{"", Mark + "\n\n/* c\n c */ \nfunc G() {}", "it would not read back"},
		{"func  F() {}\n", Mark + "\n\nfunc F() int { return 1 }", "d2l/f.go is not formatted"},
	} {
		p := book(t, map[string]string{"d2l/f.go": "package d2l\n\n" + c.pkg}, c.cell)
		before := p.state()
		p.run(t, save, true, c.want)
		if p.state() != before {
			t.Errorf("%s: a refusal changed\n%s", c.want, p.state())
		}
	}
}

// A file that Go would leave out on some system is no place for a helper.
func TestNamesOfNewFiles(t *testing.T) {
	for name, want := range map[string]string{
		"TrainCh6": "train_ch6.go", "ResNet18": "res_net18.go", "TryGPU": "try_gpu.go", "SplitWindows": "splitwindows.go",
		"RunTest": "runtest.go", "OnLinux": "onlinux.go", "UseArm64": "usearm64.go", "Corr2D": "corr2d.go",
	} {
		p := book(t, nil, Mark+"\n\nfunc "+name+"() {}")
		p.run(t, save, false, "")
		if _, ok := p.files["d2l/"+want]; !ok || len(p.files) != 1 {
			t.Errorf("%s went to %v", name, p.files)
		}
		p.wantClean(t)
	}
}

// Imports of one name must be the same package, and each side calls it by its own
// name.
func TestImports(t *testing.T) {
	files := map[string]string{"d2l/f.go": `package d2l

import (
	r "math/rand/v2"

	"github.com/d2l-go/book/x/v3"
)

func F() int { return r.Int() + x.N }
`}
	p := book(t, files, "import \"math/rand/v2\"", Mark+"\n\nimport x3 \"github.com/d2l-go/book/x/v3\"\n\nfunc F() int { return rand.Int() + x3.N }")
	p.run(t, update, false, "")
	p.wantClean(t)
	p.edit(t, 1, "return ", "return 1 + ")
	p.run(t, save, false, "")
	if !strings.Contains(p.files["d2l/f.go"], "return 1 + r.Int() + x.N") {
		t.Errorf("the file is now\n%s", p.files["d2l/f.go"])
	}
	p.editFile(t, "d2l/f.go", "1 + ", "2 + ")
	p.run(t, update, false, "")
	if !strings.Contains(p.source(1), "return 2 + rand.Int() + x3.N") {
		t.Errorf("the cell is now\n%s", p.source(1))
	}
	p.edit(t, 0, "math/rand/v2", "math/rand")
	p.wantCheck(t, "rand is math/rand in the notebook, but math/rand/v2 in d2l/f.go: import the same")
	p.run(t, update, false, "import the same")
}

// An import that the kernel could not guess comes along.
func TestUpdateBringsImports(t *testing.T) {
	p := book(t, map[string]string{"d2l/f.go": "package d2l\n\nimport (\n\t\"fmt\"\n\t\"math/rand/v2\"\n)\n\nvar V = 1\n\nfunc F() { fmt.Println(rand.Int()) }\n"}, Mark+"\n\nvar V = 1\n\nfunc F() {}")
	p.run(t, update, true, "")
	if got, want := p.source(0), Mark+"\n\nimport \"math/rand/v2\"\n\nvar V = 1\n\nfunc F() { fmt.Println(rand.Int()) }"; got != want {
		t.Errorf("the cell is\n%s", got)
	}
	p.wantClean(t)
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
