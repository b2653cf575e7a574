package page_test

import (
	"bytes"
	"encoding/binary"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/page"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"gonum.org/v1/plot/vg"
)

// fontWith returns a collection of one font, which has H for each of the characters, in their order. Its
// tables begin shift bytes after multiples of four.
func fontWith(t testing.TB, shift int, characters ...rune) []byte {
	font := d2ltest.Must(sfnt.Parse(goregular.TTF))(t)
	glyph := d2ltest.Must(font.GlyphIndex(nil, 'H'))(t)
	big := binary.BigEndian
	cmap := []byte{0, 0, 0, 1, 0, 3, 0, 10, 0, 0, 0, 12, 0, 12, 0, 0} // One table, of format 12.
	cmap = big.AppendUint32(cmap, uint32(16+12*len(characters)))
	cmap = append(cmap, 0, 0, 0, 0)
	cmap = big.AppendUint32(cmap, uint32(len(characters)))
	for _, r := range characters {
		cmap = big.AppendUint32(big.AppendUint32(big.AppendUint32(cmap, uint32(r)), uint32(r)), uint32(glyph))
	}
	count := int(big.Uint16(goregular.TTF[4:]))
	file := append([]byte("ttcf\x00\x01\x00\x00\x00\x00\x00\x01\x00\x00\x00\x10"), goregular.TTF[:12+16*count]...)
	for i := range count {
		entry := file[28+16*i:][:16]
		table := goregular.TTF[big.Uint32(entry[8:]):][:big.Uint32(entry[12:])]
		if string(entry[:4]) == "cmap" {
			table = cmap
		}
		big.PutUint32(entry[8:], uint32(len(file)))
		big.PutUint32(entry[12:], uint32(len(table)))
		file = append(append(file, table...), make([]byte, (shift-len(table))&3)...)
	}
	return file
}

func line(text string) page.Drawing {
	return page.Drawing{Width: 100, Height: 20, Paint: func(p page.Pen) {
		p.Write(vg.Point{X: 95, Y: 15}, page.Right, text)
	}}
}

// Characters that the pictures' own font lacks are drawn in a font of the system.
func TestFontOfTheSystem(t *testing.T) {
	t.Run("aligned", func(t *testing.T) { testFontOfTheSystem(t, 0) })
	t.Run("as in WenQuanYi's", func(t *testing.T) { testFontOfTheSystem(t, 1) })
}

func testFontOfTheSystem(t *testing.T, shift int) {
	dir := t.TempDir()
	d2ltest.Put(t, filepath.Join(dir, "fonts", "Bold.ttf"), fontWith(t, 0, '深')[:4000]) // Damaged.
	d2ltest.Put(t, filepath.Join(dir, "fonts", "Sans.ttc"), fontWith(t, shift, 'न', '学', '深'))
	page.UseFonts(t, filepath.Join(dir, "missing"), dir)
	var picture, inOwn []byte
	d2ltest.Quietly(t, func() {
		picture = d2ltest.Must(line("a 深न\u200d").PNG())(t)
		inOwn = d2ltest.Must(line("a ").PNG())(t)
	})
	width := page.TextWidth("a 深न\u200d") - page.TextWidth("a ")
	if h := page.TextWidth("深"); h <= 0 || h >= page.Text.Font.Size || width-2*h > 1e-9 || width-2*h < -1e-9 {
		t.Errorf("深 is %v wide, and with न %v: expected H of the font twice", h, width)
	}
	if stems := columns(t, picture, 0.9); stems != 4 {
		t.Errorf("%d stems, expected two of each H", stems)
	}
	if stems := columns(t, inOwn, 0.9); stems != 0 {
		t.Errorf("%d stems without any H", stems)
	}
	svg := d2ltest.Must(line("a 深न").SVG())(t)
	d2ltest.WantParts(t, string(svg), ">a 深न<", "Liberation Sans")
}

// columns counts the groups of columns in which a picture is dark over a part of the height of capitals.
func columns(t testing.TB, file []byte, part float64) (groups int) {
	picture := d2ltest.Must(png.Decode(bytes.NewReader(file)))(t)
	inside := false
	for x := range picture.Bounds().Dx() {
		dark := 0
		for y := range picture.Bounds().Dy() {
			if r, _, _, _ := picture.At(x, y).RGBA(); r < 0x9000 {
				dark++
			}
		}
		is := float64(dark) >= part*float64(page.CapHeight/vg.Inch)*2*page.DPI
		if is && !inside {
			groups++
		}
		inside = is
	}
	return groups
}

// Without such a font each is a box, and a line on standard error says so once.
func TestNoFontForCharacters(t *testing.T) {
	page.UseFonts(t, t.TempDir())
	var picture []byte
	said := d2ltest.Captured(t, &os.Stderr, func() {
		for range 2 {
			picture = d2ltest.Must(line("a 深度\ufe0f न").PNG())(t)
		}
	})
	const want = "d2l: no font here that Go can read has these characters, so each is a box in the PNG of a figure: " +
		"[न 度 深]; install one that has (on Debian: apt install fonts-noto-cjk)\n"
	if said != want {
		t.Errorf("it says %q, expected %q", said, want)
	}
	if sides := columns(t, picture, 0.9); sides != 6 {
		t.Errorf("%d upright lines, expected two of each box", sides)
	}
	said = d2ltest.Captured(t, &os.Stderr, func() { d2ltest.Must(line("नि").PNG())(t) })
	d2ltest.WantParts(t, said, "[न ि]", "fonts-noto-core")
	said = d2ltest.Captured(t, &os.Stderr, func() { d2ltest.Must(line("naïve α ≤ 5×5 é").PNG())(t) })
	if said != "" {
		t.Errorf("of what is in the font it says %q", said)
	}
}

func TestFontDirs(t *testing.T) {
	t.Setenv("HOME", "/h")
	t.Setenv("XDG_DATA_HOME", "")
	t.Setenv("XDG_DATA_DIRS", "/a:/b")
	want := []string{"/h/.fonts", "/h/.local/share/fonts", "/a/fonts", "/b/fonts"}
	if got := page.FontDirs(); !slices.Equal(got, want) {
		t.Errorf("fonts are looked for in %v, expected %v", got, want)
	}
}
