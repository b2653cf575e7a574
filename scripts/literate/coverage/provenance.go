package coverage

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"strings"
)

// bookLine is the last paragraph of the comment on what a package exports.
var bookLine = regexp.MustCompile(`^Book: (?:none; \S.*[^.\s]|` + bookName + `(?:, ` + bookName + `)*, section "[^"\s](?:[^"]*[^"\s])?")\.$`)

const (
	bookName  = `[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*`
	bookForms = `Book: name, section "Title". or Book: none; why or what comes nearest.`
)

// provenance returns what the package exports without saying where in the book
// it comes from. Of constants and variables declared together the group says it.
func (p *goPackage) provenance() []string {
	var problems []string
	check := func(pos token.Pos, name string, doc *ast.CommentGroup) {
		if problem := checkBook(doc.Text()); problem != "" {
			at := p.fileSet.Position(pos)
			problems = append(problems, fmt.Sprintf("%s:%d: %s %s", at.Filename, at.Line, name, problem))
		}
	}
	for _, file := range p.files {
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.IsExported() {
					check(d.Pos(), d.Name.Name, d.Doc)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if s, ok := spec.(*ast.TypeSpec); ok && s.Name.IsExported() {
						doc := s.Doc
						if doc == nil {
							doc = d.Doc
						}
						check(s.Pos(), s.Name.Name, doc)
					}
				}
				if name := firstExported(d); name != nil {
					check(d.Pos(), name.Name, d.Doc)
				}
			}
		}
	}
	return problems
}

// firstExported returns the first exported constant or variable, or nil.
func firstExported(d *ast.GenDecl) *ast.Ident {
	for _, spec := range d.Specs {
		if s, ok := spec.(*ast.ValueSpec); ok {
			for _, name := range s.Names {
				if name.IsExported() {
					return name
				}
			}
		}
	}
	return nil
}

// checkBook returns what is wrong with a comment's line "Book: …".
func checkBook(comment string) string {
	var line string
	paragraphs := strings.Split(strings.TrimSpace(comment), "\n\n")
	for i, paragraph := range paragraphs {
		if !strings.HasPrefix(paragraph, "Book:") {
			continue
		}
		if line != "" {
			return `has two lines "Book: …"; keep one`
		}
		if i < len(paragraphs)-1 {
			return `has a line "Book: …" that is not the last paragraph of its comment; move it to the end`
		}
		line = strings.Join(strings.Fields(paragraph), " ")
	}
	if line == "" {
		return `has no line "Book: …"; end its comment with a paragraph ` + bookForms
	}
	if !bookLine.MatchString(line) || strings.HasPrefix(line, "Book: none,") {
		return fmt.Sprintf(`has the line %q; its form is %s`, line, bookForms)
	}
	return ""
}
