// Package coverage holds the book's chapter, its notebook and the packages
// together. A table names for everything in the chapter the cell that has it
// here, and the symbols that do it; and everything that the packages export says
// where in the book it comes from.
package coverage

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
)

// folders are those of the packages that tables may name.
var folders = []string{"d2l", "lenet"}

// Check returns what does not fit in the project in the root folder: the tables
// notebooks/*.coverage.csv and the lines "Book: …" of the packages. A problem
// begins with its place.
func Check(root string) ([]string, error) { return check(os.DirFS(root)) }

func check(files fs.FS) ([]string, error) {
	var problems []string
	packages := map[string]*goPackage{}
	for _, folder := range folders {
		p, err := readPackage(files, folder)
		if err != nil {
			return nil, err
		}
		packages[folder] = p
		problems = append(problems, p.provenance()...)
	}
	tables, err := fs.Glob(files, "notebooks/*.coverage.csv")
	if err != nil {
		return nil, err
	}
	if len(tables) == 0 {
		problems = append(problems, "notebooks: no table says what covers the chapter; it is called as the notebook, lenet.coverage.csv")
	}
	for _, table := range tables {
		found, err := checkTable(files, table, packages)
		if err != nil {
			return nil, err
		}
		problems = append(problems, found...)
	}
	return problems, nil
}

// notebookOf returns the notebook that a table is about.
func notebookOf(table string) string {
	return strings.TrimSuffix(path.Base(table), ".coverage.csv") + ".ipynb"
}

// at returns a problem in a line of a table.
func at(table string, line int, format string, args ...any) string {
	return fmt.Sprintf("%s:%d: %s", table, line, fmt.Sprintf(format, args...))
}
