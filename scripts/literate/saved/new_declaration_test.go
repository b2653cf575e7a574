package saved

import (
	"strings"
	"testing"
)

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
