package gocell

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"
)

func TestFuncName(t *testing.T) {
	for code, want := range map[string]string{
		"func F() {}":                "F",
		"func F[T any](x T) {}":      "F",
		"func (T) F() {}":            "T.F",
		"func (t *T) F() {}":         "T.F",
		"func (t (*(T))) F() {}":     "T.F",
		"func (t *T[A]) F() {}":      "T.F",
		"func (t (*T[A, _])) F() {}": "T.F",
		"func (t []T) F() {}":        "?.F",
		"func () F() {}":             "F",
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+code, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if got := FuncName(file.Decls[0].(*ast.FuncDecl)); got != want {
			t.Errorf("%s: %s, want %s", code, got, want)
		}
	}
}
