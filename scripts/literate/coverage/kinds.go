package coverage

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/d2l-go/book/scripts/literate/gocell"
	"github.com/d2l-go/book/scripts/literate/notebook"
	"github.com/d2l-go/book/scripts/literate/picture"
)

func (c *checker) checkHeading(r row, l located, level int) {
	if l.Type != "markdown" {
		c.report(r, "%s is a %s cell, not Markdown", l, l.Type)
		return
	}
	for _, h := range notebook.Headings(l.Source) {
		if h.Title == r.which {
			if h.Level != level {
				c.report(r, "%s has it as a heading of level %d; that of a %s is %d", l, h.Level, r.kind, level)
			}
			c.follows(r, "heading", l, h.Line)
			return
		}
	}
	c.report(r, "%s has no such heading; write the chapter's, %s %s", l, strings.Repeat("#", level), r.which)
}

func (c *checker) checkCode(r row, l located) {
	if l.Type != "code" {
		c.report(r, "%s is a %s cell, not code", l, l.Type)
		return
	}
	if _, ok := gocell.Split(l.Source); ok {
		if names := l.book.names[l.ID]; names != nil && names.statements == 0 {
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
	if said := pictures(l.Cell); said != "" {
		c.report(r, "%s %s; run the notebook anew", l, said)
	}
	c.follows(r, r.kind, l, 0)
}

// pictures says what is wrong unless a cell's outputs hold a picture, and
// something is drawn in every one.
func pictures(cell *notebook.Cell) string {
	found := false
	for _, o := range cell.Outputs {
		for _, kind := range slices.Sorted(maps.Keys(o.Data)) {
			if !picture.Is(kind) {
				continue
			}
			found = true
			switch p, err := picture.Look(kind, o.Data[kind]); {
			case err != nil:
				return fmt.Sprintf("has a picture of kind %s that cannot be read (%v)", kind, err)
			case !p.Drawn:
				return fmt.Sprintf("has a picture of kind %s in which nothing is drawn", kind)
			}
		}
	}
	if !found {
		return "has no picture among its outputs"
	}
	return ""
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
