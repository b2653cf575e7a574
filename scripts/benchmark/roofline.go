package main

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// part is a part of LeNet. It is measured as what it adds to the parts before it:
// alone, it would have to bring its input into the layout that they leave it in.
type part struct {
	Name   string
	layers d2l.Sequential
	// What it has to do for one example going forward, in thousands: operations of
	// arithmetic, and bytes if what comes in and goes out is moved once.
	KFLOP, KB float64
	// The number of gradients, each with as many operations as the way
	// forward. The gradient of the images is not computed.
	Gradients int
	// Seconds for a batch, forward alone and with the gradients.
	Forward, Both float64
}

// parts are LeNet's: convolutions with their pooling, and dense layers.
func parts() []*part {
	convolution := func(name string, in, size, channels, padding, gradients int) *part {
		out := size + 2*padding - 4
		return &part{
			Name: name, Gradients: gradients,
			layers: d2l.Sequential{
				d2l.Conv2D{Channels: channels, KernelSize: 5, Padding: padding, Activation: d2l.Sigmoid},
				d2l.AvgPool2D{PoolSize: 2, Strides: 2},
			},
			KFLOP: float64(2*25*in*channels*out*out) / 1e3, KB: float64(4*(in*size*size+channels*out*out/4)) / 1e3,
		}
	}
	return []*part{
		convolution("conv0, pool0", 1, 28, 6, 2, 1),
		convolution("conv1, pool1", 6, 14, 16, 0, 2),
		{
			Name: "dense0, dense1, dense2", Gradients: 2,
			layers: d2l.Sequential{
				d2l.Dense{Units: 120, Activation: d2l.Sigmoid},
				d2l.Dense{Units: 84, Activation: d2l.Sigmoid},
				d2l.Dense{Units: 10},
			},
			KFLOP: 2 * (400*120 + 120*84 + 84*10) / 1e3, KB: 4 * (400 + 10) / 1e3,
		},
	}
}

// printRoofline measures each part of LeNet, and what the processor does at best:
// a large product of matrices, and reading what fits into no cache.
func printRoofline(batchSize int) error {
	backend, _, err := d2l.CPU(0).Backend()
	if err != nil {
		return err
	}
	const size, floats = 2048, 64 << 20
	product, err := seconds(backend, func(_ *model.Scope, a *graph.Node) []*graph.Node {
		return []*graph.Node{graph.ReduceAllSum(graph.Dot(a, a).Product())}
	}, random(size, size))
	if err != nil {
		return err
	}
	reading, err := seconds(backend, func(_ *model.Scope, a *graph.Node) []*graph.Node {
		return []*graph.Node{graph.ReduceSum(a, 0)}
	}, random(floats/4096, 4096))
	if err != nil {
		return err
	}
	measured := parts()
	images := random(batchSize, 1, 28, 28)
	var before part
	var layers d2l.Sequential
	for _, p := range measured {
		layers = append(layers, p.layers...)
		forward, err := seconds(backend, func(scope *model.Scope, x *graph.Node) []*graph.Node {
			return []*graph.Node{graph.ReduceAllSum(layers.Forward(scope, x))}
		}, images)
		if err != nil {
			return err
		}
		both, err := seconds(backend, func(scope *model.Scope, x *graph.Node) []*graph.Node {
			scope.Store().SetTraining(x.Graph(), true)
			sum := graph.ReduceAllSum(layers.Forward(scope, x))
			var parameters []*graph.Node
			for v := range scope.Store().IterVariables() {
				if v.Trainable {
					parameters = append(parameters, v.NodeValue(x.Graph()))
				}
			}
			return graph.Gradient(sum, parameters...)
		}, images)
		if err != nil {
			return err
		}
		p.Forward, p.Both = forward-before.Forward, both-before.Both
		before.Forward, before.Both = forward, both
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"GFLOPS": 2 * float64(size) * size * size / product / 1e9,
		"GBs":    4 * float64(floats) / reading / 1e9,
		"batch":  batchSize, "parts": measured,
	})
}

// seconds returns the median time that a program takes on x.
func seconds(
	backend compute.Backend, build func(scope *model.Scope, x *graph.Node) []*graph.Node, x *tensors.Tensor,
) (float64, error) {
	call := func(scope *model.Scope, inputs []*graph.Node) []*graph.Node { return build(scope, inputs[0]) }
	exec, err := model.NewExec(backend, model.NewStore(), call)
	if err != nil {
		return 0, err
	}
	defer exec.Finalize()
	const runs, warmUp = 200, 5
	var laps []float64
	for begin := time.Now(); len(laps) < warmUp+runs && (len(laps) < 3*warmUp || time.Since(begin) < 4*time.Second); {
		begin := time.Now()
		outputs, err := exec.Call(x)
		if err != nil {
			return 0, err
		}
		if err := tensors.ConstFlatData(outputs[0], func([]float32) {}); err != nil { // Waits.
			return 0, err
		}
		laps = append(laps, time.Since(begin).Seconds())
	}
	laps = laps[warmUp:]
	slices.Sort(laps)
	return laps[len(laps)/2], nil
}

// random returns a tensor of numbers from 0 to 1.
func random(dimensions ...int) *tensors.Tensor {
	shape := shapes.Make(dtypes.Float32, dimensions...)
	values := make([]float32, shape.Size())
	for i := range values {
		values[i] = rand.Float32()
	}
	return tensors.FromFlatDataAndDimensions(values, dimensions...)
}
