// Package netfig draws nets: as a flow of data from feature maps to vectors, and as a column of
// boxes in the book's compressed notation.
package netfig

import (
	"fmt"
	"image/color"
	"strings"
)

// A Stage is one place in the picture of a net: the input, or the output of a layer.
type Stage struct {
	Name     string // Of the layer in the net, or image or input.
	Shape    []int  // Of one example, without the batch.
	Notation string // What the layer does, such as 5×5 Conv (6), pad 2.
	Look
}

// A Look is how a layer is drawn.
type Look struct {
	Fill                    color.Color
	Window, Stride, Padding [2]int // Height and width, of a layer that moves a window over its input.
	Dense                   bool   // Every output depends on every input.
	Box                     bool   // An arrow leads through a box with the notation.
}

// Looks of the book's layers, and Box for any other.
var (
	GlobalPool = Look{Fill: color.RGBA{0xd8, 0xec, 0xd6, 0xff}}
	Dense      = Look{Fill: color.RGBA{0xfb, 0xe1, 0xc4, 0xff}, Dense: true}
	Flatten    = Look{Fill: color.White}
	Box        = Look{Fill: color.RGBA{0xe6, 0xde, 0xf0, 0xff}, Box: true}
	input      = Look{Fill: color.RGBA{0xf2, 0xf2, 0xf2, 0xff}}
)

// Conv is the look of a convolution.
func Conv(window, stride, padding [2]int) Look {
	return Look{Fill: color.RGBA{0xd3, 0xe4, 0xf3, 0xff}, Window: window, Stride: stride, Padding: padding}
}

// Pool is the look of a pooling.
func Pool(window, stride, padding [2]int) Look {
	return Look{Fill: GlobalPool.Fill, Window: window, Stride: stride, Padding: padding}
}

// Input returns the stage of a net's input, one example of the given shape.
func Input(shape []int) Stage {
	s := Stage{Name: "input", Shape: shape, Look: input}
	if len(shape) == 3 {
		s.Name = "image"
	}
	s.Notation = fmt.Sprintf("%s%s (%s)", strings.ToUpper(s.Name[:1]), s.Name[1:], s.size())
	return s
}

// isInput reports whether the stage is an input: nothing leads to it.
func (s Stage) isInput() bool { return s.Look == input }

// maps returns the stage as count feature maps of rows × cols. A vector of n numbers is 0 maps of n × 1.
func (s Stage) maps() (count, rows, cols int) {
	count, rows, cols = 1, 1, 1
	for _, size := range s.Shape[:max(len(s.Shape)-2, 0)] {
		count *= size
	}
	if rank := len(s.Shape); rank >= 2 {
		return count, s.Shape[rank-2], s.Shape[rank-1]
	}
	for _, size := range s.Shape {
		rows *= size
	}
	return 0, rows, cols
}

// size returns the shape in the book's notation: 6@28×28 for six feature maps, 28×28 for a single
// one, 120 for a vector.
func (s Stage) size() string {
	switch count, rows, cols := s.maps(); count {
	case 0:
		return fmt.Sprint(rows)
	case 1:
		return fmt.Sprintf("%d×%d", rows, cols)
	default:
		return fmt.Sprintf("%d@%d×%d", count, rows, cols)
	}
}
