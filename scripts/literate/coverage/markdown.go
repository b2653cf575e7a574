package coverage

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/d2l-go/book/scripts/literate/notebook"
)

var itemLine = regexp.MustCompile(`^( *)(?:(\d+)[.)]|[-*+]) +\S`)

// exercises returns, for each Markdown cell with something under the heading
// Exercises, which items its numbered lists have there.
func exercises(n *notebook.Notebook) map[string]map[string]bool {
	found := map[string]map[string]bool{}
	under := false
	for _, cell := range n.Cells {
		if cell.Type != "markdown" {
			continue
		}
		lines := strings.Split(cell.Source, "\n")
		start, all := 0, notebook.Headings(cell.Source)
		for i := 0; i <= len(all); i++ {
			end := len(lines)
			if i < len(all) {
				end = all[i].Line
			}
			if under {
				if found[cell.ID] == nil {
					found[cell.ID] = map[string]bool{}
				}
				addItems(found[cell.ID], lines[start:end])
			}
			if i < len(all) {
				start = end + 1
				if all[i].Level <= 2 {
					under = all[i].Title == "Exercises"
				}
			}
		}
	}
	return found
}

// addItems adds the items of a numbered list: "2" for the one with that number,
// "2.3" for its third point, whatever is written before that.
func addItems(to map[string]bool, lines []string) {
	item, point, indent := "", 0, 0
	for _, line := range lines {
		m := itemLine.FindStringSubmatch(line)
		switch {
		case m == nil:
		case m[1] == "":
			item, point, indent = m[2], 0, 0
			if item != "" {
				to[item] = true
			}
		case item != "":
			if point == 0 {
				indent = len(m[1])
			}
			if len(m[1]) == indent { // Deeper ones are points of points.
				point++
				to[item+"."+strconv.Itoa(point)] = true
			}
		}
	}
}

// atoi returns the number that digits make, 0 for none.
func atoi(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}
