package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// methods is a notebook with methods of types that have arguments, and names that are not ASCII.
const methods = `{"cells": [
	{"cell_type": "code", "id": "a", "metadata": {}, "execution_count": null, "outputs": [], "source": ["var größe = 1"]},
	{"cell_type": "code", "id": "b", "metadata": {}, "execution_count": null, "outputs": [], "source": [
		"func (s *Stack[T]) Push(x T) {\n", "}\n", "func (p Pair[K, V]) Swap() {}"]},
	{"cell_type": "code", "id": "c", "metadata": {}, "execution_count": null, "outputs": [], "source": ["func (Maß) Länge() {}\n", "%%\n", "weiß := 1"]}
], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}`

func TestWhatFirst(t *testing.T) {
	generic := filepath.Join(t.TempDir(), "generic.ipynb")
	if err := os.WriteFile(generic, []byte(methods), 0o644); err != nil {
		t.Fatal(err)
	}
	const after = "\nNothing is declared any more after a restart of the kernel; in JupyterLab, Run > Run All Above Selected Cell mends that."
	const load = "in code cell 5 (var trainIter, testIter = d2l.LoadDataFashionMnist(batchSize)): run that cell first"
	const net = "net is declared in code cell 2 (var net = d2l.NewNet(d2l.Sequential{): run that cell first"
	for said, want := range map[string]string{
		"./main.go:9:3: undefined: trainIter": "trainIter is declared " + load + after,
		"./main.go:9:3: undefined: trainIter\n./main.go:9:3: undefined: testIter\n./main.go:12:3: undefined: trainIter\n./main.go:9:3: undefined: net": net + "\ntrainIter and testIter are declared " + load + after,
		// A package of the standard library has the name of the variable.
		"main.go:9:3: undefined: net.Initialize":                         net + after,
		"main_test.go:9:3: use of package net without selector":          net + after,
		"./main.go:9:3: undefined: tensors":                              `tensors is declared in code cell 3 ("github.com/gomlx/gomlx/core/tensors"): run that cell first` + after,
		"./main.go:9:3: undefined: numEpochs":                            "numEpochs belongs to code cell 9 alone, which declares it below %% (lr, numEpochs := 0.9, 10): declare it above, with var, to use it in other cells",
		"./main.go:9:3: undefined: trainIta":                             "trainIta is not declared in any cell of lenet.ipynb as it was saved last: mend the spelling or, if a cell does declare it, run that cell first",
		"./main.go:9:3: undefined: fmt.Printn":                           "",
		"./main.go:9:3: missing return":                                  "",
		"../book/d2l/x.go:9:3: undefined: net":                           "",
		"./main.go:1:1: x.G undefined (type Y has no field or method G)": "",
	} {
		if got := strings.Join(whatFirst(said, "../../"+chapterPath), "\n"); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", said, got, want)
		}
	}
	for said, want := range map[string]string{
		"./main.go:9:3: s.Push undefined (type Stack[int] has no field or method Push)":                           "Stack.Push is declared in code cell 2 (func (s *Stack[T]) Push(x T)): run that cell first" + after,
		`./main.go:9:3: p["a b"].Swap undefined (type *Pair[string, map[string]int] has no field or method Swap)`: "Pair.Swap is declared in code cell 2 (func (p Pair[K, V]) Swap() {}): run that cell first" + after,
		"./main.go:9:3: undefined: größe":                                              "größe is declared in code cell 1 (var größe = 1): run that cell first" + after,
		"./main.go:9:3: Maß{}.Länge undefined (type Maß has no field or method Länge)": "Maß.Länge is declared in code cell 3 (func (Maß) Länge() {}): run that cell first" + after,
		"main.go:9:3: use of package größe without selector":                           "größe is declared in code cell 1 (var größe = 1): run that cell first" + after,
		"./main.go:9:3: undefined: weiß":                                               "weiß belongs to code cell 3 alone, which declares it below %% (weiß := 1): declare it above, with var, to use it in other cells",
		"./main.go:9:3: undefined: größe.Länge":                                        "größe is declared in code cell 1 (var größe = 1): run that cell first" + after,
		"./main.go:9:3: s.Pop undefined (type Stack[int] has no field or method Pop)":  "",
	} {
		if got := strings.Join(whatFirst(said, generic), "\n"); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", said, got, want)
		}
	}
	for _, path := range []string{"", "missing.go", "none.ipynb"} {
		got := strings.Join(whatFirst("./main.go:9:3: undefined: trainIter\n./main.go:9:3: undefined: net", path), "\n")
		if want := "trainIter and net are not declared in any cell that has run since the kernel started: mend the spelling or, if a cell does declare it, run that cell first"; got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
