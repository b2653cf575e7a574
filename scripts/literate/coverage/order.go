package coverage

import (
	"cmp"
	"fmt"
	"regexp"
)

// place is where something stands in a notebook.
type place struct {
	line, cell, part int // A line of the table; a cell by its index; a line of it.
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
