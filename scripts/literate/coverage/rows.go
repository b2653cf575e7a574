package coverage

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/d2l-go/book/scripts/literate/gocell"
	"github.com/d2l-go/book/scripts/literate/notebook"
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

// book is a notebook and what is known of its cells.
type book struct {
	*notebook.Notebook
	path      string
	err       error // It cannot be read.
	declared  map[string]bool
	exercises map[string]map[string]bool // The items under the heading Exercises, by the cell's id.
}

// place is where something stands in a notebook.
type place struct {
	line, cell, part int // A line of the table; a cell by its index; a line of it.
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

// located is a cell and its notebook.
type located struct {
	*notebook.Cell
	book  *book
	index int
}

// String names the cell in messages.
func (l located) String() string { return fmt.Sprintf("%s, cell %s", l.book.path, l.ID) }

// locate returns the cell that notebook#cell names, or what is wrong.
func (c *checker) locate(ref string) (located, string) {
	name, id, ok := strings.Cut(ref, "#")
	if !ok || name == "" || id == "" || name != path.Base(name) {
		return located{}, fmt.Sprintf("%q is not of the form %s#cell-id", ref, notebookOf(c.path))
	}
	b := c.notebook(name)
	switch {
	case errors.Is(b.err, fs.ErrNotExist):
		return located{}, fmt.Sprintf("there is no notebook %s (cell %s)", b.path, id)
	case b.err != nil:
		return located{}, b.err.Error()
	}
	for i, cell := range b.Cells {
		if cell.ID == id {
			return located{cell, b, i}, ""
		}
	}
	return located{}, fmt.Sprintf("%s has no cell %s; name the cell that has taken its place", b.path, id)
}

func (c *checker) notebook(name string) *book {
	if b, ok := c.notebooks[name]; ok {
		return b
	}
	b := &book{path: path.Join(path.Dir(c.path), name), declared: map[string]bool{}}
	c.notebooks[name] = b
	content, err := fs.ReadFile(c.files, b.path)
	if err == nil {
		b.Notebook, err = notebook.Parse(b.path, content)
	}
	if b.err = err; err != nil {
		return b
	}
	b.exercises = exercises(b.Notebook)
	for _, cell := range b.Cells {
		if cell.Type != "code" {
			continue
		}
		if names, err := namesIn(cell.Source); err == nil {
			for name := range names.declared {
				b.declared[name] = true
			}
		}
	}
	return b
}

// follows checks that a row's place comes after that of the row of its kind
// before it.
func (c *checker) follows(r row, kind string, l located, part int) {
	before, ok := c.last[kind]
	here := place{r.line, l.index, part}
	if ok && cmp.Or(cmp.Compare(here.cell, before.cell), cmp.Compare(here.part, before.part)) < 0 {
		c.report(r, "%s stands before what line %d names; rows and cells follow the chapter's order", l, before.line)
	}
	c.last[kind] = here
}

func (c *checker) checkHeading(r row, l located, level int) {
	if l.Type != "markdown" {
		c.report(r, "%s is a %s cell, not Markdown", l, l.Type)
		return
	}
	for _, h := range headings(l.Source) {
		if h.title == r.which {
			if h.level != level {
				c.report(r, "%s has it as a heading of level %d; that of a %s is %d", l, h.level, r.kind, level)
			}
			c.follows(r, "heading", l, h.line)
			return
		}
	}
	c.report(r, "%s has no such heading; write the chapter's, %s %s", l, strings.Repeat("#", level), r.which)
}

var leadingNumber = regexp.MustCompile(`^(\d+)(?:\.(\d+))? \S`)

// checkNumber checks that a row's number comes next in its kind.
func (c *checker) checkNumber(r row) {
	m := leadingNumber.FindStringSubmatch(r.which)
	if m == nil || m[2] != "" && r.kind != "exercise" {
		c.report(r, "does not begin with its number in the chapter, and some words")
		return
	}
	last := c.number[r.kind]
	n, point := atoi(m[1]), atoi(m[2])
	if !(n == last+1 && point == 0 || m[2] != "" && n == last && point == c.point+1) {
		c.report(r, "is out of order; it follows %s", c.lastNumber(r.kind))
	}
	c.number[r.kind] = n
	if r.kind == "exercise" {
		c.point = point
	}
}

// lastNumber returns the last number of a kind, for messages.
func (c *checker) lastNumber(kind string) string {
	switch {
	case c.number[kind] == 0:
		return "nothing"
	case kind == "exercise" && c.point > 0:
		return fmt.Sprintf("%s %d.%d", kind, c.number[kind], c.point)
	}
	return fmt.Sprintf("%s %d", kind, c.number[kind])
}

func (c *checker) checkCode(r row, l located) {
	if l.Type != "code" {
		c.report(r, "%s is a %s cell, not code", l, l.Type)
		return
	}
	if _, ok := gocell.Split(l.Source); ok {
		names, err := namesIn(l.Source)
		switch {
		case err != nil:
			c.report(r, "%s is not Go, %v", l, err)
		case names.statements == 0:
			c.report(r, "%s has no code", l)
		}
	} else if r.kind == "code" {
		c.report(r, "%s is not Go", l)
	}
	c.follows(r, r.kind, l, 0)
}

// checkOutput looks for a line in what the cell printed, below that of the row
// before. A … in the table stands for anything.
func (c *checker) checkOutput(r row, l located) {
	if l.Type != "code" {
		c.report(r, "%s is a %s cell, not code", l, l.Type)
		return
	}
	parts := strings.Split(r.which, "…")
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	pattern := regexp.MustCompile("^" + strings.Join(parts, ".+") + "$")
	found := -1
	for i, line := range strings.Split(l.Printed("stdout"), "\n") {
		if pattern.MatchString(line) {
			found = i
			if before, ok := c.last[r.kind]; !ok || before.cell != l.index || before.part < i {
				break
			}
		}
	}
	if found < 0 {
		c.report(r, "%s has not printed this line; correct what prints it and run the notebook anew", l)
		return
	}
	c.follows(r, r.kind, l, found)
}

func (c *checker) checkFigure(r row, l located) {
	if l.Type != "code" {
		c.report(r, "%s is a %s cell, not code", l, l.Type)
		return
	}
	if err := checkImages(l.Cell); err != nil {
		c.report(r, "%s %v; run the notebook anew", l, err)
	}
	c.follows(r, r.kind, l, 0)
}

func (c *checker) checkExercise(r row, l located) {
	if l.Type != "markdown" {
		c.report(r, "%s is a %s cell, not Markdown", l, l.Type)
		return
	}
	items, ok := l.book.exercises[l.ID]
	if !ok {
		c.report(r, "%s is not under the heading Exercises", l)
		return
	}
	if number, _, _ := strings.Cut(r.which, " "); !items[number] {
		c.report(r, "%s has no item %s under the heading Exercises", l, number)
	}
}

// checkSymbols checks that a row's symbols exist and that its cells use them.
func (c *checker) checkSymbols(r row, cells []located) {
	for _, symbol := range r.symbols {
		name, member, _ := strings.Cut(symbol, ".")
		p := c.packages[name]
		if p == nil {
			c.report(r, "%s is not a symbol of %s", symbol, strings.Join(folders, " or "))
			continue
		}
		if !p.symbols[member] {
			c.report(r, "package %s has no %s; name what has taken its place in %s", name, member, cells[0])
			continue
		}
		if !slices.ContainsFunc(cells, func(l located) bool { return l.uses(name, member) }) {
			c.report(r, "%s neither uses nor declares %s", cells[0], symbol)
		}
	}
}

func (l located) uses(pkg, symbol string) bool {
	if l.Type != "code" {
		return false
	}
	names, err := namesIn(l.Source)
	if err != nil {
		return false
	}
	if _, member, ok := strings.Cut(symbol, "."); ok {
		return names.declared[symbol] || names.members[member]
	}
	return names.qualified[pkg+"."+symbol] || names.declared[symbol] ||
		names.plain[symbol] && l.book.declared[symbol] // in another cell
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
	for _, cell := range b.Cells {
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
		switch {
		case own == nil && chapters == nil:
			c.problems = append(c.problems, fmt.Sprintf("%s, cell %s: no row of %s names it; add one, of the kind %s if the chapter has no such cell",
				b.path, cell.ID, c.path, ours))
		case own != nil && chapters != nil:
			c.report(*own, "%s, cell %s is the chapter's by line %d", b.path, cell.ID, chapters.line)
		}
	}
}
