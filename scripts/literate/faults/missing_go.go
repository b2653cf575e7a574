package faults

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
)

// missingGo says what a file of Go lacks of a test, TestName or TestName/subtest. A
// subtest's name is a string in the test, or in what the file declares outside of it
// and the test uses, such as a table of cases.
func missingGo(source []byte, test string) string {
	file, err := parser.ParseFile(token.NewFileSet(), "", source, parser.SkipObjectResolution)
	if err != nil {
		return fmt.Sprintf("it is not Go: %v", err)
	}
	name, sub, isSub := strings.Cut(test, "/")
	declared := declarations(file)
	if _, ok := declared[name].(*ast.FuncDecl); !ok {
		return fmt.Sprintf("it has no %q", "func "+name)
	}
	if isSub && !hasString(declared, map[string]bool{}, name, sub) {
		return fmt.Sprintf("%s has no %q", name, sub)
	}
	return ""
}

// declarations returns what a file declares at its top, methods excepted.
func declarations(file *ast.File) map[string]ast.Node {
	all := map[string]ast.Node{}
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Recv == nil {
				all[decl.Name.Name] = decl
			}
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				if spec, ok := spec.(*ast.ValueSpec); ok {
					for _, name := range spec.Names {
						all[name.Name] = spec
					}
				}
			}
		}
	}
	return all
}

// hasString says whether a declaration, or one that it uses, has the string text.
func hasString(declared map[string]ast.Node, seen map[string]bool, name, text string) bool {
	node, ok := declared[name]
	if !ok || seen[name] {
		return false
	}
	seen[name] = true
	found := false
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if s, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING && s == text {
				found = true
			}
		case *ast.Ident:
			found = found || hasString(declared, seen, n.Name, text)
		}
		return !found
	})
	return found
}
