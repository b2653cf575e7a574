package cells

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// cell returns the program of cell 7, with these lines: seven lines of cell 2 come before it. As from GoNB, main's begins
// where the cell has its %% or its first statement.
func cell(lines ...string) Program {
	p := Program{Cell: 7, Own: lines, Lines: append(strings.Split("package main\n"+strings.Repeat("var secret int\n", 6), "\n")[:7], lines...)}
	p.Place = func(line int) Place {
		switch {
		case line <= 7:
			return Place{2, line}
		case line <= 7+len(lines):
			return Place{7, line - 7}
		}
		return Place{}
	}
	return p
}

func TestExplain(t *testing.T) {
	for name, c := range map[string]struct {
		lines []string
		said  string
		want  string
	}{
		"advice first": {
			[]string{"%%", "\tfoo(net)"},
			"# gonb_1234\n./main.go:9:6: undefined: net\nnet is declared in code cell 2: run that cell first\n",
			"net is declared in code cell 2: run that cell first\nline 2: undefined: net\n    foo(net)\n        ^",
		},
		"a package of another module": { // Which one it is depends on what the machine has of modules.
			[]string{"var f func(*graph.Node)"},
			"package gonb_1234 imports gonum.org/v1/gonum/graph from implicitly required module; to add missing requirements, run:\n" +
				"\tgo get gonum.org/v1/gonum@v0.16.0\n",
			"No import says which package graph is, and gonum.org/v1/gonum/graph is not for cells: import the one that is meant, " +
				`such as "github.com/gomlx/gomlx/core/graph"`,
		},
		"names of a line, and what follows from them": {
			[]string{"%%", "d2l.Must(f(a, b, a))"},
			"./main.go:9:9: not enough arguments in call to d2l.Must\n\thave (unknown type)\n\twant (T, error)\n" +
				"./main.go:9:12: undefined: a\n./main.go:9:15: undefined: b\n./main.go:9:18: undefined: a\n" +
				"./main.go:9:9: too many values\n",
			"line 2: undefined: a, b\n    d2l.Must(f(a, b, a))\n               ^",
		},
		"what follows from a method that is not there": {
			[]string{"%%", "d2l.Must(net.Summary())"},
			"./main.go:9:9: not enough arguments in call to d2l.Must\n\thave (unknown type)\n\twant (T, error)\n" +
				"./main.go:9:14: net.Summary undefined (type *d2l.Net has no field or method Summary)\n",
			"line 2: net.Summary undefined (type *d2l.Net has no field or method Summary)\n" +
				"    d2l.Must(net.Summary())\n                 ^",
		},
		"what was got and wanted": {
			[]string{"%%", "f(1)"},
			"./main.go:9:3: not enough arguments in call to f\n\thave (number)\n\twant (int, int)\n",
			"line 2: not enough arguments in call to f\n    have (number)\n    want (int, int)\n    f(1)\n      ^",
		},
		"another cell's code": {
			[]string{"type T struct{}"},
			"./main.go:3:5: unknown field A in struct literal of type T\n",
			"secret of cell [2] does not fit what is declared now. Put %rm secret above this cell's first line and run it " +
				"again; then change cell [2], and run that.\n" +
				"cell [2], line 3: unknown field A in struct literal of type T",
		},
		"no line": {
			[]string{"%%", "for {", "\tf(1)"},
			"/tmp/x/main.go:12:3: expected '}', found 'EOF'\n",
			"line 2: this { is not closed\n    for {\n        ^",
		},
		"not closed above %%": {
			[]string{"func f() {", "%%", "f()"}, "main.go:9:6: expected '(', found main (and 1 more errors)\n",
			"line 1: this { is not closed\n    func f() {\n             ^",
		},
		"a line as the reader wrote it": {
			[]string{"var  x,y int=f( 1 ), z // Two."}, "./main.go:8:21: undefined: z\n",
			"line 1: undefined: z\n    var  x,y int=f( 1 ), z // Two.\n                         ^",
		},
		"a folder of the machine": {
			[]string{`import "nosuch"`}, "main.go:8:8: package nosuch is not in std (/usr/local/go/src/nosuch)\n",
			"Check the path. A package that is new here comes with its module: !*go get module@version\n" +
				"line 1: package nosuch is not in std\n    import \"nosuch\"\n           ^",
		},
		"a new variable": {
			[]string{"y = 4"}, "./main.go:8:1: undefined: y\n",
			"= changes a variable that there is. A new one of this cell: y := …; one for all cells, above the statements: " +
				"var y = …\nline 1: undefined: y\n    y = 4\n    ^",
		},
		"Python": {
			[]string{"for i in range(3):"}, "main.go:8:7: expected '{', found in\n",
			"A loop in Go: for i := range 3 { … }, or for i, x := range list { … }\n" +
				"line 1: expected '{', found in\n    for i in range(3):\n          ^",
		},
		"%% at the end": {
			[]string{"f(1)", "%%", ""}, "main.go:8:1: expected declaration, found f\n",
			"%% in line 2 has nothing below it: it belongs above the first statement, line 1.\nline 1: expected declaration, found f\n    f(1)\n    ^",
		},
		"a statement above %%": {
			[]string{"f(1)", "%%", "f(2)"}, "main.go:8:1: expected declaration, found f (and 2 more errors)\n",
			"Above %% are declarations alone (import, var, const, type, func): move line 1 below it.\nline 1: expected declaration, found f\n    f(1)\n    ^",
		},
		"nothing of Go": {
			[]string{"once T:"}, "main.go:8:1: expected declaration, found once\n",
			"A cell has declarations (import, var, const, type, func), then a line %%, then statements.\nline 1: expected declaration, found once\n    once T:\n    ^",
		},
		"not used": {
			[]string{"x := 3"}, "./main.go:8:1: declared and not used: x\n",
			"x is local to this cell, and Go wants it to be used there: print it, fmt.Println(x), or write _ for its name. " +
				"To use it in other cells: var x = …, above the statements.\nline 1: declared and not used: x\n    x := 3\n    ^",
		},
		"a long line, after a tab": {
			[]string{"\tf(\t" + strings.Repeat("é", 100) + ", y, " + strings.Repeat("z", 100) + ")"},
			fmt.Sprintf("./main.go:8:%d: undefined: y\n", 1+4+200+2),
			"line 1: undefined: y\n    …" + strings.Repeat("é", 58) + ", y, " + strings.Repeat("z", 57) + "…\n     " + strings.Repeat(" ", 60) + "^",
		},
		"no compiler":   {nil, "interrupted while it was built\n", "interrupted while it was built"},
		"without words": {nil, "", ""},
	} {
		text, first := cell(c.lines...).Explain(c.said)
		got := colours.ReplaceAllString(strings.Join(text, "\n"), "")
		if got != c.want {
			t.Errorf("%s:\n%s\nexpected\n%s", name, got, c.want)
		}
		if !strings.Contains(got, first) || strings.Contains(got, "var secret") {
			t.Errorf("%s: first %q in\n%s", name, first, got)
		}
	}
	var many strings.Builder
	for i := range 9 {
		fmt.Fprintf(&many, "./main.go:%d:1: undefined: a%d\n", 8+i, i)
	}
	text, _ := cell(strings.Split(many.String(), "\n")...).Explain(many.String())
	if got := text[len(text)-1]; got != "and 4 more" || len(text) != 5*3+1 {
		t.Errorf("%d lines for many mistakes, the last %q", len(text), got)
	}
}

