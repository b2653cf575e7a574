package d2l

import (
	"slices"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/d2l/internal/kernels"
	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Short names for what all tests share.
var (
	noError, wantError, wantPanic, wantParts = d2ltest.NoError, d2ltest.WantError, d2ltest.WantPanic, d2ltest.WantParts
	wantFiles, wantLittleMemory, golden      = d2ltest.WantFiles, d2ltest.WantLittleMemory, d2ltest.Golden
	put, captured, quietly                   = d2ltest.Put, d2ltest.Captured, d2ltest.Quietly
	near, wave                               = d2ltest.Near, d2ltest.Wave
)

func must[T any](value T, err error) func(testing.TB) T { return d2ltest.Must(value, err) }

// testDevice is where the tests compute.
func testDevice() Device {
	d2ltest.Optimized() // go test then knows that its result depends on the variable.
	return d2ltest.Device(CPU, GPU)
}

// otherDevice is another: another of the CPU's, and beside a GPU that of GoMLX in pure Go, which is always there.
func otherDevice() Device {
	if onGPU() {
		return Device{platform: xla.Go}
	}
	return nth(1)[0]
}

// missingDevice is not there.
func missingDevice() Device { return Device{testDevice().platform, 99} }

func onGPU() bool { return testDevice().platform == xla.GPU }

// nth returns devices of the CPU, of four, by their distance from testDevice.
func nth(distances ...int) (devices []Device) {
	for _, i := range distances {
		devices = append(devices, CPU((testDevice().index+i)%4))
	}
	return devices
}

// pairsTogether reports whether a convolution is computed together with the pooling after it: on a GPU it is not.
func pairsTogether() bool { return testDevice().platform == xla.CPU && kernels.Available() }

// callsFunctions reports whether a graph has kernels.
func callsFunctions(g *graph.Graph) bool {
	return slices.ContainsFunc(g.Nodes(), func(n *graph.Node) bool { return n.Type() == graph.NodeTypeCall })
}

// needsCPU skips a test of the CPU where the tests are on a GPU and the CPU's plugin is missing.
func needsCPU(t *testing.T) {
	t.Helper()
	if _, _, err := CPU(0).Backend(); err != nil && onGPU() {
		t.Skip(err)
	}
}

// severalDevices skips a test where the devices are GPUs.
func severalDevices(t *testing.T) {
	t.Helper()
	if onGPU() {
		t.Skip("several devices together are tested on the CPU only")
	}
}

// oneOrTwo are the devices of a training: one, and, of the CPU, two together.
func oneOrTwo() []Devices {
	one := Devices{testDevice()}
	if onGPU() {
		return []Devices{one}
	}
	return []Devices{one, {testDevice(), otherDevice()}}
}

// freshBackends makes devices start new backends during the test.
func freshBackends(t *testing.T) {
	saved := xla.Swap(nil)
	t.Cleanup(func() { xla.Swap(saved) })
}

// unseeded undoes Seed at the end of the test.
func unseeded(t *testing.T) { t.Cleanup(func() { seeds.source = nil }) }

// float32s returns the values of a tensor.
func float32s(t *testing.T, x *tensors.Tensor) []float32 {
	t.Helper()
	return must(tensors.CopyFlatData[float32](x))(t)
}

// waves returns a tensor of such numbers.
func waves(seed int, scale float64, shape ...int) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(wave(seed, scale, Shape(shape).size()), shape...)
}

func (s Shape) size() int {
	size := 1
	for _, n := range s {
		size *= n
	}
	return size
}

// quadrants is a small problem: images of 8 × 8, and the label says which
// quarter is bright.
func quadrants(n, batchSize int, shuffle bool) *imageIter {
	images, labels := make([]byte, n*64), make([]byte, n)
	for i := range n {
		label := i % 4
		labels[i] = byte(label)
		for p := range 64 {
			row, col := p/8, p%8
			value := (i*p*31 + i*7) % 90
			if row/4 == label/2 && col/4 == label%2 {
				value += 150
			}
			images[i*64+p] = byte(value)
		}
	}
	return &imageIter{
		name: "quadrants", n: n, side: 8, resize: 8, batchSize: batchSize, shuffle: shuffle,
		load: func() ([]byte, []byte, error) { return images, labels, nil }, release: func() {}, copies: &imageCopies{},
	}
}

// smallNet is a net for images of 8 × 8 of four classes.
func smallNet() *Net {
	return NewNet(Sequential{
		Conv2D{Channels: 3, KernelSize: 3, Padding: 1, Activation: Sigmoid},
		AvgPool2D{PoolSize: 2},
		Dense{Units: 4},
	})
}

// initialized returns a small net whose parameters have been drawn, and a batch.
func initialized(t *testing.T) (*Net, *tensors.Tensor) {
	t.Helper()
	net, X := smallNet(), waves(1, 1, 5, 1, 8, 8)
	noError(t, net.Initialize(testDevice(), Xavier))
	must(net.Forward(X))(t)
	return net, X
}

// values returns a copy of the parameters of a net.
func values(t *testing.T, net *Net) map[string][]float32 {
	t.Helper()
	all := map[string][]float32{}
	for _, p := range net.Parameters() {
		all[p.Path()] = float32s(t, must(p.Value())(t))
	}
	return all
}
