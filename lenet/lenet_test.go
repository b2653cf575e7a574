package lenet

import (
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/gomlx/gomlx/core/tensors"
)

// testDevice is where the tests compute.
func testDevice() d2l.Device { return d2ltest.Device(d2l.CPU, d2l.GPU) }

func init() { testDevice() } // Sets the device of the Examples as well.

// initialized returns a net whose parameters have been drawn.
func initialized(t *testing.T) *d2l.Net {
	t.Helper()
	net := New()
	d2ltest.NoError(t, net.Initialize(testDevice(), d2l.Xavier))
	_, err := net.Forward(tensors.FromFlatDataAndDimensions(d2ltest.Wave(0, 1, 784), 1, 1, 28, 28))
	d2ltest.NoError(t, err)
	return net
}

// parameters returns the values of a net's parameters as PyTorch has them, by
// their names there, such as dense0.weight.
func parameters(t *testing.T, net *d2l.Net) map[string][]float32 {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lenet.safetensors")
	d2ltest.NoError(t, net.SaveParameters(path))
	return d2ltest.Safetensors(t, path)
}

// The parameters are drawn from the distribution of PyTorch's xavier_uniform_.
func TestXavierAgainstPyTorch(t *testing.T) {
	f := readFixture(t)
	drawn := parameters(t, initialized(t))
	rows := "\n"
	for _, name := range slices.Sorted(maps.Keys(f.Xavier)) {
		theirs := f.Xavier[name]
		values := drawn[name]
		n, mean, square := float64(len(values)), 0.0, 0.0
		for _, v := range values {
			mean += float64(v) / n
			square += float64(v) * float64(v) / n
		}
		low, high := float64(slices.Min(values)), float64(slices.Max(values))
		if bound := theirs.Bound; low < -bound || high > bound || min(-low, high) < 0.9*bound {
			t.Errorf("%s goes from %.4f to %.4f, expected close to ±%.4f", name, low, high, bound)
		}
		// Five standard deviations of the mean and the variance of a sample of a uniform
		// distribution; the difference of two samples has √2 times as much.
		maxMean, maxVariance := 5*theirs.Bound/math.Sqrt(3*n), 5*theirs.Bound*theirs.Bound*math.Sqrt(4/(45*n))
		variance, formula := square-mean*mean, theirs.Bound*theirs.Bound/3
		if math.Abs(mean) > maxMean || math.Abs(mean-theirs.Mean) > math.Sqrt2*maxMean {
			t.Errorf("%s has the mean %v, PyTorch's %v", name, mean, theirs.Mean)
		}
		if math.Abs(variance-formula) > maxVariance || math.Abs(variance-theirs.Variance) > math.Sqrt2*maxVariance {
			t.Errorf("%s has the variance %v, PyTorch's %v, the formula %v", name, variance, theirs.Variance, formula)
		}
		rows += fmt.Sprintf("| Xavier: variance of %s by the formula's; PyTorch's, of other draws: %.3f | %d | %.3f |\n",
			name, theirs.Variance/formula, len(values), variance/formula)
		delete(drawn, name)
	}
	for name, values := range drawn {
		if !strings.HasSuffix(name, ".bias") || slices.Min(values) != 0 || slices.Max(values) != 0 {
			t.Errorf("%s is neither compared nor zero", name)
		}
	}
	t.Log(rows)
}
