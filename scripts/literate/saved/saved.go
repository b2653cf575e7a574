// Package saved holds together what a notebook shows and what the package d2l
// ships: the declarations of a cell whose first line is //d2l:save, and those of
// the same names in d2l.
//
// Both are compared in one form, the package's: without the qualifier d2l., and
// with each import by its usual name. Blanks and the breaks of lines do not
// count; comments do.
package saved

import "strings"

// Mark is the first line of a cell whose declarations d2l ships.
const Mark = "//d2l:save"

// The package that marked declarations are in, and its folder.
const (
	importPath = "github.com/d2l-go/book/d2l"
	folder     = "d2l"
)

// unmark blanks the mark, so that it is no part of the comment below it; ok is
// whether there is one.
func unmark(source string) (rest string, ok bool) {
	line, _, _ := strings.Cut(source, "\n")
	if strings.TrimRight(line, " \t\r") != Mark {
		return source, false
	}
	return strings.Repeat(" ", len(line)) + source[len(line):], true
}
