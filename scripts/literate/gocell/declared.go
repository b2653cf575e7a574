package gocell

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
)

// Declaration is where a cell declares a name.
type Declaration struct {
	Line string // The first line of the declaration, without what surrounds it.

	// The name is a variable of the cell's statements, below %%, which no other
	// cell sees.
	Local bool
}

// Declared returns what a cell declares and imports, methods as "T.F". A cell
// that is not Go, or not yet, declares nothing.
func Declared(source string) map[string]Declaration {
	all := map[string]Declaration{}
	code, ok := Split(source)
	if !ok {
		return all
	}
	if code.HasMain {
		files := token.NewFileSet()
		const before = "package p; func main() {"
		if file, err := parser.ParseFile(files, "", before+code.Main+"\n}", parser.SkipObjectResolution); err == nil {
			f := finder{all: all, source: code.Main, start: len(before), files: files, local: true}
			for _, statement := range file.Decls[0].(*ast.FuncDecl).Body.List {
				f.statement(statement)
			}
		}
	}
	files := token.NewFileSet()
	const before = "package p;"
	if file, err := parser.ParseFile(files, "", before+code.Decls, parser.SkipObjectResolution); err == nil {
		f := finder{all: all, source: code.Decls, start: len(before), files: files}
		for _, decl := range file.Decls {
			f.declaration(decl)
		}
	}
	return all
}

// finder notes what declarations and statements declare.
type finder struct {
	all    map[string]Declaration
	source string
	start  int // Where source begins in the file.
	files  *token.FileSet
	local  bool
}

func (f *finder) add(name string, at token.Pos) {
	if name == "" || name == "_" {
		return
	}
	line := f.source[max(0, f.files.Position(at).Offset-f.start):]
	line, _, _ = strings.Cut(line, "\n")
	line = strings.TrimSuffix(strings.TrimSpace(line), " {")
	f.all[name] = Declaration{Line: line, Local: f.local}
}

func (f *finder) declaration(decl ast.Decl) {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		f.add(FuncName(decl), decl.Pos())
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			at := spec.Pos()
			if !decl.Lparen.IsValid() {
				at = decl.Pos()
			}
			switch spec := spec.(type) {
			case *ast.ImportSpec:
				f.add(importName(spec), at)
			case *ast.TypeSpec:
				f.add(spec.Name.Name, at)
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					f.add(name.Name, at)
				}
			}
		}
	}
}

func (f *finder) statement(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.DeclStmt:
		f.declaration(s.Decl)
	case *ast.AssignStmt:
		if s.Tok != token.DEFINE {
			return
		}
		for _, left := range s.Lhs {
			if name, ok := left.(*ast.Ident); ok {
				f.add(name.Name, s.Pos())
			}
		}
	}
}

var (
	lastWord     = regexp.MustCompile(`\w+$`)
	majorVersion = regexp.MustCompile(`/v[0-9]+$`)
)

// importName is the name by which a package is used; without one in the import,
// the last word of its path.
func importName(spec *ast.ImportSpec) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	path, _ := strconv.Unquote(spec.Path.Value)
	return lastWord.FindString(majorVersion.ReplaceAllString(path, ""))
}
