package program

import (
	"go/ast"
	"go/format"
	"go/token"
	"strings"

	"github.com/d2l-go/book/scripts/literate/gocell"
)

// declaration is what the kernel keeps, replaces and drops as a whole.
type declaration struct {
	piece *piece
	kind  token.Token // FUNC, TYPE, CONST or VAR.
	key   string      // Its name or, of a method, Type.Name; of constants the first name.
	names []string    // What it declares in the package; nothing for a method.
	text  string      // Its source, without the comment before it.
	node  ast.Node    // *ast.FuncDecl, *ast.TypeSpec, *ast.GenDecl of constants or *ast.ValueSpec of variables.
	again bool        // An earlier cell has the same.

	// Of a variable, or of several that one call sets:
	idents   []*ast.Ident
	value    ast.Expr // Its initializer, or nil.
	setter   string   // The name of the function that calls it.
	newNames []string // Those that no earlier cell declared.
}

// declare finds what a cell declares.
func (p *piece) declare() error {
	add := func(kind token.Token, node ast.Node, key string, names ...string) *declaration {
		d := &declaration{piece: p, kind: kind, key: key, names: names, node: node}
		p.declared = append(p.declared, d)
		return d
	}
	for _, decl := range p.file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			name := decl.Name.Name
			switch {
			case decl.Recv != nil:
				add(token.FUNC, decl, gocell.FuncName(decl)).text = p.decls[p.offset(decl.Type.Pos()):p.offset(decl.End())]
			case name == "main":
				return errorAt(p, "it declares main, of which a program has one; put the statements below %%%%")
			case name == "init":
				return errorAt(p, "it declares init, which would run once and not before each cell; call it init_ and a name")
			default:
				add(token.FUNC, decl, name, name).text = p.decls[p.offset(decl.Type.Pos()):p.offset(decl.End())]
			}
		case *ast.GenDecl:
			switch decl.Tok {
			case token.TYPE:
				for _, spec := range decl.Specs {
					name := spec.(*ast.TypeSpec).Name.Name
					add(token.TYPE, spec, name, name).text = "type " + p.text(spec)
				}
			case token.CONST:
				var names []string
				for _, spec := range decl.Specs {
					for _, name := range spec.(*ast.ValueSpec).Names {
						names = append(names, name.Name)
					}
				}
				if len(names) > 0 {
					add(token.CONST, decl, names[0], names...).text = p.decls[p.offset(decl.TokPos):p.offset(decl.End())]
				}
			case token.VAR:
				for _, spec := range decl.Specs {
					spec := spec.(*ast.ValueSpec)
					for _, d := range variables(spec) {
						d.piece = p
						d.text = p.variable(d)
						p.declared = append(p.declared, d)
					}
				}
			}
		}
	}
	return nil
}

// variables returns one declaration for each initializer.
func variables(spec *ast.ValueSpec) (all []*declaration) {
	if len(spec.Values) == 1 {
		return []*declaration{newVariable(spec, spec.Names, spec.Values[0])}
	}
	for i, name := range spec.Names {
		var value ast.Expr
		if i < len(spec.Values) {
			value = spec.Values[i]
		}
		all = append(all, newVariable(spec, []*ast.Ident{name}, value))
	}
	return all
}

func newVariable(spec *ast.ValueSpec, idents []*ast.Ident, value ast.Expr) *declaration {
	d := &declaration{kind: token.VAR, key: idents[0].Name, node: spec, idents: idents, value: value}
	for _, ident := range idents {
		if ident.Name != "_" {
			d.names = append(d.names, ident.Name)
		}
	}
	return d
}

// variable is the source of a variable's declaration.
func (p *piece) variable(d *declaration) string {
	text := "var " + identList(d.idents)
	if t := d.node.(*ast.ValueSpec).Type; t != nil {
		text += " " + p.text(t)
	}
	if d.value != nil {
		text += " = " + p.text(d.value)
	}
	return text
}

func identList(idents []*ast.Ident) string {
	var names []string
	for _, ident := range idents {
		names = append(names, ident.Name)
	}
	return strings.Join(names, ", ")
}

// standard is a declaration in the standard format, to compare it.
func (d *declaration) standard() string {
	if formatted, err := format.Source([]byte(d.text)); err == nil {
		return string(formatted)
	}
	return d.text
}
