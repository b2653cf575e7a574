package program

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"strings"

	"github.com/d2l-go/book/scripts/literate/gocell"
	"github.com/d2l-go/book/scripts/literate/notebook"
)

// piece is a cell that the kernel makes a program of.
type piece struct {
	id       string
	headings []string // Of the notebook, since the cell before.

	decls    string // The Go above %%; offsets are those in it.
	start    int    // The position of decls in the file set.
	file     *ast.File
	body     string // The Go below %%, without blank lines around it.
	bodyLine int    // The line of the cell in which body begins.

	declared []*declaration // In the order in which they stand here.

	// Of the kernel's program for this cell:
	composed *composed
	imports  []importSpec
	scope    *types.Scope
	order    []*declaration // Variables by when they are set.
	builtins map[string]bool
}

// read returns the cells of a notebook that run, and the headings after the last.
func read(n *notebook.Notebook, files *token.FileSet) (pieces []*piece, headings []string, err error) {
	for _, c := range n.Cells {
		switch {
		case c.Type == "markdown":
			for _, h := range notebook.Headings(c.Source) {
				headings = append(headings, h.String())
			}
		case c.Number > 0:
			p, err := newPiece(c, files)
			if err != nil {
				return nil, nil, err
			}
			if p != nil {
				p.headings, headings = headings, nil
				pieces = append(pieces, p)
			}
		}
	}
	if len(pieces) == 0 {
		return nil, nil, errors.New(" has no cells that run")
	}
	return pieces, headings, nil
}

// forKernel are commands whose work is done here: the versions are those of go.mod.
var forKernel = map[string]bool{"%autoget": true, "%noautoget": true, "%goworkfix": true}

// newPiece returns nil for a cell in which there is nothing to run.
func newPiece(c *notebook.Cell, files *token.FileSet) (*piece, error) {
	p := &piece{id: c.ID}
	code, ok := gocell.Split(plain(c.Source))
	if !ok {
		return nil, errorAt(p, "it is not Go, and a Go program cannot hold it; write it in Go")
	}
	for _, command := range code.Commands {
		if !forKernel[strings.TrimSpace(command.Text)] {
			return nil, errorAt(p, "the kernel carries out %q of line %d, and a Go program cannot; do in Go what it does, such as os.Setenv for %%env", command.Text, command.Line)
		}
	}
	for line := range strings.Lines(c.Source) {
		line = strings.TrimPrefix(line, "//gonb:")
		if strings.HasPrefix(line, "%") && len(strings.Fields(line)) > 1 && !forKernel[strings.Fields(line)[0]] {
			return nil, errorAt(p, "%q gives the cell arguments, but all cells of a program have the same, none; write them where they are used", strings.TrimSpace(line))
		}
	}
	if !code.HasMain && strings.TrimSpace(code.Decls) == "" {
		return nil, nil
	}
	p.decls, p.body = code.Decls, trimLines(code.Main)
	p.bodyLine = 1 + strings.Count(code.Main[:strings.Index(code.Main, p.body)], "\n")
	if err := p.parse(code, files); err != nil {
		return nil, err
	}
	return p, p.declare()
}

// plain blanks what has no meaning here: lines that begin with package, which the
// kernel leaves out as well, and the marks of scripts/literate.
func plain(source string) string {
	var all strings.Builder
	for line := range strings.Lines(source) {
		if strings.HasPrefix(line, "package") || strings.HasPrefix(line, "//d2l:") {
			line = line[len(strings.TrimRight(line, "\r\n")):]
		}
		all.WriteString(line)
	}
	return all.String()
}

// Before what is parsed there are so many lines more than in the cell.
const (
	declsHead = "package main\n"
	bodyHead  = "package main\nfunc main() {\n"
)

func (p *piece) parse(code gocell.Code, files *token.FileSet) error {
	file, err := parser.ParseFile(files, "", declsHead+code.Decls, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return p.syntaxError(err, declsHead)
	}
	p.file, p.start = file, int(file.FileStart)+len(declsHead)
	if code.HasMain {
		file, err := parser.ParseFile(files, "", bodyHead+code.Main+"\n}\n", parser.SkipObjectResolution)
		if err != nil {
			return p.syntaxError(err, bodyHead)
		}
		if len(file.Decls) != 1 {
			return errorAt(p, "only statements may stand below %%%%; move what follows the brace that ends main above it")
		}
	}
	return nil
}

func (p *piece) syntaxError(err error, head string) error {
	if list := (scanner.ErrorList)(nil); errors.As(err, &list) && len(list) > 0 {
		return errorAt(p, "line %d: %s", list[0].Pos.Line-strings.Count(head, "\n"), list[0].Msg)
	}
	return errorAt(p, "%w", err)
}

// line is the line of the cell in which a node among the declarations begins.
func (p *piece) line(n ast.Node) int { return 1 + strings.Count(p.decls[:p.offset(n.Pos())], "\n") }

// offset is where a position is in p.decls.
func (p *piece) offset(pos token.Pos) int { return int(pos) - p.start }

// text is the source of a node among the declarations.
func (p *piece) text(n ast.Node) string { return p.decls[p.offset(n.Pos()):p.offset(n.End())] }

// trimLines drops the blank lines before the first and after the last line.
func trimLines(s string) string {
	s = strings.TrimRight(s, " \t\r\n")
	for {
		line, rest, ok := strings.Cut(s, "\n")
		if !ok || strings.TrimSpace(line) != "" {
			return s
		}
		s = rest
	}
}
