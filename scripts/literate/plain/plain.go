// Package plain writes notebooks as plain text, in which people find what has
// changed.
package plain

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/d2l-go/book/scripts/literate/notebook"
	"github.com/d2l-go/book/scripts/literate/picture"
)

// Text returns the cells of a notebook with what they printed. Of pictures only
// kind and size are told.
func Text(n *notebook.Notebook) string {
	var out strings.Builder
	section := func(title, text string) {
		fmt.Fprintf(&out, "──── %s\n", title)
		if text = strings.TrimRight(text, "\n"); text != "" {
			out.WriteString(text + "\n")
		}
	}
	for _, c := range n.Cells {
		section(fmt.Sprintf("%s, %s", c.ID, c.Type), c.Source)
		if metadata := n.MetadataText(c); metadata != "{}" {
			section(c.ID+", metadata", metadata)
		}
		for _, o := range c.Outputs {
			switch {
			case o.Type == "stream":
				section(fmt.Sprintf("%s, printed to %s", c.ID, o.Name), o.Text)
			case o.Type == "error":
				section(c.ID+", error", o.Error())
			default:
				for _, kind := range slices.Sorted(maps.Keys(o.Data)) {
					section(fmt.Sprintf("%s, shown as %s", c.ID, kind), shown(kind, o.Data[kind]))
				}
			}
		}
		out.WriteByte('\n')
	}
	return out.String()
}

func shown(kind, data string) string {
	if !picture.Is(kind) {
		return data
	}
	p, err := picture.Look(kind, data)
	switch {
	case err != nil:
		return fmt.Sprintf("a picture that cannot be read: %v", err)
	case !p.Drawn:
		return p.Size + ", of one colour"
	}
	return p.Size
}
