package d2l

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
)

func TestLayerMisuse(t *testing.T) {
	images, vectors := waves(1, 1, 2, 1, 6, 6), waves(1, 1, 2, 6)
	for _, c := range []struct {
		layer Layer
		X     *tensors.Tensor
		want  string
	}{
		{Conv2D{Channels: 3, KernelSize: 3}, vectors, "takes images of shape (batch, channel, height, width), got (2, 6)"},
		{Conv2D{KernelSize: 3}, images, "Conv2D needs positive Channels and KernelSize"},
		{Conv2D{Channels: 3}, images, "Conv2D needs positive Channels and KernelSize"},
		{Conv2D{Channels: 3, KernelSize: 3, Strides: -1}, images, "no negative Strides"},
		{Conv2D{Channels: 3, KernelSize: 3, Padding: -1}, images, "no negative Strides or Padding"},
		{Conv2D{Channels: 3, KernelSize: 3}, vectors, "Conv2D takes images"},
		{AvgPool2D{PoolSize: 2}, vectors, "AvgPool2D takes images"},
		{AvgPool2D{}, images, "AvgPool2D needs a positive PoolSize"},
		{MaxPool2D{PoolSize: 2}, vectors, "MaxPool2D takes images"},
		{MaxPool2D{PoolSize: 2, Padding: -1}, images, "MaxPool2D needs"},
		{Conv2D{Channels: 3, KernelSize: 3, KernelHW: [2]int{1, 2}}, images,
			"Conv2D has both KernelSize, 3, and KernelHW, [1 2]: give one of them"},
		{Conv2D{Channels: 3, KernelHW: [2]int{0, 2}}, images, "Conv2D needs positive Channels and KernelSize"},
		{Conv2D{Channels: 3, KernelHW: [2]int{7, 9}}, images,
			"the window of Conv2D, (7, 9), is larger than its images, (6, 6) (height, width) with a padding of 0"},
		{Conv2D{Channels: 3, KernelHW: [2]int{9, 1}, PaddingHW: [2]int{1, 0}}, images, "with a padding of (1, 0)"},
		{Conv2DTranspose{Channels: 3, KernelSize: 2, Strides: 1, StridesHW: [2]int{1, 2}}, images,
			"Conv2DTranspose has both Strides, 1, and StridesHW, [1 2]: give one of them"},
		{Conv2DTranspose{Channels: 3}, images, "Conv2DTranspose needs positive Channels and KernelSize"},
		{Conv2DTranspose{Channels: 3, KernelSize: 1, Padding: 3}, images, "leaves nothing of images (6, 6)"},
		{AvgPool2D{PoolSize: 2, PoolHW: [2]int{2, 3}}, images, "AvgPool2D has both PoolSize, 2, and PoolHW, [2 3]"},
		{MaxPool2D{PoolSize: 2, Padding: 1, PaddingHW: [2]int{0, 1}}, images, "MaxPool2D has both Padding, 1, and PaddingHW"},
		// As in PyTorch.
		{AvgPool2D{PoolSize: 3, Padding: 2}, images,
			"AvgPool2D has a padding of 2, which is more than half of its window, 3×3: reduce the padding"},
		{MaxPool2D{PoolHW: [2]int{4, 1}, PaddingHW: [2]int{2, 1}}, images,
			"MaxPool2D has a padding of 2×1, which is more than half of its window, 4×1: reduce the padding"},
		{LayerNorm{}, waves(1, 1, 2), "LayerNorm takes a batch of floating-point numbers"},
		{Branches{}, images, "Branches needs at least one layer"},
		{Branches{ReLU, MaxPool2D{PoolSize: 2}}, images, "the branches relu0 and pool0 give (2, 1, 6, 6) and " +
			"(2, 1, 3, 3), which cannot be concatenated: all but axis 1 must agree"},
		{Branches{ReLU, Dense{}}, vectors, "layer dense0, which gets (2, 6): d2l: Dense needs positive Units"},
		{Residual{Body: Conv2D{Channels: 1, KernelSize: 3}}, images, "Residual cannot add (2, 1, 6, 6) to the output of " +
			"its Body, (2, 1, 4, 4): give a Shortcut"},
		{GlobalAvgPool2D{}, vectors, "GlobalAvgPool2D takes images"},
		{GlobalMaxPool2D{}, vectors, "GlobalMaxPool2D takes images"},
		{BatchNorm{}, waves(1, 1, 2, 3, 4), "(batch, channel, height, width) or (batch, features), got (2, 3, 4)"},
		{BatchNorm{}, waves(1, 1, 2), "BatchNorm takes a batch"},
		{Dropout{1}, vectors, "Dropout needs a Rate of at least 0 and less than 1, got 1"},
		{Dropout{-0.1}, vectors, "Dropout needs a Rate"},
		{Dropout{math.NaN()}, vectors, "Dropout needs a Rate"},
		{Dense{}, vectors, "Dense needs positive Units"},
		{Dense{Units: 4}, waves(1, 1, 2, 0), "a layer with weights gets no features"},
		{Dense{Units: 4, LastAxis: true}, waves(1, 1, 2, 3, 0), "a layer with weights gets no features"},
		{GRU{HiddenSize: 4}, waves(1, 1, 2, 3, 0), "GRU takes sequences of shape (batch, steps, features)"},
		{LSTM{HiddenSize: 4, Dropout: 1}, waves(1, 1, 2, 3, 4), "LSTM needs a Dropout from 0 to below 1, got 1"},
	} {
		t.Run(fmt.Sprintf("%T", c.layer), func(t *testing.T) {
			net := NewNet(c.layer)
			noError(t, net.Initialize(testDevice(), Xavier))
			_, err := net.Forward(c.X)
			wantError(t, err, c.want, ShapeOf(c.X).String())
		})
	}
}

