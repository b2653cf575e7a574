package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
)

// odd is a notebook with methods of types that have arguments, names that are not ASCII, and the kernel's commands.
const odd = `{"cells": [
	{"cell_type": "code", "source": ["import t \"time\"\n", "%env A=1\n", "!ls \\\n", "  -l\n",
		"var größe = 1\n", "const (\n", "\ttwo = 2\n", ")"]},
	{"cell_type": "code", "source": ["func (s *Stack[T]) Push(x T) {\n", "}\n", "func (p Pair[K, V]) Swap() {}"]},
	{"cell_type": "markdown", "source": "var schwarz = 1"},
	{"cell_type": "code", "source": "%%bash\nschwarz=1"},
	{"cell_type": "code", "source": ["func (Maß) Länge() {}\n", "%%\n", "weiß := 1\n", "var größe, done = 2, true"]}
]}`

func TestMissing(t *testing.T) {
	const chapter, goMod = "../../notebooks/lenet.ipynb", "../../go.mod"
	path := filepath.Join(t.TempDir(), "odd.ipynb")
	d2ltest.Put(t, path, []byte(odd))
	at := func(what string, cell int, line string) string {
		return fmt.Sprintf("%s declared in code cell %d (%s): run that cell first\n", what, cell, line)
	}
	const restart = "Nothing is declared any more after a restart of the kernel; " +
		"in JupyterLab, Run > Run All Above Selected Cell fixes that.\n"
	local := func(name string, cell int, line string) string {
		return fmt.Sprintf("%s belongs to code cell %d alone, which declares it among its statements (%s): "+
			"declare it above them, with var, to use it in other cells\n", name, cell, line)
	}
	unknown := func(what, where string) string {
		return what + " not declared in any cell " + where +
			": fix the spelling or, if a cell does declare it, run that cell first\n"
	}
	const load = "var trainIter, testIter = d2l.LoadDataFashionMnist(batchSize)"
	net := at("net is", 2, "var net = d2l.NewNet(d2l.Sequential{")
	size := at("größe is", 1, "var größe = 1") + restart
	for _, c := range []struct{ said, path, want string }{
		{"undefined: trainIter", chapter, at("trainIter is", 5, load) + restart},
		{"undefined: trainIter|undefined: testIter|undefined: trainIter|undefined: net", chapter,
			net + at("trainIter and testIter are", 5, load) + restart},
		{"undefined: net.Initialize", chapter, net + restart}, // The standard library has a package net.
		{"use of package net without selector", chapter, net + restart},
		{"undefined: rand", chapter, at("rand is", 3, `import "math/rand/v2"`) + restart},
		{"undefined: numEpochs", chapter, local("numEpochs", 9, "lr, numEpochs := 0.9, 10")},
		{"undefined: trainIta", chapter, unknown("trainIta is", "of lenet.ipynb as it was saved last")},
		{"undefined: fmt.Printn", chapter, "package fmt has no Printn: the nearest name that it has is Println\n"},
		{"undefined: fmt.Frobnicate", chapter, ""},
		{"undefined: literate.Frobnicate", chapter, ""},
		{"undefined: d2l.Randn", chapter, ""}, // The chapter imports it.
		{"missing return", chapter, ""},
		{"x.G undefined (type Y has no field or method G)", chapter, ""},
		{"s.Push undefined (type Stack[int] has no field or method Push)", path,
			at("Stack.Push is", 2, "func (s *Stack[T]) Push(x T)") + restart},
		{`p["a b"].Swap undefined (type *Pair[string, map[string]int] has no field or method Swap)`, path,
			at("Pair.Swap is", 2, "func (p Pair[K, V]) Swap() {}") + restart},
		{"Maß{}.Länge undefined (type Maß has no field or method Länge)", path,
			at("Maß.Länge is", 4, "func (Maß) Länge() {}") + restart},
		{"undefined: größe", path, size},
		{"undefined: größe.Länge", path, size},
		{"undefined: two", path, at("two is", 1, "two = 2") + restart},
		{"undefined: t", path, at("t is", 1, `import t "time"`) + restart},
		{"undefined: weiß", path, local("weiß", 4, "weiß := 1")},
		{"undefined: done", path, local("done", 4, "var größe, done = 2, true")},
		{"undefined: schwarz", path, unknown("schwarz is", "of odd.ipynb as it was saved last")},
		{"s.Pop undefined (type Stack[int] has no field or method Pop)", path, ""},
		{"undefined: a|undefined: net", "", unknown("a and net are", "that has run since the kernel started")},
		{"undefined: net", goMod, unknown("net is", "that has run since the kernel started")},
	} {
		said := "./main.go:9:3: " + strings.ReplaceAll(c.said, "|", "\nmain_test.go:9:3: ")
		said += "\n../d2l/x.go:1:1: undefined: batchSize"
		got := strings.Join(append(missing(said, c.path), ""), "\n")
		if got != c.want {
			t.Errorf("%s:\n%swant\n%s", c.said, got, c.want)
		}
	}
}

// A misspelt name of a package that is not imported: goimports imports none that lacks the name, and the compiler then
// speaks of the package.
func TestMisspelt(t *testing.T) {
	project := d2ltest.Must(filepath.Abs("../.."))(t)
	t.Chdir(t.TempDir())
	d2ltest.Put(t, "go.mod", []byte("module cells\n\ngo 1.26\n"))
	d2ltest.Put(t, "go.work", []byte("go 1.26.5\n\nuse (\n\t.\n\t"+project+"\n)\n"))
	t.Setenv("GOWORK", "")
	const unknown = "d2l is not declared in any cell that has run since the kernel started: " +
		"fix the spelling or, if a cell does declare it, run that cell first"
	for call, want := range map[string]string{
		"d2l.LoadDataFashionMNIST(256)": "package d2l has no LoadDataFashionMNIST: " +
			"the nearest name that it has is LoadDataFashionMnist",
		"d2l.load_data_mnist(256)":     "package d2l has no load_data_mnist: the nearest name that it has is LoadDataMnist",
		"x := f(d2l.NewAcumulator(3))": "package d2l has no NewAcumulator: the nearest name that it has is NewAccumulator",
		"d2l.BCELoss{}":                "package d2l has no BCELoss: the nearest name that it has is SigmoidBinaryCrossEntropyLoss",
		"d2l.Linear(3)":                "package d2l has no Linear: the nearest name that it has is Dense",
		"d2l.Frobnicate()":             unknown,
		"x := d2l":                     unknown,
		"strings.Frobnicate()":         "Go's package strings has no Frobnicate, and no cell declares strings",
	} {
		d2ltest.Put(t, "main.go", []byte("package main\n\nfunc main() {\n\t"+call+"\n}\n"))
		said := "./main.go:4:2: undefined: d2l"
		if strings.HasPrefix(call, "strings.") {
			said = "./main.go:4:2: undefined: strings"
		}
		if got := strings.Join(missing(said, ""), "\n"); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", call, got, want)
		}
	}
	d2ltest.Put(t, "main.go", []byte("package main\n\nfunc main() {\n\tfmt.Println()\n}\n")) // With import fmt "strings".
	if got := missing("./main.go:4:6: undefined: fmt.Println", ""); len(got) > 0 {
		t.Errorf("it has the name: %q", got)
	}
}
