package page

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// fonts finds, among the fonts of a system, those for the characters that the pictures' own font lacks.
type fonts struct {
	dirs    []string
	mutex   sync.Mutex
	loaded  []*opentype.Font
	missing map[rune]bool // Those that no font has.
}

var system = newFonts(fontDirs())

func newFonts(dirs []string) *fonts { return &fonts{dirs: dirs, missing: map[rune]bool{}} }

// fontDirs returns where the XDG specification and fontconfig have fonts.
func fontDirs() []string {
	home, _ := os.UserHomeDir()
	variable := func(name, otherwise string) []string {
		if value := os.Getenv(name); value != "" {
			otherwise = value
		}
		return filepath.SplitList(otherwise)
	}
	data := variable("XDG_DATA_HOME", filepath.Join(home, ".local/share"))
	dirs := []string{filepath.Join(home, ".fonts")}
	for _, dir := range append(data, variable("XDG_DATA_DIRS", "/usr/local/share:/usr/share")...) {
		dirs = append(dirs, filepath.Join(dir, "fonts"))
	}
	return dirs
}

// with returns a font that has the character r of a text, nil if there is none.
func (f *fonts) with(r rune, text string) *opentype.Font {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if font := f.loadedWith(r); font != nil || f.missing[r] {
		return font
	}
	f.load(text)
	return f.loadedWith(r)
}

func (f *fonts) loadedWith(r rune) *opentype.Font {
	for _, font := range f.loaded {
		if draws(font, r) {
			return font
		}
	}
	return nil
}

// load opens fonts until all characters of the text that can be drawn are, in one walk over the folders.
func (f *fonts) load(text string) {
	wanted := map[rune]bool{}
	for _, r := range text {
		wanted[r] = !ignorable(r) && !has(ownFont, r) && f.loadedWith(r) == nil
	}
	for _, path := range f.files() {
		file, err := os.Open(path)
		if err != nil {
			continue // It is not for us.
		}
		font := open(file)
		useful := false
		for r, want := range wanted {
			if want && font != nil && draws(font, r) {
				useful, wanted[r] = true, false
			}
		}
		if !useful {
			file.Close()
			continue
		}
		f.loaded = append(f.loaded, font) // It reads the file as long as the program runs.
	}
	for r, want := range wanted {
		if want {
			f.missing[r] = true
		}
	}
}

// files returns the files of fonts, upright sans-serif ones of normal weight first.
func (f *fonts) files() (files []string) {
	for _, dir := range f.dirs {
		// Folders that are missing or closed hold no fonts for us.
		filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			kind := strings.ToLower(filepath.Ext(path))
			if err == nil && slices.Contains([]string{".ttf", ".otf", ".ttc", ".otc"}, kind) {
				files = append(files, path)
			}
			return nil
		})
	}
	strangeness := func(path string) (n int) {
		name := strings.ToLower(filepath.Base(path))
		for _, part := range strings.Fields("bold italic oblique light thin black medium cond mono serif") {
			if strings.Contains(name, part) {
				n++
			}
		}
		return n
	}
	slices.SortStableFunc(files, func(a, b string) int { return strangeness(a) - strangeness(b) })
	return files
}

// open returns the font of a file, nil if x/image cannot read it. Of a collection it is the one with the shapes of
// simplified Chinese, or the first.
func open(file *os.File) (found *opentype.Font) {
	collection, err := sfnt.ParseCollectionReaderAt(file)
	if err != nil {
		return nil
	}
	for i := range collection.NumFonts() {
		font, err := collection.Font(i)
		if err != nil {
			if font, err = realigned(file, i); err != nil {
				continue
			}
		}
		if name, err := font.Name(nil, sfnt.NameIDFamily); err == nil && strings.HasSuffix(name, " SC") {
			return font
		}
		if found == nil {
			found = font
		}
	}
	return found
}

// realigned returns font i of a file whose tables do not begin at multiples of four, which x/image v0.43.0 wants:
// WenQuanYi's, which many systems have for Chinese.
func realigned(file *os.File, i int) (*opentype.Font, error) {
	content, err := os.ReadFile(file.Name())
	if err != nil {
		return nil, err
	}
	part := func(offset, length int) []byte { // Empty beyond the end.
		offset = min(offset, len(content))
		return content[offset:min(offset+length, len(content))]
	}
	number := func(b []byte) int { return int(binary.BigEndian.Uint32(append(slices.Clone(b), 0, 0, 0, 0))) }
	start := 0
	if string(part(0, 4)) == "ttcf" {
		start = number(part(12+4*i, 4))
	}
	tables := number(part(start+4, 4)) >> 16
	font := slices.Clone(part(start, 12+16*tables))
	if tables > 64 || len(font) < 12+16*tables {
		return nil, errors.New("the font is damaged")
	}
	for t := range tables {
		table := part(number(font[12+16*t+8:][:4]), number(font[12+16*t+12:][:4]))
		binary.BigEndian.PutUint32(font[12+16*t+8:], uint32(len(font)))
		binary.BigEndian.PutUint32(font[12+16*t+12:], uint32(len(table)))
		font = append(append(font, table...), make([]byte, -len(table)&3)...)
	}
	return sfnt.Parse(font)
}

func has(font *opentype.Font, r rune) bool {
	glyph, err := font.GlyphIndex(nil, r)
	return err == nil && glyph != 0
}

// draws returns whether the font has an outline of r; some have pictures in colours instead.
func draws(font *opentype.Font, r rune) bool {
	var buffer sfnt.Buffer
	glyph, err := font.GlyphIndex(&buffer, r)
	if err != nil || glyph == 0 {
		return false
	}
	if _, err := font.GlyphAdvance(&buffer, glyph, fixed.I(8), 0); err != nil {
		return false
	}
	_, err = font.LoadGlyph(&buffer, glyph, fixed.I(8), nil)
	return err == nil
}

// ignorable returns whether nothing is drawn for r: it is a control character, or chooses between shapes of others.
func ignorable(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Variation_Selector)
}

// wide returns whether r is as wide as high in most fonts.
func wide(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) || r >= 0x1f000 ||
		r >= 0x3000 && r < 0x3040 || r >= 0xff00 && r < 0xff61
}