// A window larger than the image is an error of the first batch, with the sizes as height and width.
func TestLayerTooSmallImage(t *testing.T) {
	for name, layer := range map[string]Layer{
		"Conv2D":    Conv2D{Channels: 3, KernelSize: 7},
		"AvgPool2D": AvgPool2D{PoolSize: 7},
		"MaxPool2D": MaxPool2D{PoolSize: 7},
	} {
		for _, layers := range []Sequential{{ReLU, layer}, {ReLU, layer, AvgPool2D{PoolSize: 2}}} {
			net := NewNet(layers)
			noError(t, net.Initialize(testDevice(), Xavier))
			_, err := net.Forward(waves(1, 1, 2, 1, 6, 8))
			const want = "0, which gets (2, 1, 6, 8): d2l: the window of %s, (7, 7), is larger than its images, (6, 8) " +
				"(height, width) with a padding of 0"
			wantError(t, err, "layer "+layer.Kind()+fmt.Sprintf(want, name))
		}
	}
	// The padding counts, on both sides.
	_, err := NewNet(Sequential{MaxPool2D{PoolSize: 8, Padding: 1}, Flatten{}}).Shapes(1, 6, 8)
	noError(t, err)
	_, err = NewNet(Sequential{AvgPool2D{PoolSize: 9, Padding: 1}}).Shapes(1, 9, 6)
	wantError(t, err, "(9, 9), is larger than its images, (9, 6) (height, width) with a padding of 1")
}

// Layers with weights refuse whole numbers, which would make weights of whole numbers.
func TestWeightsOfIntegerImages(t *testing.T) {
	for _, layer := range []Layer{Dense{Units: 4}, Conv2D{Channels: 2, KernelSize: 3}} {
		net := NewNet(Sequential{layer})
		noError(t, net.Initialize(testDevice(), Xavier))
		_, err := net.Forward(tensors.FromShape(shapes.Make(dtypes.Uint8, 2, 1, 8, 8)))
		wantError(t, err, "take floating-point numbers, got Uint8: convert X to Float32")
		must(net.Forward(waves(1, 1, 2, 1, 8, 8)))(t)
	}
}
