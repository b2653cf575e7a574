package saved

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/token"
	"slices"
	"strings"

	"github.com/d2l-go/book/scripts/literate/gocell"
)

// decl is a declaration at the top level of a file, other than an import.
type decl struct {
	names      []string // What it declares: "TrainCh5", "Timer.Stop", or all of a group.
	start, end int      // In the file's text, with the comments that belong to it.
	node       ast.Decl
	file       *file
}

func (d *decl) String() string { return strings.Join(d.names, ", ") }

// text is the declaration as it stands in its file.
func (d *decl) text() string { return d.file.text[d.start:d.end] }

// declarations returns the declarations of a file in order.
func (f *file) declarations() []*decl {
	var found []*decl
	for _, node := range f.ast.Decls {
		d := &decl{node: node, file: f}
		doc := (*ast.CommentGroup)(nil)
		switch n := node.(type) {
		case *ast.FuncDecl:
			doc = n.Doc
			d.names = []string{gocell.FuncName(n)}
		case *ast.GenDecl:
			if n.Tok == token.IMPORT {
				continue
			}
			doc = n.Doc
			for _, spec := range n.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					d.names = append(d.names, s.Name.Name)
				case *ast.ValueSpec:
					for _, name := range s.Names {
						d.names = append(d.names, name.Name)
					}
				}
			}
		}
		d.names = slices.DeleteFunc(d.names, func(name string) bool { return name == "_" })
		d.start, d.end = f.offset(node.Pos()), f.offset(node.End())
		if doc != nil {
			d.start = f.offset(doc.Pos())
		}
		d.end = f.withComment(d.end)
		found = append(found, d)
	}
	return found
}

// withComment returns where the comment that begins in the rest of the line ends,
// or end if there is none.
func (f *file) withComment(end int) int {
	for _, group := range f.ast.Comments {
		for _, c := range group.List {
			at := f.offset(c.Pos())
			if at >= end && strings.Trim(f.text[end:at], " \t") == "" {
				end = f.offset(c.End())
			}
		}
	}
	return end
}

// formatted returns declarations as gofmt lays them out.
func formatted(code string) (string, error) {
	const clause = "package p\n\n"
	text, err := format.Source([]byte(clause + code))
	if err != nil {
		return "", err
	}
	rest, ok := strings.CutPrefix(string(text), clause)
	if !ok {
		return "", fmt.Errorf("gofmt moved what stands before the code")
	}
	return strings.TrimRight(rest, "\n"), nil
}
