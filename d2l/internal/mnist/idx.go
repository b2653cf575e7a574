package mnist

import (
	"encoding/binary"
	"fmt"
	"io"
)

// readIDX reads the IDX format of MNIST: two zero bytes, a type byte (8 for unsigned bytes, the only type supported),
// the number of axes, the size of each as a big-endian uint32, and then the values. It refuses files whose sizes are
// not exactly shape, before it allocates memory for them, and files with anything after the values.
func readIDX(r io.Reader, shape ...int) ([]byte, error) {
	header := make([]byte, 4+4*len(shape))
	if _, err := io.ReadFull(r, header); err != nil {
		return nil, fmt.Errorf("the header is cut off: %w", err)
	}
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
	values := make([]byte, size)
	if n, err := io.ReadFull(r, values); err != nil {
		return nil, fmt.Errorf("cut off after %d of %d values: %w", n, size, err)
	}
	if n, err := io.ReadFull(r, make([]byte, 1)); n != 0 || err != io.EOF {
		return nil, fmt.Errorf("the file goes on after its %d values", size)
	}
	return values, nil
}
