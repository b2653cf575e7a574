package coverage

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"slices"
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
			names[gocell.FuncName(d)] = true
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
			names = append(names, gocell.TypeName(field.Type))
		}
	}
	return names
}

// checkSymbols checks that a row's symbols exist and that its cells use them.
func (c *checker) checkSymbols(r row, cells []located) {
	for _, symbol := range r.symbols {
		name, member, _ := strings.Cut(symbol, ".")
		p := c.packages[name]
		if p == nil {
			c.report(r, "%s is not a symbol of %s", symbol, strings.Join(folders, " or "))
			continue
		}
		if !p.symbols[member] {
			c.report(r, "package %s has no %s; name what has taken its place in %s", name, member, cells[0])
			continue
		}
		if !slices.ContainsFunc(cells, func(l located) bool { return l.uses(name, member) }) {
			c.report(r, "%s neither uses nor declares %s", cells[0], symbol)
		}
	}
}

// uses tells whether a cell has a symbol. Of one that is not Go that cannot be
// known, and another message says what is wrong with it.
func (l located) uses(pkg, symbol string) bool {
	if l.Type != "code" {
		return false
	}
	if l.book.broken[l.ID] != nil {
		return true
	}
	names := l.book.names[l.ID]
	if _, member, ok := strings.Cut(symbol, "."); ok {
		return names.declared[symbol] || names.members[member]
	}
	if names.declared[symbol] {
		return true
	}
	if names.plain[symbol] && (l.book.declared[symbol] || len(l.book.broken) > 0) { // in another cell
		return true
	}
	return l.usesOf(pkg, symbol)
}

// usesOf tells whether a cell has a name of a package, by whatever name it is
// imported. A package that nothing imports the kernel finds by itself.
func (l located) usesOf(pkg, name string) bool {
	names := l.book.names[l.ID]
	imports := map[string]string{pkg: "/" + pkg}
	maps.Copy(imports, l.book.imports)
	maps.Copy(imports, names.imports)
	for local, imported := range imports {
		if strings.HasSuffix(imported, "/"+pkg) && (names.qualified[local+"."+name] || local == "." && names.plain[name]) {
			return true
		}
	}
	return false
}
