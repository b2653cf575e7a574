package coverage

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"path"
	"strings"

	"github.com/d2l-go/book/scripts/literate/gocell"
)

// goPackage is a package of the project, without its tests.
type goPackage struct {
	fileSet *token.FileSet
	files   []*ast.File
	symbols map[string]bool // What it exports: Net, and Net.Outputs for methods and fields.
}

func readPackage(files fs.FS, folder string) (*goPackage, error) {
	names, err := fs.Glob(files, path.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	p := &goPackage{fileSet: token.NewFileSet(), symbols: map[string]bool{}}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(p.fileSet, name, source, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		p.files = append(p.files, file)
	}
	if len(p.files) == 0 {
		return nil, fmt.Errorf("there is no package in the folder %s", folder)
	}
	for _, file := range p.files {
		for name := range declaredBy(file) {
			if exported(name) {
				p.symbols[name] = true
			}
		}
	}
	return p, nil
}

func exported(symbol string) bool {
	for name := range strings.SplitSeq(symbol, ".") {
		if !token.IsExported(name) {
			return false
		}
	}
	return true
}

// declaredBy returns the names that a file declares at its top level, and
// Type.Name for methods and for fields.
func declaredBy(file *ast.File) map[string]bool {
	names := map[string]bool{}
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				names[d.Name.Name] = true
			} else if len(d.Recv.List) == 1 {
				names[baseName(d.Recv.List[0].Type)+"."+d.Name.Name] = true
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.ValueSpec:
					for _, name := range s.Names {
						names[name.Name] = true
					}
				case *ast.TypeSpec:
					names[s.Name.Name] = true
					for _, member := range membersOf(s.Type) {
						names[s.Name.Name+"."+member] = true
					}
				}
			}
		}
	}
	return names
}

// membersOf returns a struct's fields or an interface's methods.
func membersOf(t ast.Expr) []string {
	var list *ast.FieldList
	switch t := t.(type) {
	case *ast.StructType:
		list = t.Fields
	case *ast.InterfaceType:
		list = t.Methods
	default:
		return nil
	}
	var names []string
	for _, field := range list.List {
		for _, name := range field.Names {
			names = append(names, name.Name)
		}
		if len(field.Names) == 0 { // embedded
			names = append(names, baseName(field.Type))
		}
	}
	return names
}

// baseName returns the name of a type without pointers, packages and type
// arguments.
func baseName(t ast.Expr) string {
	for {
		switch x := t.(type) {
		case *ast.Ident:
			return x.Name
		case *ast.StarExpr:
			t = x.X
		case *ast.ParenExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.SelectorExpr:
			t = x.Sel
		default:
			return ""
		}
	}
}

// cellNames are the names in a code cell. Nothing is known of their types, so a
// method or a field is found by its name alone.
type cellNames struct {
	declared   map[string]bool // As in declaredBy.
	qualified  map[string]bool // d2l.Net
	members    map[string]bool // Outputs of net.Outputs, Channels of {Channels: 6}
	plain      map[string]bool // all others
	statements int             // Declarations, without imports, and statements below %%.
}

// namesIn takes the names from a code cell; one that is not Go has none.
func namesIn(source string) (*cellNames, error) {
	n := &cellNames{
		declared: map[string]bool{}, qualified: map[string]bool{},
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
