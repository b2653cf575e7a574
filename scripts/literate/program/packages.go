package program

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/d2l-go/book/scripts/literate/program/cells"
)

// cellsPath is the path of the package that runs a program's cells.
var cellsPath = reflect.TypeFor[cells.Cell]().PkgPath()

// packages are those that the cells import.
type packages struct {
	files *token.FileSet
	types.Importer
}

// load has go compile what the cells import; what it writes for that holds the types.
func load(pieces []*piece) (*packages, error) {
	args := []string{"list", "-deps", "-export", "-f", "{{.ImportPath}}\t{{.Export}}", cellsPath}
	seen := map[string]bool{}
	for _, p := range pieces {
		for _, i := range p.imports {
			if !seen[i.path] {
				seen[i.path] = true
				args = append(args, i.path)
			}
		}
	}
	var errs bytes.Buffer
	list := exec.Command("go", args...)
	list.Stderr = &errs
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf(": what it imports does not compile (go list: %w)\n%s", err, errs.Bytes())
	}
	exports := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		exports[path] = file
	}
	files := token.NewFileSet()
	return &packages{files, importer.ForCompiler(files, "gc", func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("go list does not know %s", path)
		}
		return os.Open(exports[path])
	})}, nil
}

// check type-checks the kernel's program for a cell and notes what it says about
// variables and about the names that are Go's own.
func (pk *packages) check(p *piece) error {
	files := token.NewFileSet()
	source := p.source()
	file, err := parser.ParseFile(files, "", source, parser.SkipObjectResolution)
	if err != nil {
		return p.syntaxError(err, "")
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: pk.Importer}
	checked, err := config.Check("main", files, []*ast.File{file}, info)
	if e := (types.Error{}); errors.As(err, &e) {
		at := files.Position(e.Pos)
		if at.Filename == "" { // in the head
			return errorAt(p, "%s", e.Msg)
		}
		return errorAt(p, "line %d%s: %s", at.Line, ofCell(p, at.Filename), e.Msg)
	}
	if err != nil {
		return errorAt(p, "%w", err)
	}
	p.scope = checked.Scope()
	head := len(p.head())
	for _, i := range info.InitOrder {
		offset := files.PositionFor(i.Rhs.Pos(), false).Offset
		p.order = append(p.order, p.composed.at(offset-head))
	}
	p.builtins = map[string]bool{}
	for ident, object := range info.Uses {
		if object.Parent() == types.Universe {
			p.builtins[ident.Name] = true
		}
	}
	return nil
}

// ofCell names the cell of a line if it is another than p.
func ofCell(p *piece, id string) string {
	if id == p.id {
		return ""
	}
	return " of cell " + id
}

// checkProgram type-checks the program as written.
func (pk *packages) checkProgram(source []byte, name string) error {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, filepath.ToSlash(name), source, parser.SkipObjectResolution)
	if err == nil {
		_, err = (&types.Config{Importer: pk.Importer}).Check("main", files, []*ast.File{file}, nil)
	}
	if e := (types.Error{}); errors.As(err, &e) {
		line := strings.Split(string(source), "\n")[files.Position(e.Pos).Line-1]
		return fmt.Errorf(": its cells do not make one program, which says of %q: %s", strings.TrimSpace(line), e.Msg)
	}
	if err != nil {
		return fmt.Errorf(": its cells do not make one program: %w", err)
	}
	return nil
}
