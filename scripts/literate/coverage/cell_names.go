package coverage

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"path"
	"strconv"

	"github.com/d2l-go/book/scripts/literate/gocell"
)

// cellNames are the names in a code cell. Nothing is known of their types, so a
// method or a field is found by its name alone.
type cellNames struct {
	imports    map[string]string // The paths of packages by the names they have here.
	declared   map[string]bool   // As in declaredBy.
	qualified  map[string]bool   // d2l.Net
	members    map[string]bool   // Outputs of net.Outputs, Channels of {Channels: 6}
	plain      map[string]bool   // all others
	statements int               // Declarations, without imports, and statements below %%.
}

// namesIn takes the names from a code cell; one in another language has none.
func namesIn(source string) (*cellNames, error) {
	n := &cellNames{
		imports: map[string]string{}, declared: map[string]bool{}, qualified: map[string]bool{},
		members: map[string]bool{}, plain: map[string]bool{},
	}
	code, ok := gocell.Split(source)
	if !ok {
		return n, nil
	}
	file, err := parseCell("package p; " + code.Decls)
	if err != nil {
		return nil, err
	}
	n.declared = declaredBy(file)
	for _, spec := range file.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		name := path.Base(imported)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		n.imports[name] = imported
	}
	for _, decl := range file.Decls {
		if d, ok := decl.(*ast.GenDecl); !ok || d.Tok != token.IMPORT {
			n.statements++
			ast.Inspect(decl, n.add)
		}
	}
	if code.HasMain {
		main, err := parseCell("package p; func _() { " + code.Main + "\n}")
		if err != nil {
			return nil, err
		}
		for _, decl := range main.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok {
				n.statements += len(f.Body.List)
			}
			ast.Inspect(decl, n.add)
		}
	}
	return n, nil
}

// parseCell parses code that begins in a cell's first line.
func parseCell(code string) (*ast.File, error) {
	file, err := parser.ParseFile(token.NewFileSet(), "", code, parser.SkipObjectResolution)
	if list := (scanner.ErrorList)(nil); errors.As(err, &list) {
		return nil, fmt.Errorf("line %d: %s", list[0].Pos.Line, list[0].Msg)
	}
	return file, err
}

func (n *cellNames) add(node ast.Node) bool {
	switch x := node.(type) {
	case *ast.SelectorExpr:
		if of, ok := x.X.(*ast.Ident); ok {
			n.qualified[of.Name+"."+x.Sel.Name] = true
		}
		n.members[x.Sel.Name] = true
		ast.Inspect(x.X, n.add)
		return false
	case *ast.CompositeLit:
		for _, element := range x.Elts {
			if pair, ok := element.(*ast.KeyValueExpr); ok {
				if key, ok := pair.Key.(*ast.Ident); ok {
					n.members[key.Name] = true
				}
			}
		}
	case *ast.Ident:
		n.plain[x.Name] = true
	}
	return true
}
