package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/scripts/literate/notebook"
)

// asSetUp is the flag with which set-up has compiled all packages.
const asSetUp = "-gcflags=all=-dwarf=false"

// A notebook is one program: the last declaration of each name, and the statements of its cells in order.
func TestScript(t *testing.T) {
	n := &notebook.Notebook{}
	for i, source := range []string{
		"var a, b = 1, 2\n\n// Old.\nfunc f() int { return a }\n%%\nfmt.Println(f())",
		"%env X 1\nfunc init_seed() {\n\tprintln(b)\n}",
		"// New.\nfunc f() int { return 7 }\nfmt.Println(f())\n!ls",
		"%%bash\nls",
	} {
		n.Cells = append(n.Cells, &notebook.Cell{Type: "code", Number: i + 1, Source: source})
	}
	n.Cells = append(n.Cells, &notebook.Cell{Type: "markdown", Source: "# Title \n\nText."})
	got := d2ltest.Must(script(n))(t)
	// Where goimports is, as in the kernel's environment, the import of fmt is there as well.
	got = strings.Replace(got, "\nimport (\n\t\"fmt\"\n)\n", "", 1)
	want := `package main

var a, b = 1, 2

func cell1() {
	fmt.Println(f())
}

func init_seed() {
	println(b)
}

// New.
func f() int { return 7 }

func cell3() {
	init_seed()
	fmt.Println(f())
}

// %%bash
// ls

// # Title
//
// Text.

func main() {
	cell1()
	cell3()
}
`
	if got != want {
		t.Errorf("got\n%s\nexpected\n%s", got, want)
	}
	n.Cells[0].Source = "func f( {"
	_, err := script(n)
	d2ltest.WantError(t, err, "code cell 1 is not Go")
}

// What is declared again takes its own name's place alone, as in the kernel. Imports stay first, whatever is above them.
func TestScriptDeclaredAgain(t *testing.T) {
	n := &notebook.Notebook{}
	for i, source := range []string{
		"// What we need.\nimport (\n\t\"math/rand\"\n\t\"os\"\n)\nimport _ \"embed\"\n\nvar a, b = 1, 2\nconst (\n\tc = iota\n\td\n)",
		"import _ \"time/tzdata\"\nimport \"math/rand/v2\"\n\nvar a = 3\n\nconst c = 4\n%%\nprintln(a, b, c, d, rand.Int(), os.Args)",
	} {
		n.Cells = append(n.Cells, &notebook.Cell{Type: "code", Number: i + 1, Source: source})
	}
	path := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(path, []byte(d2ltest.Must(script(n))(t)), 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "run", asSetUp, path).CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "3 2 4 1 ") {
		t.Errorf("%v\n%s", err, out)
	}
}

// The chapter is a program that compiles, but for imports that the kernel adds.
func TestScriptOfTheChapter(t *testing.T) {
	root := d2ltest.Must(findRoot())(t)
	program := d2ltest.Must(script(d2ltest.Must(notebook.Read(filepath.Join(root, "notebooks/lenet.ipynb")))(t)))(t)
	path := filepath.Join(t.TempDir(), "main.go")
	program = strings.Replace(program, "import (", "import (\n\t\"errors\"\n\t\"fmt\"", 1)
	if err := os.WriteFile(path, []byte(program), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "vet", asSetUp, path)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
