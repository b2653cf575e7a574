package gocell

import (
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	const cell = "import \"fmt\"\n%env A=1\n!ls \\\n  -l\nvar x = 1\n%% --flag\nfmt.Println(x)\n//gonb:!date\n"
	code, ok := Split(cell)
	if !ok || !code.HasMain {
		t.Fatalf("%+v, %v", code, ok)
	}
	if got := strings.Fields(code.Decls); strings.Join(got, " ") != `import "fmt" var x = 1` {
		t.Errorf("declarations %q", code.Decls)
	}
	if strings.TrimSpace(code.Main) != "fmt.Println(x)" {
		t.Errorf("statements %q", code.Main)
	}
	if strings.Index(code.Decls, "var x") != strings.Index(cell, "var x") || strings.Index(code.Main, "fmt.P") != strings.Index(cell, "fmt.P") {
		t.Error("the offsets are not the cell's")
	}
	if len(code.Commands) != 3 || code.Commands[0] != (Command{2, "%env A=1"}) || code.Commands[2] != (Command{8, "!date"}) {
		t.Errorf("commands %+v", code.Commands)
	}
}

func TestSplitOtherCells(t *testing.T) {
	for _, cell := range []string{"%%bash\nls", "%%writefile x.go\npackage x", "//gonb:%%script python\n"} {
		if _, ok := Split(cell); ok {
			t.Errorf("%q is taken for Go", cell)
		}
	}
	for _, cell := range []string{"", "%%", "%%\nx()", "%main\nx()", "%\n"} {
		if code, ok := Split(cell); !ok || strings.TrimSpace(code.Decls+code.Main) != strings.TrimSpace(strings.Trim(cell, "%main\n")) && cell != "%\n" {
			t.Errorf("%q: %+v, %v", cell, code, ok)
		}
	}
}
