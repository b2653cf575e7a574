package program

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/scripts/literate/notebook"
)

const odd = "scripts/literate/program/testdata/odd.ipynb"

// A notebook of odd but legal Go: the program prints in each cell what the kernel did.
func TestOddNotebook(t *testing.T) {
	t.Chdir("../../..")
	n := opened(t, odd)
	binary := build(t, assembled(t, n))
	done := run(t, binary)
	if done.status != 0 {
		t.Fatalf("status %d\n%s", done.status, done.both)
	}
	printed := byCell(done.both)
	for _, c := range n.Cells {
		if got, want := printed[c.ID], c.Printed("stdout"); got != want {
			t.Errorf("cell %s\nexpected:\n%s\ngot:\n%s", c.ID, want, got)
		}
	}
}

// byCell takes apart what a program wrote to both streams.
func byCell(both string) map[string]string {
	printed := map[string]string{}
	id := ""
	for line := range strings.Lines(both) {
		if next, ok := strings.CutPrefix(line, "odd: cell "); ok {
			id = strings.TrimSpace(next)
			continue
		}
		printed[id] += line
	}
	return printed
}

// The flags of a program, and where it finds its notebook.
func TestFlags(t *testing.T) {
	t.Chdir("../../..")
	source := assembled(t, opened(t, odd))
	binary := build(t, source)
	profile := filepath.Join(t.TempDir(), "profile")
	trimmed := build(t, source, "-trimpath")
	testdata, err := filepath.Abs("scripts/literate/program/testdata")
	d2ltest.NoError(t, err)
	for _, c := range []struct {
		binary string
		args   string
		status int
		want   string
	}{
		{binary, "-cells folder,ways-out -cpuprofile " + profile, 0, "once\ndeferred\n"},
		{binary, "-cells ways-out,folder", 0, "<nil>\n"},
		{binary, "-cells lost", 2, `there is no cell "lost"; the cells are variables, generic,`},
		{binary, "change", 2, "change is no flag"},
		{binary, "-help", 0, "-cells shapes,train-lenet"},
		{trimmed, "", 1, "built with -trimpath"},
		{trimmed, "-cells folder -C " + testdata, 0, "<nil>\n"},
		{binary, "-C " + os.TempDir(), 1, "name that folder by -C"},
	} {
		done := run(t, c.binary, strings.Fields(c.args)...)
		if done.status != c.status || !strings.Contains(done.both, c.want) {
			t.Errorf("%s: status %d and\n%sexpected status %d and %q", c.args, done.status, done.both, c.status, c.want)
		}
		if strings.Contains(c.args, "-cells") && strings.Contains(done.both, "cell change\n") {
			t.Errorf("%s: another cell has run", c.args)
		}
	}
	if content, err := os.ReadFile(profile); err != nil || !bytes.HasPrefix(content, []byte("\x1f\x8b")) {
		t.Errorf("the profile is %.10q, %v", content, err)
	}
}

// What a cell's author wrote stays, and nothing of this machine is added.
func TestSource(t *testing.T) {
	t.Chdir("../../..")
	n := opened(t, odd)
	source, err := Assemble(n, "out/odd.go")
	d2ltest.NoError(t, err)
	for _, want := range []string{
		"//go:build ignore\n",
		"// ## Declared things\n", "// ### The end\n", "// Cell change\n", // where one is
		"\ttotal int // needs both\n\t// Two from one call.\n\tsecond ", // comments
		"func setSecond() {\n\tsecond, third = pair(\"pair\")\n}",
		"var hasher hash.Hash\n", "\t\"hash\"\n", // a type of a package that no cell imports
		"   \tare \"red\" // no comment\n", // raw strings
		`Notebook:  "../` + odd + `"`,
	} {
		if !strings.Contains(string(source), want) {
			t.Errorf("%q is missing in\n%s", want, source)
		}
	}
	for _, no := range []string{"no heading", "func init()", "\nfunc cellGeneric() {"} {
		if strings.Contains(string(source), no) {
			t.Errorf("%q is in the program", no)
		}
	}
	if root, _ := os.Getwd(); strings.Contains(string(source), root) {
		t.Errorf("%s is in the program", root)
	}
	for range 3 {
		if again, err := Assemble(opened(t, odd), "out/odd.go"); err != nil || string(again) != string(source) {
			t.Fatalf("another time the program is another one, %v", err)
		}
	}
}

