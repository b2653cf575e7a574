package lenet

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/gomlx/gomlx/core/tensors"
)

// initialized returns a net whose parameters have been drawn.
func initialized(t *testing.T) *d2l.Net {
	t.Helper()
	net := New()
	d2ltest.NoError(t, net.Initialize(d2l.CPU(0), d2l.Xavier))
	_, err := net.Forward(tensors.FromFlatDataAndDimensions(d2ltest.Wave(0, 1, 784), 1, 1, 28, 28))
	d2ltest.NoError(t, err)
	return net
}

// parameters returns the values of a net's parameters as PyTorch has them, by
// their names there, such as dense0.weight.
func parameters(t *testing.T, net *d2l.Net) map[string][]float32 {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lenet.safetensors")
	d2ltest.NoError(t, net.SaveSafetensors(path))
	return d2ltest.Safetensors(t, path)
}

func TestXavier(t *testing.T) {
	bounds := map[string]float64{ // √(6/(fan_in + fan_out)), rounded up.
		"conv0.weight": 0.1852, "conv1.weight": 0.1045, "dense0.weight": 0.1075, "dense1.weight": 0.1715, "dense2.weight": 0.2527,
	}
	for name, values := range parameters(t, initialized(t)) {
		if strings.HasSuffix(name, ".bias") {
			if slices.Min(values) != 0 || slices.Max(values) != 0 {
				t.Errorf("%s are not zero", name)
			}
			continue
		}
		bound := bounds[name]
		mean := 0.0
		for _, v := range values {
			mean += float64(v) / float64(len(values))
		}
		if least, greatest := float64(slices.Min(values)), float64(slices.Max(values)); least < -bound || greatest > bound || max(-least, greatest) < 0.9*bound {
			t.Errorf("%s go from %.4f to %.4f, expected close to ±%.4f", name, least, greatest, bound)
		}
		if math.Abs(mean) > 5*bound/math.Sqrt(3*float64(len(values))) { // Five standard deviations.
			t.Errorf("%s have mean %v", name, mean)
		}
		delete(bounds, name)
	}
	if len(bounds) > 0 {
		t.Errorf("there are no %v", bounds)
	}
}
