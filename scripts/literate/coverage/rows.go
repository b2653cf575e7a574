package coverage

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// checker compares a table with notebooks and packages.
type checker struct {
	*table
	files     fs.FS
	packages  map[string]*goPackage
	notebooks map[string]*book // By the name of the file.
	last      map[string]place // Where the last row of a kind is in the notebook.
	number    map[string]int   // Of the last code, and of the last exercise.
	point     int              // Of the last exercise, 0 if it is not a point of one.
	problems  []string
}

func checkTable(files fs.FS, name string, packages map[string]*goPackage) ([]string, error) {
	content, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	t, problems := readTable(name, content)
	if t == nil {
		return problems, nil
	}
	c := &checker{
		table: t, files: files, packages: packages, problems: problems,
		notebooks: map[string]*book{}, last: map[string]place{}, number: map[string]int{},
	}
	seen := map[string]int{}
	for _, r := range t.rows {
		if line, twice := seen[r.String()]; twice {
			c.report(r, "stands in line %d already", line)
		}
		seen[r.String()] = r.line
		c.checkRow(r)
	}
	c.checkUnnamed()
	return c.problems, nil
}

func (c *checker) report(r row, format string, args ...any) {
	c.problems = append(c.problems, at(c.path, r.line, "%s: %s", r, fmt.Sprintf(format, args...)))
}

func (c *checker) checkRow(r row) {
	if r.kind != ours && !slices.Contains(kinds, r.kind) {
		c.report(r, "there is no kind %q; there are %s and %s", r.kind, strings.Join(kinds, ", "), ours)
		return
	}
	if strings.TrimSpace(r.which) == "" {
		c.report(r, "does not say which")
	}
	if r.kind == "code" || r.kind == "exercise" {
		c.checkNumber(r)
	}
	if len(r.cells) == 0 {
		c.report(r, "no cell covers it; name one as %s#cell-id", notebookOf(c.path))
		return
	}
	if len(r.cells) > 1 && r.kind != "exercise" {
		c.report(r, "names several cells; only an exercise may, those of its solution after its own")
		return
	}
	var cells []located
	for _, ref := range r.cells {
		cell, problem := c.locate(ref)
		if problem != "" {
			c.report(r, "%s", problem)
			return
		}
		cells = append(cells, cell)
		if err := cell.book.broken[cell.ID]; err != nil && !cell.book.said[cell.ID] {
			cell.book.said[cell.ID] = true // Once, and not by each row that names it.
			c.report(r, "%s is not Go, %v", cell, err)
		}
	}
	first := cells[0]
	if name := notebookOf(c.path); path.Base(first.book.path) != name {
		c.report(r, "%s is not in the chapter's notebook, %s", first, name)
		return
	}
	switch r.kind {
	case "chapter":
		c.checkHeading(r, first, 1)
	case "section":
		c.checkHeading(r, first, 2)
	case "code", ours:
		c.checkCode(r, first)
	case "output":
		c.checkOutput(r, first)
	case "figure":
		c.checkFigure(r, first)
	case "exercise":
		c.checkExercise(r, first)
	}
	c.checkSymbols(r, cells)
}

// checkUnnamed reports the code cells of the chapter's notebook that are in no
// row, and those that are ours and the chapter's at once.
func (c *checker) checkUnnamed() {
	name := notebookOf(c.path)
	b := c.notebook(name)
	if b.err != nil {
		if len(c.rows) == 0 { // Otherwise a row has said so.
			c.problems = append(c.problems, at(c.path, 1, "%v", b.err))
		}
		return
	}
	for i, cell := range b.Cells {
		if cell.Number == 0 {
			continue
		}
		var chapters, own *row
		for i, r := range c.rows {
			if !slices.Contains(r.cells, name+"#"+cell.ID) {
				continue
			}
			if r.kind == ours {
				own = &c.rows[i]
			} else {
				chapters = &c.rows[i]
			}
		}
		here := located{cell, b, i}
		switch {
		case own == nil && chapters == nil:
			c.problems = append(c.problems, fmt.Sprintf("%s: no row of %s names it; add one, of the kind %s if the chapter has no such cell",
				here, c.path, ours))
		case own != nil && chapters != nil:
			c.report(*own, "%s is the chapter's by line %d", here, chapters.line)
		}
	}
}
