package d2l

import (
	"bytes"
	"slices"
	"testing"
)

// idx is a file of two images of 1 × 3.
const idx = "\x00\x00\x08\x03\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\x03abcdef"

func TestReadIDX(t *testing.T) {
	got := must(readIDX(bytes.NewReader([]byte(idx)), 2, 1, 3))(t)
	if !slices.Equal(got, []byte("abcdef")) {
		t.Errorf("read %q", got)
	}
}

func TestReadIDXErrors(t *testing.T) {
	// with returns the file with one byte changed.
	with := func(i int, b byte) string { return idx[:i] + string([]byte{b}) + idx[i+1:] }
	for _, c := range []struct{ name, file, want string }{
		{"empty", "", "header is cut off"},
		{"part of a header", idx[:10], "header is cut off"},
		{"first byte", with(0, 1), "not an IDX file"},
		{"second byte", with(1, 1), "not an IDX file"},
		{"floats", with(2, 13), "not an IDX file"},
		{"another number of axes", with(3, 1), "not an IDX file of bytes with 3 axes: it starts with 00 00 08 01"},
		{"more examples", with(7, 3), "axis 0 has size 3, expected 2"},
		{"a huge number of examples", with(4, 0xff), "axis 0 has size 4278190082, expected 2"},
		{"another height", with(11, 2), "axis 1 has size 2, expected 1"},
		{"another width", with(15, 0), "axis 2 has size 0, expected 3"},
		{"no values", idx[:16], "cut off after 0 of 6 values"},
		{"values missing", idx[:20], "cut off after 4 of 6 values"},
		{"values over", idx + "g", "goes on after its 6 values"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readIDX(bytes.NewReader([]byte(c.file)), 2, 1, 3)
			wantError(t, err, c.want)
		})
	}
}
