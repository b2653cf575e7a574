package d2l

import (
	"fmt"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

// A window is what a convolution or a pooling moves over images. Each pair is (height, width).
type window struct{ size, strides, padding [2]int }

// newWindow returns the window of a layer's settings, each of which is one number or a pair. Strides that are 0 are
// those given, or else the window's size.
func newWindow(size, strides, padding int, sizeHW, stridesHW, paddingHW [2]int, defaultStride int) window {
	w := window{heightWidth(size, sizeHW), heightWidth(strides, stridesHW), heightWidth(padding, paddingHW)}
	for axis, stride := range w.strides {
		switch {
		case stride != 0:
		case defaultStride != 0:
			w.strides[axis] = defaultStride
		default:
			w.strides[axis] = w.size[axis]
		}
	}
	return w
}

// heightWidth returns a setting as a pair. If it is given twice, no window is valid: see requireOnce.
func heightWidth(one int, both [2]int) [2]int {
	switch {
	case both == [2]int{}:
		return [2]int{one, one}
	case one != 0:
		return [2]int{-1, -1}
	}
	return both
}

// oneOrPair is how a pair is set: as one number where that says the same, and then without a pair.
func oneOrPair(both [2]int) (int, [2]int) {
	if both[0] == both[1] {
		return both[0], [2]int{}
	}
	return 0, both
}

// isSquare reports whether height and width are treated alike.
func (w window) isSquare() bool {
	return w.size[0] == w.size[1] && w.strides[0] == w.strides[1] && w.padding[0] == w.padding[1]
}

// valid reports whether the numbers make a window.
func (w window) valid() bool {
	return min(w.size[0], w.size[1], w.strides[0], w.strides[1]) > 0 && min(w.padding[0], w.padding[1]) >= 0
}

// paddings returns the padding before and after each axis.
func (w window) paddings() [][2]int {
	return [][2]int{{w.padding[0], w.padding[0]}, {w.padding[1], w.padding[1]}}
}

// times writes a pair in the book's notation: 5×3, or 5×5.
func times(both [2]int) string { return fmt.Sprintf("%d×%d", both[0], both[1]) }

// short writes a pair as one number if they are equal.
func short(both [2]int) string {
	if both[0] == both[1] {
		return fmt.Sprint(both[0])
	}
	return times(both)
}

func (w window) padNotation() string {
	if w.padding == [2]int{} {
		return ""
	}
	return ", pad " + short(w.padding)
}

// requireOnce panics if a setting is given as one number and as a pair.
func requireOnce(layer, name string, one int, both [2]int) {
	if one != 0 && both != [2]int{} {
		const message = "d2l: %s has both %s, %d, and %sHW, %v: give one of them"
		panic(fmt.Sprintf(message, layer, name, one, strings.TrimSuffix(name, "Size"), both))
	}
}

// require panics if a layer's window is larger than its input, images x, with the padding.
func (w window) require(layer string, x *graph.Node) {
	height, width := x.Shape().Dim(2), x.Shape().Dim(3)
	if w.size[0] > height+2*w.padding[0] || w.size[1] > width+2*w.padding[1] {
		padding := fmt.Sprint(w.padding[0])
		if w.padding[0] != w.padding[1] {
			padding = Shape(w.padding[:]).String()
		}
		const message = "d2l: the window of %s, %v, is larger than its images, %v (height, width) with a padding of %s"
		panic(fmt.Sprintf(message, layer, Shape(w.size[:]), Shape{height, width}, padding))
	}
}

// differentiable returns the same convolution, as a kernel and its padding, in a form
// whose gradient GoMLX v0.28.8 gets right: with respect to x it is wrong for windows of
// even size, and missing for a padding as wide as the window. Such a kernel is padded
// with zeros.
func differentiable(kernel *graph.Node, padding [2]int) (*graph.Node, [][2]int) {
	zeros, paddings, padded := make([]compute.PadAxis, 4), make([][2]int, 2), false
	for axis, p := range padding {
		size := kernel.Shape().Dim(axis)
		before := max(p-(size-1), 0)
		after := before + 1 - size%2
		zeros[axis] = compute.PadAxis{Start: before, End: after}
		paddings[axis] = [2]int{p + before, p + after}
		padded = padded || after > 0
	}
	if padded {
		kernel = graph.Pad(kernel, graph.ScalarZero(kernel.Graph(), kernel.DType()), zeros...)
	}
	return kernel, paddings
}
