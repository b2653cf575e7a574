package picture

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// paint is in what colours a shape is drawn; empty where nothing says so.
type paint struct{ fill, stroke string }

func lookSVG(text string) (Picture, error) {
	var p Picture
	var within []xml.Name // the elements around
	paints := []paint{{}} // theirs, the outermost first
	hidden := 0           // how many of them are not drawn where they stand
	for in := xml.NewDecoder(strings.NewReader(text)); ; {
		token, err := in.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return p, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			attr := attributes(token)
			if len(paints) == 1 && p.Size == "" {
				if token.Name.Local != "svg" {
					return p, fmt.Errorf("its first element is <%s>, not <svg>", token.Name.Local)
				}
				p.Size = svgSize(attr)
			}
			within = append(within, token.Name)
			paints = append(paints, paintOf(attr, paints[len(paints)-1]))
			if slices.Contains(kept, token.Name.Local) {
				hidden++
			}
			p.Drawn = p.Drawn || hidden == 0 && draws(token.Name.Local, attr, paints[len(paints)-1])
		case xml.CharData:
			if hidden == 0 && len(strings.TrimSpace(string(token))) > 0 && inText(within) {
				p.Drawn = true
			}
		case xml.EndElement:
			within, paints = within[:len(within)-1], paints[:len(paints)-1]
			if slices.Contains(kept, token.Name.Local) {
				hidden--
			}
		}
	}
	if p.Size == "" {
		return p, errors.New("there is no <svg> in it")
	}
	return p, nil
}

// kept are elements whose content is kept for use elsewhere.
var kept = []string{"defs", "clipPath", "mask", "pattern", "marker", "symbol", "title", "desc", "metadata", "style"}

// draws tells whether an element that holds no text draws something that is seen
// on white paper.
func draws(name string, attr map[string]string, p paint) bool {
	switch name {
	case "image":
		return attr["href"] != "" && attr["width"] != "0" && attr["height"] != "0"
	case "use":
		return attr["href"] != ""
	case "path":
		return drawnPath.MatchString(attr["d"]) && p.seen()
	case "polygon", "polyline":
		return strings.TrimSpace(attr["points"]) != "" && p.seen()
	case "rect":
		return positive(attr["width"]) && positive(attr["height"]) && p.seen()
	case "circle":
		return positive(attr["r"]) && p.seen()
	case "ellipse":
		return positive(attr["rx"]) && positive(attr["ry"]) && p.seen()
	case "line":
		return p.seen()
	}
	return false
}

// drawnPath is a path that does more than to move.
var drawnPath = regexp.MustCompile(`[LlHhVvCcSsQqTtAa]`)

func positive(length string) bool { return strings.ContainsAny(length, "123456789") }

func inText(within []xml.Name) bool {
	return slices.ContainsFunc(within, func(n xml.Name) bool { return n.Local == "text" })
}

// seen tells whether a shape differs from white paper. SVG fills in black what
// has no fill.
func (p paint) seen() bool { return !blank(p.fill) || p.stroke != "" && !blank(p.stroke) }

func blank(colour string) bool {
	return slices.Contains([]string{"none", "transparent", "white", "#fff", "#ffffff"}, strings.ToLower(strings.TrimSpace(colour)))
}

// paintOf returns the paint of an element in one that is painted as outer is.
func paintOf(attr map[string]string, outer paint) paint {
	p := outer
	set := func(property, value string) {
		switch strings.TrimSpace(property) {
		case "fill":
			p.fill = value
		case "stroke":
			p.stroke = value
		}
	}
	set("fill", or(attr["fill"], p.fill))
	set("stroke", or(attr["stroke"], p.stroke))
	for _, declaration := range strings.Split(attr["style"], ";") {
		property, value, _ := strings.Cut(declaration, ":")
		set(property, value)
	}
	return p
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func attributes(e xml.StartElement) map[string]string {
	attr := map[string]string{}
	for _, a := range e.Attr {
		attr[a.Name.Local] = a.Value
	}
	return attr
}

func svgSize(attr map[string]string) string {
	var size []string
	if w, h := attr["width"], attr["height"]; w != "" || h != "" {
		size = append(size, or(w, "?")+" × "+or(h, "?"))
	}
	if box := attr["viewBox"]; box != "" {
		size = append(size, "viewBox "+strings.Join(strings.Fields(box), " "))
	}
	return or(strings.Join(size, ", "), "no size")
}
