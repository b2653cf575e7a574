package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/lenet"
	"github.com/gomlx/gomlx/core/tensors"
)

const parametersFile = "weights.params"

// makeParameters makes a file of parameters of weights.f32, which has those of
// LeNet one after the other in PyTorch's layout: weights are
// (out, in, height, width) or (out, in), and biases follow them.
func makeParameters(start string) error {
	content, err := os.ReadFile(filepath.Join(start, "weights.f32"))
	if err != nil {
		return err
	}
	flat := make([]float32, len(content)/4)
	if _, err := binary.Decode(content, binary.LittleEndian, flat); err != nil {
		return err
	}
	net := lenet.New()
	if err := net.Initialize(d2l.CPU(0), d2l.Xavier); err != nil {
		return err
	}
	if _, err := net.Forward(tensors.FromFlatDataAndDimensions(make([]float32, 784), 1, 1, 28, 28)); err != nil {
		return err
	}
	parameters := net.Parameters()
	for _, layer := range []string{"conv0", "conv1", "dense0", "dense1", "dense2"} {
		for _, kind := range []string{"weights", "biases"} {
			for _, p := range parameters {
				if !strings.Contains(p.Path(), "/"+layer+"/") || p.Name() != kind {
					continue
				}
				shape := p.Shape().Dimensions
				values := flat[:p.Shape().Size()]
				flat = flat[len(values):]
				if len(shape) > 1 {
					values = reordered(values, shape)
				}
				if err := p.SetValue(tensors.FromFlatDataAndDimensions(values, shape...)); err != nil {
					return err
				}
			}
		}
	}
	if len(flat) != 0 {
		return fmt.Errorf("weights.f32 has %d numbers more than LeNet", len(flat))
	}
	return net.SaveParameters(filepath.Join(start, parametersFile))
}

// reordered brings values from the order (out, in, window…) to shape
// (window…, in, out).
func reordered(values []float32, shape []int) []float32 {
	out, in := shape[len(shape)-1], shape[len(shape)-2]
	window := len(values) / out / in
	result := make([]float32, len(values))
	for w := range window {
		for i := range in {
			for o := range out {
				result[(w*in+i)*out+o] = values[(o*in+i)*window+w]
			}
		}
	}
	return result
}
