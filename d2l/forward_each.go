package d2l

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
)

// LabeledOutput is a net's output for a batch, with the batch's labels.
//
// Book: none; evaluate_accuracy_gpu computes net(X) in its loop.
type LabeledOutput struct {
	YHat *tensors.Tensor // As Forward returns it.
	Y    *tensors.Tensor // The labels, int32 (batch).
}

// ForwardEach iterates over the net's outputs for the batches of dataIter, in order and
// in inference mode, as Forward. It computes on the net's device or, if ctx is given, with
// a copy of the net on its first device.
//
// A GPU computes up to 50 batches in one program, where the images are on it: those of
// LoadDataFashionMnist and LoadDataMnist, on the first GPU. Everywhere else, each batch
// is a call of Forward. The results are the same. An error of the data or of the net
// ends the iteration; that there is no batch is one, and so are batches of several arrays of
// labels.
//
// Book: the loop of evaluate_accuracy_gpu, section "Convolutional Neural Networks
// (LeNet)".
func (n *Net) ForwardEach(dataIter DataIter, ctx ...Device) iter.Seq2[LabeledOutput, error] {
	requireMade(n, "Net.ForwardEach", "NewNet")
	requireIter("Net.ForwardEach", dataIter)
	return func(yield func(LabeledOutput, error) bool) {
		defer watchInterrupts()()
		net, batches := n, 0
		if len(ctx) > 0 && ctx[0] != n.device {
			var err error
			if net, err = n.CopyTo(ctx[0]); err != nil {
				yield(LabeledOutput{}, err)
				return
			}
		}
		for output, err := range net.labeledOutputs(dataIter) {
			if batches++; !yield(output, inEvaluation(n, err)) || err != nil {
				return
			}
		}
		if batches == 0 {
			yield(LabeledOutput{}, errNoExamples(dataIter))
		}
	}
}

// labeledOutputs yields what ForwardEach does.
func (n *Net) labeledOutputs(dataIter DataIter) iter.Seq2[LabeledOutput, error] {
	onDevice := OnDevice(dataIter, n.device)
	return func(yield func(LabeledOutput, error) bool) {
		if n.store == nil { // It is on no device yet.
			yield(LabeledOutput{}, errNoParameters)
			return
		}
		if images, ok := onDevice.(*deviceIter); ok && loopSize(n.device) > 0 {
			n.forwardInLoops(images, yield)
			return
		}
		for batch, err := range onDevice.Iter() {
			if err == nil {
				err = cmp.Or(interrupted(), oneArrayOfLabels(batch))
			}
			if err != nil {
				yield(LabeledOutput{}, err)
				return
			}
			yHat, err := n.Forward(batch.Inputs...)
			notFreed := freeBatch(onDevice, batch)
			if !yield(LabeledOutput{yHat, batch.Labels[0]}, err) || err != nil {
				return
			}
			if notFreed != nil {
				yield(LabeledOutput{}, notFreed)
				return
			}
		}
	}
}

// oneArrayOfLabels returns an error if a batch has several, of which a LabeledOutput has one.
func oneArrayOfLabels(batch train.Batch) error {
	if n := len(batch.Labels); n > 1 {
		return fmt.Errorf("the batch has %d arrays of labels, of which ForwardEach and the accuracies take 1: for several, "+
			"write a loop over the batches that calls net.ForwardN", n)
	}
	return nil
}

// forwardInLoops yields the outputs for images on the device, of several batches in one program.
func (n *Net) forwardInLoops(data *deviceIter, yield func(LabeledOutput, error) bool) {
	images, labels, err := data.images()
	if err != nil {
		yield(LabeledOutput{}, err)
		return
	}
	for batch, examples := range groups(data.order(), data.batchSize, loopSize(n.device)) {
		if err := interrupted(); err != nil {
			yield(LabeledOutput{}, err)
			return
		}
		loop, err := n.forwardLoop(images, batch)
		if err != nil {
			err = fmt.Errorf("computing the net's output for X of shape %v: %w", Shape(images.form.batch(batch).Dimensions), err)
			yield(LabeledOutput{}, err)
			return
		}
		for some := range slices.Chunk(examples, loop.size*batch) { // As many as there is room for.
			outputs, err := n.forwardSome(loop, images, some, batch)
			for i, yHat := range outputs {
				y := pickLabels(labels, some[i*batch:][:batch])
				if !yield(LabeledOutput{yHat, tensors.FromFlatDataAndDimensions(y, batch)}, nil) {
					return
				}
			}
			if err != nil {
				yield(LabeledOutput{}, err)
				return
			}
		}
	}
}

