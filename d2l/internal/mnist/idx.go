package mnist

import (
	"encoding/binary"
	"fmt"
)

// readIDX reads the IDX format of MNIST: two zero bytes, a type byte (8 for unsigned bytes, the only type supported),
// the number of axes, the size of each as a big-endian uint32, and then the values, which are returned in place. It
// refuses files whose sizes are not exactly shape, and files with anything after the values.
func readIDX(file []byte, shape ...int) ([]byte, error) {
	start := 4 + 4*len(shape)
	if len(file) < start {
		return nil, fmt.Errorf("the header is cut off after %d of %d bytes", len(file), start)
	}
	header, values := file[:start], file[start:]
	if header[0] != 0 || header[1] != 0 || header[2] != 8 || int(header[3]) != len(shape) {
		return nil, fmt.Errorf("not an IDX file of bytes with %d axes: it starts with % x", len(shape), header[:4])
	}
	size := 1
	for i, want := range shape {
		if got := binary.BigEndian.Uint32(header[4+4*i:]); uint64(got) != uint64(want) {
			return nil, fmt.Errorf("axis %d has size %d, expected %d", i, got, want)
		}
		size *= want
	}
	switch {
	case len(values) < size:
		return nil, fmt.Errorf("cut off after %d of %d values", len(values), size)
	case len(values) > size:
		return nil, fmt.Errorf("the file goes on after its %d values", size)
	}
	return values, nil
}
