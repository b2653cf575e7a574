// Package program assembles the cells of a notebook into one plain Go program
// that prints the same, for debuggers, profilers and go vet.
//
// For the GoNB kernel each cell is a program of its own, made of its statements
// below %% and of all declarations so far. Here a cell's statements are a
// function, and before it is called everything that cells declare as variables is
// made anew by those initializers, in that order, which the kernel's program for
// this cell would have run. To know them, these programs are composed and
// type-checked one by one.
//
// What one program cannot hold is an error that says what to do: two versions of
// a function, type or constant, or commands of the kernel. What differs without
// being noticed: what imported packages remember stays from cell to cell,
// goroutines that a cell leaves behind go on, a method that a later cell adds to a
// type is there from the start, and the initializer of a variable called _ runs
// once for a cell, which the kernel does twice.
package program

import (
	"fmt"
	"go/token"
	"path/filepath"
	"strings"

	"github.com/d2l-go/book/scripts/literate/notebook"
)

// Assemble returns the source of a program to be written to a file. It is called
// in the project's folder, in which notebook and file lie.
func Assemble(n *notebook.Notebook, file string) ([]byte, error) {
	source, err := assemble(n, file)
	if err != nil {
		return nil, fmt.Errorf("%s%w", n.Path, err)
	}
	return source, nil
}

// assemble's errors begin with what follows the notebook's path.
func assemble(n *notebook.Notebook, file string) ([]byte, error) {
	book, err := inProject(n.Path)
	if err != nil {
		return nil, err
	}
	if file, err = inProject(file); err != nil {
		return nil, err
	}
	files := token.NewFileSet()
	pieces, headings, err := read(n, files)
	if err != nil {
		return nil, err
	}
	known := newKnown()
	for _, p := range pieces {
		if err := known.add(p); err != nil {
			return nil, err
		}
		p.composed = known.compose(p)
	}
	if err := addImports(pieces); err != nil {
		return nil, err
	}
	packages, err := load(pieces)
	if err != nil {
		return nil, err
	}
	for _, p := range pieces {
		if err := packages.check(p); err != nil {
			return nil, err
		}
	}
	if err := oneMeaning(pieces, packages); err != nil {
		return nil, err
	}
	relative, err := filepath.Rel(filepath.Dir(file), book)
	if err != nil {
		return nil, fmt.Errorf(": %w", err)
	}
	w := newWriter(filepath.ToSlash(book), filepath.ToSlash(relative), pieces, packages)
	source, err := w.write(headings)
	if err != nil {
		return nil, err
	}
	return source, packages.checkProgram(source, file)
}

// inProject returns a path as seen from the project's folder, the current one.
// Elsewhere go finds no imports, and the way from there to the notebook would
// name folders of this machine.
func inProject(path string) (string, error) {
	root, err := filepath.Abs(".")
	if err == nil {
		path, err = filepath.Abs(path)
	}
	var relative string
	if err == nil {
		relative, err = filepath.Rel(root, path)
	}
	if err != nil {
		return "", fmt.Errorf(": %w", err)
	}
	if relative == ".." || strings.HasPrefix(relative, ".."+string(filepath.Separator)) {
		return "", fmt.Errorf(": %s is not in the project's folder; a notebook and its program must be", path)
	}
	return relative, nil
}

// errorAt returns an error with a cell as its place.
func errorAt(p *piece, format string, args ...any) error {
	return fmt.Errorf(", cell %s: %w", p.id, fmt.Errorf(format, args...))
}
