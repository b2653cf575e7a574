package notebook

import (
	"regexp"
	"strings"
)

// Heading is one in Markdown.
type Heading struct {
	Line, Level int // The line counts from 0.
	Title       string
}

// String is the heading with its marks.
func (h Heading) String() string { return strings.Repeat("#", h.Level) + " " + h.Title }

var headingLine = regexp.MustCompile(`^(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$`)

// Headings returns those of a Markdown text. What is fenced holds none.
func Headings(markdown string) []Heading {
	var all []Heading
	fenced := false
	for i, line := range strings.Split(markdown, "\n") {
		if strings.HasPrefix(strings.TrimLeft(line, " "), "```") {
			fenced = !fenced
		}
		if m := headingLine.FindStringSubmatch(line); m != nil && !fenced {
			all = append(all, Heading{i, len(m[1]), m[2]})
		}
	}
	return all
}
