package program

import (
	"fmt"
	"go/token"
	"slices"
	"strings"
)

// composed is the kernel's program for a cell, but for its head with the imports.
type composed struct {
	text   string
	placed []placed
	inits  []string // The functions called init_…, by name.
}

// placed is a variable's declaration and where it ends in the text.
type placed struct {
	end         int
	declaration *declaration
}

func (k *known) compose(p *piece) *composed {
	c := &composed{}
	var text strings.Builder
	others, variables := k.sorted()
	for _, d := range slices.Concat(variables, others) {
		fmt.Fprintf(&text, "//line %s:%d\n%s\n", d.piece.id, d.piece.line(d.node), d.text)
		c.placed = append(c.placed, placed{text.Len(), d})
		if d.kind == token.FUNC && strings.HasPrefix(d.key, "init_") {
			c.inits = append(c.inits, d.key)
		}
	}
	fmt.Fprintf(&text, "func main() {\n//line %s:%d\n%s\n}\n", p.id, p.bodyLine, p.body)
	c.text = text.String()
	return c
}

// at returns the declaration at an offset in the text.
func (c *composed) at(offset int) *declaration {
	i, _ := slices.BinarySearchFunc(c.placed, offset, func(p placed, offset int) int { return p.end - offset })
	return c.placed[i].declaration
}

// source is the whole program.
func (p *piece) source() string { return p.head() + p.composed.text }

func (p *piece) head() string {
	var text strings.Builder
	text.WriteString("package main\n")
	for _, i := range p.imports {
		fmt.Fprintf(&text, "import %s %q\n", i.name, i.path)
	}
	return text.String()
}
