package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strings"

	"github.com/d2l-go/book/scripts/kernel/cells"
)

// notGo is the first line of a cell that GoNB does not take for Go.
var notGo = regexp.MustCompile(`^%%(writefile|script|bash|sh|gx)\b`)

// split returns the declarations of a cell and its statements, those below %% if it has that line. Both keep their offsets and lines:
// whatever else the cell holds is blank in them.
func split(source string) (decls, statements string) {
	if notGo.MatchString(source) {
		return "", ""
	}
	lines := strings.Split(strings.ReplaceAll(source, "\r\n", " \n"), "\n")
	part, program := 0, cells.Statements(lines)
	for i, kind := range cells.Kinds(lines) {
		code := lines[i]
		if command, _ := cells.Main(code); kind == cells.Command && command == "%%" || i == program {
			part = 1
		}
		if kind != cells.Go {
			code = blank(code)
		}
		parts := []*string{&decls, &statements}
		*parts[part] += code + "\n"
		*parts[1-part] += blank(code) + "\n"
	}
	return decls[:len(source)], statements[:len(source)]
}

// blank returns as many bytes, blank but for the ends of lines.
func blank(s string) string {
	b := []byte(s)
	for i := range b {
		if b[i] != '\n' {
			b[i] = ' '
		}
	}
	return string(b)
}

// name is what a declaration declares or imports, a method as "T.F".
type name struct {
	name     string
	pos, end token.Pos
	imported bool
}

func namesOf(node ast.Decl) (found []name) {
	switch node := node.(type) {
	case *ast.FuncDecl:
		full := node.Name.Name
		if node.Recv != nil && len(node.Recv.List) > 0 {
			full = cells.Receiver(node.Recv.List[0].Type) + "." + full
		}
		return []name{{name: full, pos: node.Name.Pos(), end: node.Name.End()}}
	case *ast.GenDecl:
		for _, spec := range node.Specs {
			switch spec := spec.(type) {
			case *ast.ImportSpec:
				found = append(found, name{importName(spec), spec.Pos(), spec.End(), true})
			case *ast.TypeSpec:
				found = append(found, name{name: spec.Name.Name, pos: spec.Pos(), end: spec.Name.End()})
			case *ast.ValueSpec:
				for _, id := range spec.Names {
					found = append(found, name{name: id.Name, pos: id.Pos(), end: id.End()})
				}
			}
		}
	}
	return found
}

// importName is the name of an import; without one, what its path says.
func importName(spec *ast.ImportSpec) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	return cells.ImportName(strings.Trim(spec.Path.Value, "\"`"))
}

// namesIn returns the names that a cell declares for all cells and, local, those below %%, each with the line in which
// it stands. A cell that is not Go, or not yet, declares nothing.
func namesIn(source string) (global, local map[string]string) {
	decls, statements := split(source)
	const before, inMain = "package p;", "package p;func _(){"
	lines := func(code, before string, names []name) map[string]string {
		all := map[string]string{}
		for _, n := range names {
			at := int(n.pos) - 1 - len(before)
			start := strings.LastIndexByte(code[:at], '\n') + 1
			line, _, _ := strings.Cut(code[start:], "\n")
			all[n.name] = strings.TrimSuffix(strings.TrimSpace(line), " {")
		}
		return all
	}
	var names []name
	if file, err := parser.ParseFile(token.NewFileSet(), "", before+decls, parser.SkipObjectResolution); err == nil {
		for _, decl := range file.Decls {
			names = append(names, namesOf(decl)...)
		}
	}
	global, names = lines(decls, before, names), nil
	file, err := parser.ParseFile(token.NewFileSet(), "", inMain+statements+"\n}", parser.SkipObjectResolution)
	if err == nil {
		for _, s := range file.Decls[0].(*ast.FuncDecl).Body.List {
			switch s := s.(type) {
			case *ast.DeclStmt:
				names = append(names, namesOf(s.Decl.(*ast.GenDecl))...)
			case *ast.AssignStmt:
				for _, left := range s.Lhs {
					if id, ok := left.(*ast.Ident); ok && s.Tok == token.DEFINE {
						names = append(names, name{name: id.Name, pos: id.Pos(), end: id.End()})
					}
				}
			}
		}
	}
	return global, lines(statements, inMain, names)
}
