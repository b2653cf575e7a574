package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
)

// odd is a notebook with methods of types that have arguments, names that are not ASCII, and the kernel's commands.
const odd = `{"cells": [
	{"cell_type": "code", "id": "a", "source": ["import t \"time\"\n", "%env A=1\n", "!ls \\\n", "  -l\n", "var größe = 1\n", "const (\n", "\ttwo = 2\n", ")"]},
	{"cell_type": "code", "id": "b", "source": ["func (s *Stack[T]) Push(x T) {\n", "}\n", "func (p Pair[K, V]) Swap() {}"]},
	{"cell_type": "markdown", "id": "c", "source": "var schwarz = 1"},
	{"cell_type": "code", "id": "d", "source": "%%bash\nschwarz=1"},
	{"cell_type": "code", "id": "e", "source": ["func (Maß) Länge() {}\n", "%%\n", "weiß := 1\n", "var größe, done = 2, true"]}
]}`

func TestMissing(t *testing.T) {
	const chapter = "../../notebooks/lenet.ipynb"
	path := filepath.Join(t.TempDir(), "odd.ipynb")
	d2ltest.Put(t, path, []byte(odd))
	const after = "\nNothing is declared any more after a restart of the kernel; in JupyterLab, Run > Run All Above Selected Cell fixes that."
	const load = "in code cell 5 (var trainIter, testIter = d2l.LoadDataFashionMnist(batchSize)): run that cell first"
	const net = "net is declared in code cell 2 (var net = d2l.NewNet(d2l.Sequential{): run that cell first"
	const size = "größe is declared in code cell 1 (var größe = 1): run that cell first" + after
	const unknown = "trainIter and net are not declared in any cell that has run since the kernel started: " +
		"fix the spelling or, if a cell does declare it, run that cell first"
	for _, c := range []struct{ said, path, want string }{
		{"./main.go:9:3: undefined: trainIter", chapter, "trainIter is declared " + load + after},
		{"./main.go:9:3: undefined: trainIter\n./main.go:9:3: undefined: testIter\n./main.go:12:3: undefined: trainIter\n./main.go:9:3: undefined: net", chapter,
			net + "\ntrainIter and testIter are declared " + load + after},
		// A package of the standard library has the name of the variable.
		{"main.go:9:3: undefined: net.Initialize", chapter, net + after},
		{"main_test.go:9:3: use of package net without selector", chapter, net + after},
		{"./main.go:9:3: undefined: tensors", chapter, `tensors is declared in code cell 3 ("github.com/gomlx/gomlx/core/tensors"): run that cell first` + after},
		{"./main.go:9:3: undefined: numEpochs", chapter, "numEpochs belongs to code cell 9 alone, which declares it below %% (lr, numEpochs := 0.9, 10): " +
			"declare it above, with var, to use it in other cells"},
		{"./main.go:9:3: undefined: trainIta", chapter, "trainIta is not declared in any cell of lenet.ipynb as it was saved last: " +
			"fix the spelling or, if a cell does declare it, run that cell first"},
		{"./main.go:9:3: undefined: fmt.Printn", chapter, ""},
		{"./main.go:9:3: missing return", chapter, ""},
		{"../book/d2l/x.go:9:3: undefined: net", chapter, ""},
		{"./main.go:1:1: x.G undefined (type Y has no field or method G)", chapter, ""},
		{"./main.go:9:3: s.Push undefined (type Stack[int] has no field or method Push)", path,
			"Stack.Push is declared in code cell 2 (func (s *Stack[T]) Push(x T)): run that cell first" + after},
		{`./main.go:9:3: p["a b"].Swap undefined (type *Pair[string, map[string]int] has no field or method Swap)`, path,
			"Pair.Swap is declared in code cell 2 (func (p Pair[K, V]) Swap() {}): run that cell first" + after},
		{"./main.go:9:3: Maß{}.Länge undefined (type Maß has no field or method Länge)", path, "Maß.Länge is declared in code cell 4 (func (Maß) Länge() {}): run that cell first" + after},
		{"./main.go:9:3: undefined: größe", path, size},
		{"./main.go:9:3: undefined: größe.Länge", path, size},
		{"./main.go:9:3: undefined: two", path, "two is declared in code cell 1 (two = 2): run that cell first" + after},
		{"./main.go:9:3: undefined: t", path, `t is declared in code cell 1 (import t "time"): run that cell first` + after},
		{"./main.go:9:3: undefined: weiß", path, "weiß belongs to code cell 4 alone, which declares it below %% (weiß := 1): declare it above, with var, to use it in other cells"},
		{"./main.go:9:3: undefined: done", path, "done belongs to code cell 4 alone, which declares it below %% (var größe, done = 2, true): declare it above, with var, to use it in other cells"},
		{"./main.go:9:3: undefined: schwarz", path, "schwarz is not declared in any cell of odd.ipynb as it was saved last: fix the spelling or, if a cell does declare it, run that cell first"},
		{"./main.go:9:3: s.Pop undefined (type Stack[int] has no field or method Pop)", path, ""},
		{"./main.go:9:3: undefined: trainIter\n./main.go:9:3: undefined: net", "", unknown},
		{"./main.go:9:3: undefined: trainIter\n./main.go:9:3: undefined: net", "missing.go", unknown},
	} {
		if got := strings.Join(missing(c.said, c.path), "\n"); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.said, got, c.want)
		}
	}
}