// A forwardLoop computes the outputs for several batches of one size in one program.
type forwardLoop struct {
	size    int          // The largest number of batches.
	program *xla.Program // nil if the net cannot be computed in a loop.
}

// A loopShape is what a forwardLoop is compiled for.
type loopShape struct {
	form   imageForm
	images int
	batch  int
}

// forwardLoop returns the program for batches of a size.
func (n *Net) forwardLoop(images *deviceImages, batch int) (loop forwardLoop, err error) {
	shape := loopShape{images.form, images.labels.Size(), batch}
	loop, ok := n.loops[shape]
	if !ok {
		if loop, err = n.newForwardLoop(images, batch); err == nil {
			n.loops[shape] = loop
		}
	}
	return loop, err
}

// forwardSome returns the outputs for no more batches than a loop has room for.
func (n *Net) forwardSome(loop forwardLoop, images *deviceImages, examples []int, batch int) ([]*tensors.Tensor, error) {
	if loop.program == nil {
		X, err := images.pick(examples)
		if err != nil {
			return nil, err
		}
		yHat, err := n.Forward(X)
		if err != nil {
			return nil, err
		}
		return []*tensors.Tensor{yHat}, nil
	}
	count := len(examples) / batch
	results, err := loop.program.Call(images.bytes, padded(examples, loop.size, batch), tensors.FromScalar(int32(count)))
	if err != nil {
		return nil, fmt.Errorf("computing the net's output for X of shape %v: %w",
			Shape(images.form.batch(batch).Dimensions), err)
	}
	outputs, err := split(results[0], count)
	return outputs, errors.Join(err, results[0].FinalizeAll()) // Go does not see its memory.
}

// maxLoopOutput is how many bytes the outputs of one program may take.
const maxLoopOutput = 64 << 20

// newForwardLoop compiles the program for batches of a size. If the net has no parameters yet, they are drawn.
func (n *Net) newForwardLoop(images *deviceImages, batch int) (forwardLoop, error) {
	infer, err := n.inference(&n.infer, false)
	if err != nil {
		return forwardLoop{}, err
	}
	X := images.form.batch(batch)
	var used []*model.Variable
	var output shapes.Shape
	var alone bool // A loop cannot read the variables of another net.
	err = infer.Sketch(func(g *graph.Graph, outputs []*graph.Node) {
		used, output, alone = usedIn(n.store, g), outputs[0].Shape(), xla.Borrows(g)
	}, X)
	if err != nil {
		return forwardLoop{}, err
	}
	if err := n.draw(infer, X); err != nil {
		return forwardLoop{}, err
	}
	if alone {
		return forwardLoop{size: 1}, nil
	}
	size := max(min(loopSize(n.device), maxLoopOutput/int(output.Memory())), 1)
	program, err := n.newProgram(xla.Config{Build: func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
		pixels, order, count := inputs[0], inputs[1], inputs[2]
		g := pixels.Graph()
		constants := []*graph.Node{pixels, order}
		for _, v := range used {
			constants = append(constants, v.NodeValue(g))
		}
		outputs := xla.Zeros(g, shapes.Make(output.DType, append([]int{size}, output.Dimensions...)...))
		after := xla.Loop(count, constants, []*graph.Node{outputs},
			func(i *graph.Node, constants, now []*graph.Node) (next []*graph.Node, goOn *graph.Node) {
				for j, v := range used {
					v.SetNodeValue(constants[2+j])
				}
				yHat := n.forward(scope, images.form.X(constants[0], xla.At(constants[1], i)))
				return []*graph.Node{xla.SetAt(now[0], i, yHat)}, graph.Const(g, true)
			})
		for i, v := range used {
			v.SetNodeValue(constants[2+i]) // Unchanged.
		}
		return after
	}})
	if err != nil {
		return forwardLoop{}, err
	}
	if _, err := program.Compile(images.bytes, padded(nil, size, batch), tensors.FromScalar(int32(0))); err != nil {
		warnNoLoop(err)
		program, size = nil, 1
	}
	return forwardLoop{size, program}, nil
}

// split returns the first n of the arrays in x, along its first axis, in the memory of the host.
func split(x *tensors.Tensor, n int) (parts []*tensors.Tensor, err error) {
	shape := x.Shape().Clone()
	shape.Dimensions = shape.Dimensions[1:]
	for range n {
		parts = append(parts, tensors.FromShape(shape))
	}
	outer := x.ConstBytes(func(from []byte) {
		for i, part := range parts {
			if err == nil {
				err = part.MutableBytes(func(to []byte) { copy(to, from[i*len(to):]) })
			}
		}
	})
	return parts, errors.Join(outer, err)
}
