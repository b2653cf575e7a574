package notebook

import (
	"fmt"
	"regexp"
	"strings"
)

var imports = regexp.MustCompile(`(?s)^\s*import\s*(\(.*?\)|[^\n]*)`)

// FirstLine is the first line of a cell that says what it is about, shortened:
// none of the kernel's commands, of imports and of marks.
func (c *Cell) FirstLine() string {
	var said []string
	for _, line := range strings.Split(c.Source, "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "%") && !strings.HasPrefix(line, "//d2l:") {
			said = append(said, line)
		}
	}
	all := strings.Join(said, "\n")
	text := strings.TrimSpace(imports.ReplaceAllString(all, ""))
	for _, other := range []string{all, strings.TrimSpace(c.Source)} {
		if text == "" {
			text = other
		}
	}
	text, _, _ = strings.Cut(text, "\n")
	if r := []rune(text); len(r) > 60 {
		text = string(r[:57]) + "..."
	}
	return text
}

// Label names a cell for people: its id, its number and its first line.
func (c *Cell) Label() string {
	kind := c.Type
	if c.Number > 0 {
		kind = fmt.Sprintf("code cell %d", c.Number)
	}
	if first := c.FirstLine(); first != "" {
		kind += ": " + first
	}
	return fmt.Sprintf("cell %s (%s)", c.ID, kind)
}
