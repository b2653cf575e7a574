package program

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// edit replaces a part of a cell's declarations.
type edit struct {
	start, end int
	text       string
}

// declarations returns the cell's own, without imports, and with functions that
// set the variables instead of initializers. All else keeps its form.
func (w *writer) declarations(p *piece) (string, error) {
	var edits []edit
	remove := func(doc *ast.CommentGroup, n ast.Node) {
		e := edit{start: p.offset(n.Pos()), end: p.offset(n.End())}
		if doc != nil {
			e.start = p.offset(doc.Pos())
		}
		edits = append(edits, e)
	}
	again := map[ast.Node]bool{}
	variables := map[ast.Node][]*declaration{}
	for _, d := range p.declared {
		again[d.node] = d.again
		if d.kind == token.VAR {
			variables[d.node] = append(variables[d.node], d)
		}
	}
	for _, decl := range p.file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if again[decl] {
				remove(decl.Doc, decl)
			}
		case *ast.GenDecl:
			switch decl.Tok {
			case token.IMPORT:
				remove(decl.Doc, decl)
				if comment := decl.Specs[len(decl.Specs)-1].(*ast.ImportSpec).Comment; comment != nil && !decl.Lparen.IsValid() {
					edits[len(edits)-1].end = p.offset(comment.End())
				}
			case token.CONST:
				if again[decl] {
					remove(decl.Doc, decl)
				}
			case token.TYPE:
				for _, spec := range decl.Specs {
					if again[spec] && decl.Lparen.IsValid() {
						remove(spec.(*ast.TypeSpec).Doc, spec)
					} else if again[spec] {
						remove(decl.Doc, decl)
					}
				}
			case token.VAR:
				more, err := w.splitVariables(p, decl, variables)
				if err != nil {
					return "", err
				}
				edits = append(edits, more...)
			}
		}
	}
	slices.SortStableFunc(edits, func(a, b edit) int { return a.start - b.start })
	var out strings.Builder
	copied := 0
	for _, e := range edits {
		out.WriteString(p.decls[copied:e.start] + e.text)
		copied = e.end
	}
	out.WriteString(p.decls[copied:])
	return out.String(), nil
}

// splitVariables takes the initializers out of a declaration of variables, and
// puts functions that call them behind it.
func (w *writer) splitVariables(p *piece, decl *ast.GenDecl, declared map[ast.Node][]*declaration) (edits []edit, err error) {
	var functions strings.Builder
	for _, spec := range decl.Specs {
		spec := spec.(*ast.ValueSpec)
		var lines []string
		var names []string // With the type of the last line.
		last := ""
		for _, d := range declared[spec] {
			if d.value != nil {
				fmt.Fprintf(&functions, "\n\nfunc %s() {\n%s\n}", d.setter, p.assignment(d))
			}
			for _, name := range d.newNames {
				t, err := w.typeOf(p, spec, name)
				if err != nil {
					return nil, err
				}
				if t != last {
					lines, names, last = append(lines, ""), nil, t
				}
				names = append(names, name)
				lines[len(lines)-1] = strings.Join(names, ", ") + " " + t
			}
		}
		e := edit{start: p.offset(spec.Pos()), end: p.offset(spec.End())}
		switch {
		case decl.Lparen.IsValid():
			e.text = strings.Join(lines, "\n")
		case len(lines) == 0: // All are blank or declared earlier.
			e.start = p.offset(decl.Pos())
		default:
			e.text = strings.Join(lines, "\nvar ")
		}
		edits = append(edits, e)
	}
	// Behind what else is in the line, if that is a comment.
	after := edit{start: p.offset(decl.End())}
	rest, _, _ := strings.Cut(p.decls[after.start:], "\n")
	code := strings.TrimSpace(rest)
	switch {
	case code == "" || strings.HasPrefix(code, "//"):
		after.start += len(rest)
		after.end = after.start
	default:
		after.end = after.start + len(rest) - len(strings.TrimLeft(rest, " \t;"))
		functions.WriteString("\n\n")
	}
	after.text = functions.String()
	return append(edits, after), nil
}

// assignment sets variables to what their initializer says.
func (p *piece) assignment(d *declaration) string {
	if len(d.names) == 0 && d.node.(*ast.ValueSpec).Type != nil {
		return d.text // The type may be what a blank variable is for.
	}
	return identList(d.idents) + " = " + p.text(d.value)
}

// typeOf returns the source of a variable's type.
func (w *writer) typeOf(p *piece, spec *ast.ValueSpec, name string) (string, error) {
	if spec.Type != nil {
		return p.text(spec.Type), nil
	}
	t := types.TypeString(p.scope.Lookup(name).Type(), func(from *types.Package) string {
		if from.Path() == "main" {
			return ""
		}
		return w.imported(from.Path(), from.Name())
	})
	hidden := ""
	if expr, err := parser.ParseExpr(t); err != nil {
		hidden = t
	} else {
		ast.Inspect(expr, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && !s.Sel.IsExported() {
				hidden = t
			}
			return true
		})
	}
	if hidden != "" {
		return "", errorAt(p, "the type of its variable %s is %s, which only that package can name; declare the variable with an interface, or make it in the function that uses it", name, hidden)
	}
	return t, nil
}
