package d2l

import (
	"bytes"
	"encoding/binary"
	"testing"
)

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
		got, err := readIDX(bytes.NewReader(file), shape...)
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