func TestStatements(t *testing.T) {
	for code, want := range map[string]int{
		`fmt.Println("hi")`:     0,
		"x := 3":                0,
		"x, y := 3, 4":          0,
		"1+1":                   0,
		"x++":                   0,
		"<-c":                   0,
		"for i := range 3 {\n}": 0,
		"d2l.Train?":            0,
		"var x = 3\n\n// Prints it.\nfmt.Println(x)":  3,
		"%env A 1\nimport \"fmt\"\nfmt.Println()":     2,
		"func f() {\n\tg()\n}\nf()":                   3,
		"type T struct{}\nfunc (T) f() {}\nT{}.f()":   2,
		"fmt.Println(f())\nfunc f() int { return 3 }": 0,
		"if x {":                            0,
		"package p\n\nf()":                  2,
		"%%\nf()":                           -1,
		"f()\n%%":                           -1,
		"%exec f\nfunc f() {}":              -1,
		"var x = 3":                         -1,
		"func f() {\n":                      -1,
		"def f(x):\n    return x":           -1,
		"class T:":                          -1,
		"fun f() {\n}":                      -1,
		"import numpy as np":                -1,
		"":                                  -1,
		"// A comment.":                     -1,
		"!ls\n%env A 1":                     -1,
		"const text = `\nf()\n`\nvar x = 3": -1,
		"%env A 1 \\\nf()\nvar x = 3\nfmt.Println(x)": 3,
	} {
		if got := Statements(strings.Split(code, "\n")); got != want {
			t.Errorf("%q: statements from line %d, expected %d", code, got, want)
		}
	}
}

