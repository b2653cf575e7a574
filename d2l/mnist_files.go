package d2l

import (
	"bytes"
	"fmt"
)

// mnistSide is the height and width of an image of MNIST's family.
const mnistSide = 28

// mnistFiles is one part of a data set of MNIST's family: n images and labels.
type mnistFiles struct {
	n              int
	images, labels dataFile
}

func (m *mnistFiles) load() (images, labels []byte, err error) {
	content, err := m.images.load()
	if err != nil {
		return nil, nil, err
	}
	if images, err = readIDX(bytes.NewReader(content), m.n, mnistSide, mnistSide); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", m.images.name, err)
	}
	if content, err = m.labels.load(); err != nil {
		return nil, nil, err
	}
	if labels, err = readIDX(bytes.NewReader(content), m.n); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", m.labels.name, err)
	}
	return images, labels, nil
}
