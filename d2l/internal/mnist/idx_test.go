package mnist

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
)

// idx is a file of two images of 1 × 3.
const idx = "\x00\x00\x08\x03\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\x03abcdef"

func TestReadIDX(t *testing.T) {
	got := must(readIDX([]byte(idx), 2, 1, 3))(t)
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
			_, err := readIDX([]byte(c.file), 2, 1, 3)
			wantError(t, err, c.want)
		})
	}
}

// idxFile returns the IDX file of bytes with these sizes and values.
func idxFile(shape []int, values []byte) []byte {
	file := []byte{0, 0, 8, byte(len(shape))}
	for _, n := range shape {
		file = binary.BigEndian.AppendUint32(file, uint32(n))
	}
	return append(file, values...)
}

// Whatever the file holds, it is read exactly if it is the file of that shape, and
// refused otherwise.
func FuzzReadIDX(f *testing.F) {
	add := func(file []byte, shape ...uint8) {
		shape = append(shape, 0, 0, 0)
		f.Add(file, shape[0], shape[1], shape[2])
	}
	whole := []byte(idx)
	add(whole, 2, 1, 3)
	add(idxFile([]int{4}, []byte{9, 2, 1, 1}), 4)
	add(idxFile([]int{0}, nil), 0)
	add(idxFile([]int{1, 28, 28}, make([]byte, 784)), 1, 28, 28)
	add(idxFile([]int{4}, []byte{9, 2, 1, 1}), 2, 1, 3) // Labels for images.
	add(whole, 6)
	for _, n := range []int{0, 3, 4, 15, 16, 21} { // Cut off.
		add(whole[:n], 2, 1, 3)
	}
	add(append(bytes.Clone(whole), 'g'), 2, 1, 3)
	add(bytes.Repeat(whole, 2), 2, 1, 3)
	for i := range 16 { // A flipped bit of each byte of the header.
		flipped := bytes.Clone(whole)
		flipped[i] ^= 1 << (i % 8)
		add(flipped, 2, 1, 3)
	}
	add(append(bytes.Clone(whole[:4]), bytes.Repeat([]byte{0xff}, 12)...), 255, 255, 255)
	add(zipped(whole), 2, 1, 3)
	f.Fuzz(func(t *testing.T, file []byte, a, b, c uint8) {
		shape := []int{int(a)}
		if b != 0 || c != 0 {
			shape = []int{int(a), int(b), int(c)}
		}
		got, err := readIDX(file, shape...)
		size := 1
		for _, n := range shape {
			size *= n
		}
		header := idxFile(shape, nil)
		good := bytes.HasPrefix(file, header) && len(file) == len(header)+size
		if good != (err == nil) {
			t.Fatalf("as %v: error %v", shape, err)
		}
		if !good && got != nil {
			t.Fatalf("%d values and the error %v", len(got), err)
		}
		if good && !bytes.Equal(got, file[len(header):]) {
			t.Fatalf("read % x", got)
		}
	})
}