func TestCrash(t *testing.T) {
	own := []string{"func half(a []int) int {", "\treturn a[len(a)/2]", "}", "%%", "half(nil)"}
	const hint = "(%env GOTRACEBACK all in a cell shows Go's own trace from then on; %env GOTRACEBACK single, this again.)"
	for name, c := range map[string]struct{ words, want string }{
		"a panic": {
			"panic: runtime error: index out of range [0] with length 0 [recovered]\n[signal SIGSEGV: x]\n\ngoroutine 1 [running]:\n" +
				"main.half(...)\n\t/tmp/x/main.go:9\nmain.main()\n\t/tmp/x/main.go:12 +0x53\nmain.main()\n\t/tmp/x/main.go:9\n\n" +
				"goroutine 7 [running]:\nmain.other()\n\t/tmp/x/main.go:8\n",
			"panic: runtime error: index out of range [0] with length 0\nline 2\n    return a[len(a)/2]\ncalled in line 5\n    half(nil)\n" + hint,
		},
		"an earlier cell": {
			"panic: no\n\ngoroutine 1 [running]:\nmain.f(0x1)\n\t/tmp/x/main.go:3 +0x1\nexample.com/p.G()\n\t/home/p/main/p.go:3 +0x1\nmain.main()\n\t/tmp/x/main.go:12 +0x53\n",
			"panic: no\ncell [2], line 3\ncalled in line 5\n    half(nil)\n" + hint,
		},
		"an error": {
			"error: two\nlines\n\t/tmp/x/main.go:12\n",
			"error: two\nlines\nline 5\n    half(nil)",
		},
		"too deep": {
			"runtime: goroutine stack exceeds 1000000000-byte limit\nruntime: sp=0x1\nfatal error: stack overflow\n\nruntime stack:\n\ngoroutine 1 [running]:\nmain.half()\n\t/tmp/x/main.go:9 +0x1\n",
			"fatal error: stack overflow\nline 2\n    return a[len(a)/2]\n" + hint,
		},
		"in C code": {
			"SIGABRT: abort\nPC=0x40 m=0 sigcode=0\nsignal arrived during cgo execution\n\ngoroutine 1 gp=0x1 m=0 mp=0x2 [syscall]:\n" +
				"main.main()\n\t/tmp/x/main.go:12 +0x53 fp=0x1 sp=0x2 pc=0x3\n\nrax 0x0\n",
			"SIGABRT: abort\nline 5\n    half(nil)\n" + hint,
		},
		"a sentence of d2l": {
			"panic: d2l: too large\n\ngoroutine 1 [running]:\nmain.main()\n\t/tmp/x/main.go:12 +0x53\n",
			"panic: d2l: too large\nline 5\n    half(nil)",
		},
		"another cell's alone": {
			"panic: no\n\ngoroutine 1 [running]:\nmain.init()\n\t/tmp/x/main.go:3 +0x1\n",
			"What cell [2] declared fails whenever a cell runs: change it there, and run that cell again.\npanic: no\ncell [2], line 3\n" + hint,
		},
		"no crash": {"panic: as some program writes\nand more\n", ""},
	} {
		before := "progress\n"
		if at := LastWords([]byte(before + c.words)); at != len(before) {
			t.Errorf("%s: the last words begin at %d", name, at)
		}
		text, _, message, ok := cell(own...).Crash([]byte(c.words))
		if got := colours.ReplaceAllString(strings.Join(text, "\n"), ""); got != c.want || ok != (c.want != "") || !strings.Contains(got, message) {
			t.Errorf("%s: %q in\n%s\nexpected\n%s", name, message, got, c.want)
		}
	}
	for _, words := range []string{"", "all is well\n", "error: but it goes on\n", "no panic: here\n", "error: a\n\tb.go:3\n"} {
		if at := LastWords([]byte(words)); at != len(words) {
			t.Errorf("%q is kept back from %d", words, at)
		}
	}
}

func TestUnknown(t *testing.T) {
	for command, want := range map[string]string{"%time": "d2l.NewTimer", "matplotlib": "plots are shown", "foo": "%foo is no command"} {
		if got := Unknown(command).Error(); !strings.Contains(got, want) || !strings.Contains(got, "%help") {
			t.Errorf("%s: %s", command, got)
		}
	}
}
