package xla

import (
	"slices"

	"github.com/gomlx/compute/distributed"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/dtensor"
	"github.com/gomlx/gomlx/ml/model"
)

// A program on several devices is written as if there were one with the whole batch. Only its inputs say that they are
// split along the batch, and its parameters and outputs that every device has them; XLA's partitioner does the rest,
// and sums the gradients over the devices. What a layer computes from a batch, such as the mean in batch normalization,
// is therefore that of the whole batch.

// batchAxis is the mesh's only axis, along which batches are split.
const batchAxis = "batch"

// oneDevice makes a program run on another device than the first: in GoMLX v0.28.8 only one that is spread over a mesh
// of devices may choose them.
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

// padding returns the number of examples to add to a batch so that it can be split evenly.
func (p *Program) padding(inputs []*tensors.Tensor) int {
	n := len(p.config.Devices)
	if n == 1 {
		return 0
	}
	return (n - inputs[0].Shape().Dim(0)%n) % n
}

// shardShapes returns the shapes of the copies that copyIn returns.
func (p *Program) shardShapes(inputs []*tensors.Tensor) []shapes.Shape {
	n, padding := len(p.config.Devices), p.padding(inputs)
	all := make([]shapes.Shape, len(inputs))
	for i, input := range inputs {
		all[i] = input.Shape().Clone()
		if n > 1 {
			all[i].Dimensions[0] = (all[i].Dimensions[0] + padding) / n
		}
	}
	return slices.Repeat(all, n)
}

// shard returns the parts of the inputs on their devices, device by device.
func (p *Program) shard(inputs []*tensors.Tensor) ([]any, error) {
	args := make([]any, len(p.config.Devices)*len(inputs))
	for i, input := range inputs {
		shards, err := p.split(input, p.padding(inputs))
		if err != nil {
			return nil, err
		}
		for j, device := range p.config.Devices {
			if args[j*len(inputs)+i], err = graph.DonateTensorBuffer(shards[j], p.config.Backend, device); err != nil {
				return nil, err
			}
		}
	}
	return args, nil
}

// split returns each device's part of x, in the memory of the host.
func (p *Program) split(x *tensors.Tensor, padding int) ([]*tensors.Tensor, error) {
	padded, err := pad(x, padding)
	if err != nil {
		return nil, err
	}
	sharded, err := dtensor.ShardTensor(splitBatch(p.mesh), padded)
	if err != nil {
		return nil, err
	}
	return sharded.Shards(), nil
}

// pad returns x with so many examples of zeros after its own.
func pad(x *tensors.Tensor, padding int) (*tensors.Tensor, error) {
	if padding == 0 {
		return x, nil
	}
	shape := x.Shape().Clone()
	shape.Dimensions[0] += padding
	padded := tensors.FromShape(shape)
	var inner error
	err := x.ConstBytes(func(from []byte) {
		inner = padded.MutableBytes(func(to []byte) { copy(to, from) })
	})
	if err == nil {
		err = inner
	}
	return padded, err
}

// unpad cuts off what pad added, before the layers see it.
func unpad(inputs []*graph.Node, padding int) []*graph.Node {
	if padding == 0 {
		return inputs
	}
	cut := make([]*graph.Node, len(inputs))
	for i, x := range inputs {
		cut[i] = graph.SliceAxis(x, 0, graph.AxisRange(0, x.Shape().Dim(0)-padding))
	}
	return cut
}

// placeVariables puts the variables on the program's mesh, if it has one: GoMLX v0.28.8 builds no program with those of
// another.
func (p *Program) placeVariables(exec *model.Exec) error {
	if p.mesh == nil {
		return nil
	}
	if err := exec.SetDefaultShardingSpec(nil); err != nil { // Each device has a whole new variable.
		return err
	}
	for v := range p.config.Store.IterVariables() {
		if spec := v.ShardingSpec(); spec != nil && spec.Mesh == p.mesh {
			continue
		}
		if v.HasValue() { // Each device gets a copy from the host.
			if err := toHost(v); err != nil {
				return err
			}
		}
		if err := v.SetShardingSpec(distributed.NewReplicatedShardingSpec(p.mesh)); err != nil {
			return err
		}
	}
	return nil
}