// What one program cannot hold is named with its cell.
func TestErrors(t *testing.T) {
	t.Chdir("../../..")
	const ok = "%%\nfmt.Println()"
	for name, c := range map[string]struct {
		cells []string // with the ids a, b, …
		want  string
	}{
		"nothing":         {[]string{"", "%autoget"}, " has no cells that run"},
		"syntax":          {[]string{ok, "\nvar x = )\n"}, ", cell b: line 2: expected operand"},
		"statement":       {[]string{"func f() {}\n%%\nx := )\n"}, ", cell a: line 3: expected operand"},
		"undefined":       {[]string{"func f() {}", "%%\nf()\ng()"}, ", cell b: line 3: undefined: g"},
		"of another cell": {[]string{"var a, b = 1, 2", "var a, b = twice(1)\nfunc twice(x int) (int, int) { return x, x }", "func f() int {\nreturn b }", "var a = 1"}, ", cell d: line 2 of cell c: undefined: b"},
		"later":           {[]string{"%%\nf()", "func f() {}"}, ", cell a: line 2: undefined: f"},
		"two functions":   {[]string{"func f() {}", "func f() int { return 1 }"}, ", cell b: it declares another f than cell a"},
		"two methods":     {[]string{"type T[P any] int", "func (T[P]) m() {}", "func (t T[P]) m() { _ = t }"}, ", cell c: it declares another T.m than cell b"},
		"two types":       {[]string{"type T int", "type T string"}, ", cell b: it declares another T than cell a"},
		"two constants":   {[]string{"const (\nc = iota\nd\n)", "const d = 2"}, ", cell b: it declares another d than cell a"},
		"two kinds":       {[]string{"var x = 1", "func x() {}"}, ", cell b: line 1: x redeclared"},
		"variable's type": {[]string{"var x = 1", "var x = 1.5"}, ", cell b: it declares x with another type than cell a, float64 and not int"},
		"hidden type":     {[]string{"var order = binary.LittleEndian"}, ", cell a: the type of its variable order is binary.littleEndian, "},
		"shown type":      {[]string{"var order binary.ByteOrder = binary.LittleEndian"}, ""},
		"main":            {[]string{"func main() {}"}, ", cell a: it declares main"},
		"init":            {[]string{"func init() {}"}, ", cell a: it declares init, "},
		"brace":           {[]string{"%%\n}\nfunc f() {"}, ", cell a: only statements may stand below %%"},
		"shell":           {[]string{ok, "\n!ls"}, `, cell b: the kernel carries out "!ls" of line 2`},
		"env":             {[]string{"%env A=1\n" + ok}, `, cell a: the kernel carries out "%env A=1" of line 1`},
		"arguments":       {[]string{"%% -n 3\nfmt.Println()"}, `, cell a: "%% -n 3" gives the cell arguments`},
		"not Go":          {[]string{"%%bash\nls"}, ", cell a: it is not Go"},
		"dot":             {[]string{"import . \"fmt\"\n%%\nPrintln()"}, ", cell a: it imports fmt by a dot"},
		"C":               {[]string{"import \"C\""}, ", cell a: it imports C"},
		"two packages":    {[]string{"import \"math/rand\"\n%%\nrand.Seed(1)", "import rand \"math/rand/v2\"\n%%\nrand.N(2)"}, ", cell b: rand is math/rand/v2 here and math/rand in cell a"},
		"package":         {[]string{"%%\nfmt.Println(path.Base(\"a\"))", "func path() {}"}, ", cell b: it declares path, which is the package path in cell a"},
		"Go's own":        {[]string{"%%\nfmt.Println(max(1, 2))", "func max(a, b int) int { return 0 }"}, ", cell b: it declares max, which is Go's own in cell a"},
		"no such package": {[]string{"import \"github.com/d2l-go/book/nowhere\"\nvar x = nowhere.X"}, ": what it imports does not compile"},
	} {
		t.Run(name, func(t *testing.T) {
			n := made(t, c.cells)
			_, err := Assemble(n, "out/odd.go")
			if c.want == "" {
				d2ltest.NoError(t, err)
			} else if err == nil || !strings.HasPrefix(err.Error(), "out/odd.ipynb"+c.want) {
				t.Errorf("%v, expected %s", err, c.want)
			}
		})
	}
	if _, err := Assemble(made(t, []string{ok}), "/odd.go"); err == nil || !strings.Contains(err.Error(), "is not in the project's folder") {
		t.Errorf("a program elsewhere: %v", err)
	}
}

func opened(t *testing.T, path string) *notebook.Notebook {
	t.Helper()
	n, err := notebook.Read(path)
	d2ltest.NoError(t, err)
	return n
}

// made returns a notebook of code cells.
func made(t *testing.T, cells []string) *notebook.Notebook {
	t.Helper()
	var all []map[string]any
	for i, source := range cells {
		all = append(all, map[string]any{
			"id": string(rune('a' + i)), "cell_type": "code", "source": source, "metadata": map[string]any{},
		})
	}
	content, err := json.Marshal(map[string]any{"cells": all})
	d2ltest.NoError(t, err)
	n, err := notebook.Parse("out/odd.ipynb", content)
	d2ltest.NoError(t, err)
	return n
}

// assembled returns the path of a notebook's program, which go vet has passed.
func assembled(t *testing.T, n *notebook.Notebook) string {
	t.Helper()
	d2ltest.NoError(t, os.MkdirAll("out", 0o755))
	folder, err := os.MkdirTemp("out", "test-")
	d2ltest.NoError(t, err)
	folder, err = filepath.Abs(folder)
	d2ltest.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(folder) })
	path := filepath.Join(folder, "program.go")
	source, err := Assemble(n, path)
	d2ltest.NoError(t, err)
	d2ltest.NoError(t, os.WriteFile(path, source, 0o644))
	goCommand(t, "vet", path)
	return path
}

func build(t *testing.T, source string, flags ...string) (binary string) {
	t.Helper()
	binary = filepath.Join(t.TempDir(), "program")
	goCommand(t, append(append([]string{"build", "-o", binary}, flags...), source)...)
	return binary
}

func goCommand(t *testing.T, args ...string) {
	t.Helper()
	if said, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, said)
	}
}

// result is what a program did.
type result struct {
	both   string // What it wrote to stdout and stderr, as it came.
	status int
}

// run runs a program in some folder.
func run(t *testing.T, binary string, args ...string) result {
	t.Helper()
	var both strings.Builder
	command := exec.Command(binary, args...)
	command.Dir = t.TempDir()
	command.Stdout, command.Stderr = &both, &both
	err := command.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{both: both.String(), status: command.ProcessState.ExitCode()}
}
