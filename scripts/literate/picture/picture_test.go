package picture

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"strings"
	"testing"
)

func svg(inside string) string {
	return `<?xml version="1.0"?><svg width="40pt" height="30pt" viewBox="0  0 40 30" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">` + inside + `</svg>`
}

// encoded returns a picture of 4 × 3 pixels as a notebook keeps it, white but for
// one pixel if it is drawn.
func encoded(t *testing.T, drawn bool, write func(*bytes.Buffer, image.Image) error) string {
	t.Helper()
	img := image.NewPaletted(image.Rect(0, 0, 4, 3), color.Palette{color.White, color.Black})
	if drawn {
		img.SetColorIndex(3, 2, 1)
	}
	var b bytes.Buffer
	if err := write(&b, img); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()) + "\n"
}

func asPNG(b *bytes.Buffer, img image.Image) error { return png.Encode(b, img) }
func asGIF(b *bytes.Buffer, img image.Image) error { return gif.Encode(b, img, nil) }

func TestLook(t *testing.T) {
	const svgSize = "40pt × 30pt, viewBox 0 0 40 30"
	for name, c := range map[string]struct {
		kind, text string
		want       Picture
	}{
		"PNG":                       {"image/png", encoded(t, true, asPNG), Picture{"4 × 3 pixels", true}},
		"PNG of one colour":         {"image/png", encoded(t, false, asPNG), Picture{"4 × 3 pixels", false}},
		"GIF":                       {"image/gif", encoded(t, true, asGIF), Picture{"4 × 3 pixels", true}},
		"SVG with a line":           {"image/svg+xml", svg(`<g><path d="M0,0L1,1" style="fill:none;stroke:#404040"/></g>`), Picture{svgSize, true}},
		"SVG with text":             {"image/svg+xml", svg(`<text style="fill:#fff"><tspan>a</tspan></text>`), Picture{svgSize, true}},
		"SVG with an image":         {"image/svg+xml", svg(`<image width="3" height="2" xlink:href="data:image/png;base64,AA=="/>`), Picture{svgSize, true}},
		"SVG of black":              {"image/svg+xml", svg(`<rect width="3" height="2"/>`), Picture{svgSize, true}},
		"colour from outside":       {"image/svg+xml", svg(`<g fill="#123456"><circle r="2"/></g>`), Picture{svgSize, true}},
		"SVG without anything":      {"image/svg+xml", svg(``), Picture{svgSize, false}},
		"SVG of white paper":        {"image/svg+xml", svg(`<path d="M0,0L9,0L9,9Z" style="fill:#FFFFFF" />`), Picture{svgSize, false}},
		"white from outside":        {"image/svg+xml", svg(`<g fill="white"><circle r="2"/></g>`), Picture{svgSize, false}},
		"SVG that only moves":       {"image/svg+xml", svg(`<path d="M0,0" stroke="red"/>`), Picture{svgSize, false}},
		"SVG of definitions":        {"image/svg+xml", svg(`<defs><rect width="3" height="2"/></defs><title>a</title>`), Picture{svgSize, false}},
		"SVG with blank text":       {"image/svg+xml", svg(`<text> </text>`), Picture{svgSize, false}},
		"SVG of no width":           {"image/svg+xml", svg(`<rect width="0" height="2"/>`), Picture{svgSize, false}},
		"SVG with a viewBox alone":  {"image/svg+xml", `<svg viewBox="0 0 4 3"><line x2="1" stroke="red"/></svg>`, Picture{"viewBox 0 0 4 3", true}},
		"SVG that does not say how": {"image/svg+xml", `<svg><line x2="1" stroke="red"/></svg>`, Picture{"no size", true}},
	} {
		if got, err := Look(c.kind, c.text); err != nil || got != c.want {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, c.want)
		}
	}
}

func TestLookErrors(t *testing.T) {
	for _, c := range []struct{ kind, text, want string }{
		{"image/png", "", "unknown format"},
		{"image/png", "!", "illegal base64"},
		{"image/png", encoded(t, true, asPNG)[:40], "illegal base64|unexpected EOF"},
		{"image/png", encoded(t, true, asGIF), "it is of kind image/gif"},
		{"image/svg+xml", "", "no <svg>"},
		{"image/svg+xml", "<svg>", "unexpected EOF"},
		{"image/svg+xml", "<svg><g></svg>", "closed by"},
		{"image/svg+xml", "<html></html>", "its first element is <html>"},
	} {
		_, err := Look(c.kind, c.text)
		if err == nil {
			t.Errorf("%s %q: no error", c.kind, c.text)
			continue
		}
		found := false
		for _, want := range strings.Split(c.want, "|") {
			found = found || strings.Contains(err.Error(), want)
		}
		if !found {
			t.Errorf("%s %q: %v, want %q", c.kind, c.text, err, c.want)
		}
	}
}
