package d2l

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
)

// FeatureMaps returns grey pictures of what a convolution or pooling makes of a
// batch: of X, float32 (batch, channel, height, width), the picture [i][c] is
// channel c of example i.
//
// Black is the least and white the greatest value of a channel in the whole batch,
// so that one channel can be compared from example to example, and every channel
// shows what it tells apart; brightness cannot be compared from channel to
// channel. A channel with the same value everywhere is grey. Values that are not
// finite do not count for the range; NaN is black.
//
// It panics on another shape or type; an error means that the values cannot be read from
// the device.
//
// Book: none; show_images takes arrays, and its colours those of matplotlib.
func FeatureMaps(X *tensors.Tensor) ([][]image.Image, error) {
	if X.Rank() != 4 || X.DType() != dtypes.Float32 {
		panic(fmt.Sprintf("d2l: FeatureMaps takes float32 X of shape (batch, channel, height, width), got %v of %v", ShapeOf(X), X.DType()))
	}
	batch, channels, height, width := X.Shape().Dim(0), X.Shape().Dim(1), X.Shape().Dim(2), X.Shape().Dim(3)
	pixels := height * width
	maps := make([][]image.Image, batch)
	err := tensors.ConstFlatData(X, func(values []float32) {
		plane := func(i, c int) []float32 { return values[(i*channels+c)*pixels:][:pixels] }
		for c := range channels {
			var r valueRange
			for i := range batch {
				r.extend(plane(i, c))
			}
			for i := range batch {
				picture := image.NewGray(image.Rect(0, 0, width, height))
				for p, value := range plane(i, c) {
					picture.SetGray(p%width, p/width, r.grey(value))
				}
				maps[i] = append(maps[i], picture)
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("reading the feature maps: %w", err)
	}
	return maps, nil
}

// valueRange is from the least to the greatest of some values.
type valueRange struct {
	some        bool
	least, most float64
}

func (r *valueRange) extend(values []float32) {
	for _, value := range values {
		v := float64(value)
		switch {
		case math.IsNaN(v) || math.IsInf(v, 0):
		case !r.some:
			r.some, r.least, r.most = true, v, v
		default:
			r.least, r.most = math.Min(r.least, v), math.Max(r.most, v)
		}
	}
}

// grey returns where a value is in the range. What differs by no more than
// float32 rounds is one value.
func (r valueRange) grey(value float32) color.Gray {
	v := float64(value)
	const rounding = 1e-6
	switch width := r.most - r.least; {
	case math.IsNaN(v):
		return color.Gray{}
	case width <= rounding*math.Max(math.Abs(r.least), math.Abs(r.most)):
		return color.Gray{0x80}
	default:
		return color.Gray{uint8(math.Min(math.Max((v-r.least)/width, 0), 1)*255 + 0.5)}
	}
}
