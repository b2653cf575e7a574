package d2l

import (
	"github.com/gomlx/compute/distributed"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/dtensor"
	"github.com/gomlx/gomlx/ml/model"
)

// A program on several devices is written as if there were one with the whole
// batch. Only its inputs say that they are split along the batch, and its
// parameters and outputs that every device has them; XLA's partitioner does the
// rest, and sums the gradients over the devices. What a layer finds out about a
// batch, such as the mean in batch normalization, is so that of the whole batch.

// batchAxis is the mesh's only axis, the one that batches are split along.
const batchAxis = "batch"

// oneDevice makes a program run on another device than the first: in GoMLX
// v0.28.8 only one that is spread over a mesh of devices may choose them.
var oneDevice = newMesh(1)

// newMesh returns a mesh of n devices in a row.
func newMesh(n int) *distributed.DeviceMesh {
	mesh, err := distributed.NewDeviceMesh([]int{n}, []string{batchAxis})
	if err != nil {
		panic(err)
	}
	return mesh
}

// splitBatch says that a tensor's first axis is split over the devices of mesh.
func splitBatch(mesh *distributed.DeviceMesh) *distributed.ShardingSpec {
	spec, err := distributed.NewShardingSpec(mesh, distributed.AxisSpec{batchAxis})
	if err != nil {
		panic(err)
	}
	return spec
}

// takeParts is take on several devices. A batch that cannot be split evenly is
// filled up, and the program cuts off again what was added before the layers see
// it.
func (p *program) takeParts(inputs []*tensors.Tensor) (exec *model.Exec, taken []any, err error) {
	n := len(p.devices)
	filling := (n - inputs[0].Shape().Dim(0)%n) % n
	taken = make([]any, n*len(inputs))
	for i, input := range inputs {
		parts, err := p.split(input, filling)
		if err != nil {
			return nil, nil, err
		}
		for device, part := range parts {
			if taken[device*len(inputs)+i], err = graph.DonateTensorBuffer(part, p.backend, p.devices[device]); err != nil {
				return nil, nil, err
			}
		}
	}
	exec, err = p.exec(filling)
	return exec, taken, err
}

// split returns each device's part of x, in the memory of the host.
func (p *program) split(x *tensors.Tensor, filling int) ([]*tensors.Tensor, error) {
	whole, err := filledUp(x, filling)
	if err != nil {
		return nil, err
	}
	parts, err := dtensor.ShardTensor(splitBatch(p.mesh), whole)
	if err != nil {
		return nil, err
	}
	return parts.Shards(), nil
}

// filledUp returns x with so many examples of zeros after its own.
func filledUp(x *tensors.Tensor, filling int) (*tensors.Tensor, error) {
	if filling == 0 {
		return x, nil
	}
	shape := x.Shape().Clone()
	shape.Dimensions[0] += filling
	filled := tensors.FromShape(shape)
	var inner error
	err := x.ConstBytes(func(from []byte) {
		inner = filled.MutableBytes(func(to []byte) { copy(to, from) })
	})
	if err == nil {
		err = inner
	}
	return filled, err
}

// withoutFilling cuts off what filledUp added.
func withoutFilling(inputs []*graph.Node, filling int) []*graph.Node {
	if filling == 0 {
		return inputs
	}
	cut := make([]*graph.Node, len(inputs))
	for i, x := range inputs {
		cut[i] = graph.SliceAxis(x, 0, graph.AxisRange(0, x.Shape().Dim(0)-filling))
	}
	return cut
}
