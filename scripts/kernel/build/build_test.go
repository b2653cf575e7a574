package build

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// goFlags are those of set-up, which has compiled the standard library with them.
const goFlags = "-buildvcs=false -gcflags=all=-dwarf=false"

// A workspace as a kernel's: the folder of the cells, and a module with a package and a file in it.
type workspace struct {
	*testing.T
	Builder
	module string
}

func newWorkspace(t *testing.T) *workspace {
	t.Setenv("GOWORK", "")
	t.Setenv("GOFLAGS", goFlags)
	home := t.TempDir()
	w := &workspace{T: t, Builder: Builder{Dir: filepath.Join(home, "the cells")}, module: filepath.Join(home, "mine")}
	w.write(w.Dir, "go.mod", "module cells\n\ngo 1.26\n")
	w.write(w.Dir, "go.work", "go 1.26\n\nuse (\n\t.\n\t../mine\n)\n")
	w.write(w.module, "go.mod", "module mine\n\ngo 1.26\n")
	w.write(w.module, "nets/nets.go", `package nets

import "embed"

//go:embed words/a.txt
var Word string

//go:embed more
var more embed.FS

func init() {
	if other, err := more.ReadFile("more/other/b.txt"); err == nil {
		Word = string(other)
	}
}
`)
	w.write(w.module, "nets/words/a.txt", "first")
	w.write(w.module, "nets/more/deep/a.txt", "")
	return w
}

func (w *workspace) write(folder, name, text string) {
	w.Helper()
	path := filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		w.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
}

// run builds and runs a program of one expression, and waits until what there is to remember is remembered.
func (w *workspace) run(imports, expression string) string {
	w.Helper()
	w.write(w.Dir, "main.go", "package main\n\nimport (\n"+imports+"\n)\n\nfunc main() { print("+expression+") }\n")
	out := filepath.Join(w.Dir, "program")
	if said, err := w.Build(out, true); err != nil {
		return "error: " + said
	}
	w.recording.Wait()
	said, err := exec.Command(out).CombinedOutput()
	if err != nil {
		w.Fatal(err)
	}
	return string(said)
}

// first makes the first plan. The clock for files ticks slowly, so what has just been written could have been written
// after the start of what is built first.
func (w *workspace) first() {
	w.Helper()
	for i := range 5 {
		if w.run(`"mine/nets"`, fmt.Sprintf("nets.Word, %d", i)); w.plan != nil {
			return
		}
	}
	w.Fatal("no plan was made")
}

// expect is run, and whether the plan there was was good for it.
func (w *workspace) expect(imports, expression, want string, again bool) {
	w.Helper()
	before := w.again
	if got := w.run(imports, expression); got != want {
		w.Errorf("%s: %q, want %q", expression, got, want)
	}
	if got := w.again > before; got != again {
		w.Errorf("%s: by the plan there was: %v, want %v", expression, got, again)
	}
}

func TestBuild(t *testing.T) {
	w := newWorkspace(t)
	w.first()
	w.expect(`"mine/nets"`, "nets.Word", "first", true)
	w.expect(`"mine/nets"`, "nets.Word[:2]", "fi", true)
	w.expect(`"embed"`, "len(embed.FS{}.open)", "error: # cells\n./main.go:7:36: embed.FS{}.open undefined "+
		"(type embed.FS has no field or method open, but does have method Open)\n", false)
}

func TestProgramsThatDoNotRun(t *testing.T) {
	w := newWorkspace(t)
	w.first()
	out := filepath.Join(w.Dir, "program")
	for code, want := range map[string]string{
		"func half(n int) int { return n / 2 }": "",
		"func half(n int) int { return m / 2 }": "# cells\n./main.go:3:31: undefined: m\n",
	} {
		w.write(w.Dir, "main.go", "package main\n\n"+code+"\n\nfunc main() {}\n")
		if said, err := w.Build(out, false); said != want || (err != nil) != (want != "") {
			t.Errorf("%s: %q and %v, want %q", code, said, err, want)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%s: a program was linked, or an earlier one stayed", code)
		}
	}
	w.expect(`"mine/nets"`, "nets.Word", "first", true)
}

func TestChanges(t *testing.T) {
	for name, change := range map[string]struct {
		do   func(w *workspace)
		want string
	}{
		"a source": {func(w *workspace) {
			w.write(w.module, "nets/nets.go", "package nets\n\nvar Word = \"second\"\n")
		}, "second"},
		"a new source": {func(w *workspace) {
			w.write(w.module, "nets/more.go", "package nets\n\nfunc init() { Word = \"third\" }\n")
		}, "third"},
		"an embedded file":      {func(w *workspace) { w.write(w.module, "nets/words/a.txt", "fourth") }, "fourth"},
		"a new embedded folder": {func(w *workspace) { w.write(w.module, "nets/more/other/b.txt", "new") }, "new"},
		"a file beside main.go": {func(w *workspace) {
			w.write(w.Dir, "more.go", "package main\n\nimport \"mine/nets\"\n\nfunc init() { nets.Word = \"fifth\" }\n")
		}, "fifth"},
		"the module":    {func(w *workspace) { w.write(w.module, "go.mod", "module others\n\ngo 1.26\n") }, "error"},
		"the variables": {func(w *workspace) { w.Setenv("GOFLAGS", goFlags+" -tags=nothing") }, "first"},
		"the workspace": {func(w *workspace) { w.write(w.Dir, "go.work", "go 1.26\n\nuse .\n") }, "error"},
		"the cache": {func(w *workspace) {
			if err := os.Rename(w.plan.packages["mine/nets"], w.plan.packages["mine/nets"]+".gone"); err != nil {
				w.Fatal(err)
			}
		}, "first"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorkspace(t)
			w.first()
			change.do(w)
			before := w.again
			if got := w.run(`"mine/nets"`, "nets.Word"); !strings.HasPrefix(got, change.want) {
				t.Errorf("%q, want %q", got, change.want)
			}
			if w.again > before {
				t.Error("by the plan that there was")
			}
		})
	}
}

func TestPackagesOfEarlierPrograms(t *testing.T) {
	w := newWorkspace(t)
	w.first()
	w.expect(`"strings"`, `strings.ToUpper("a")`, "A", false)
	w.expect("\"mine/nets\"\n\"strings\"", "strings.ToUpper(nets.Word)", "FIRST", true)
	w.expect(`. "strings"`, "1", "error: # cells\n./main.go:4:1: \"strings\" imported and not used\n", false)
	w.expect(`"internal/goarch"`, "goarch.PtrSize",
		"error: package cells\n\tmain.go:4:1: use of internal package internal/goarch not allowed\n", false)
	w.expect(`"unsafe"`, "unsafe.Sizeof(int32(0))", "4", true)
}

// What may change is that of the program that was built, even if the next cell's has taken its place.
func TestNextCellWhileItIsRemembered(t *testing.T) {
	w := newWorkspace(t)
	for i := 0; w.plan == nil; i++ {
		if i == 5 {
			t.Fatal("no plan was made")
		}
		w.write(w.Dir, "main.go", "package main\n\nimport \"mine/nets\"\n\n"+
			fmt.Sprintf("func main() { print(nets.Word, %d) }\n", i))
		if said, err := w.Build(filepath.Join(w.Dir, "program"), true); err != nil {
			t.Fatal(said)
		}
		w.write(w.Dir, "main.go", "package main\n\nfunc main() {}\n")
		w.recording.Wait()
	}
	w.write(w.module, "nets/nets.go", "package nets\n\nvar Word = \"second\"\n")
	w.expect(`"mine/nets"`, "nets.Word", "second", false)
}
