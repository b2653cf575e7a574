package d2l_test

import (
	"fmt"
	"os"
	"slices"
	"sync"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
)

// toyParams are W1, b1, …, W4, b4 of the book's toy network, with kernels of (height, width, in, out). The book's
// standard deviation of 0.01 is for more steps than are made here.
func toyParams() []any {
	return []any{
		gaussian(0.3, 3, 3, 1, 20), d2l.Zeros(1, 1, 1, 20), gaussian(0.05, 5, 5, 20, 50), d2l.Zeros(1, 1, 1, 50),
		gaussian(0.05, 800, 128), d2l.Zeros(1, 128), gaussian(0.05, 128, 10), d2l.Zeros(1, 10),
	}
}

// toyLeNet is the book's lenet, with channels last, as graph.Convolve has them.
func toyLeNet(X *graph.Node, params []*graph.Node) *graph.Node {
	H := graph.Reshape(X, -1, 28, 28, 1)
	for i := range 2 {
		H = graph.Add(graph.Convolve(H, params[2*i]).NoPadding().Done(), params[2*i+1])
		H = graph.MeanPool(graph.MaxScalar(H, 0)).Window(2).NoPadding().Done()
	}
	H = graph.MaxScalar(linreg(graph.Reshape(H, -1, 800), params[4], params[5]), 0)
	return linreg(H, params[6], params[7])
}

// A replica computes on one device, with copies of the parameters there.
type replica struct {
	device                  d2l.Device
	getParams               func(params ...any) ([]*d2l.Tensor, error) // Copies arrays to the device, as the book's.
	gradients, sgd, predict func(args ...any) ([]*d2l.Tensor, error)
	params                  []any
}

// newReplica compiles functions of parameters and of what comes before them: of X and y the sum of losses and its
// gradients, of the learning rate and gradients the next parameters, and of X the predictions.
func newReplica(device d2l.Device) *replica {
	return &replica{
		device:    device,
		getParams: d2l.CompileN(func(params []*graph.Node) []*graph.Node { return params }, device),
		gradients: d2l.CompileN(func(args []*graph.Node) []*graph.Node {
			loss := graph.ReduceAllSum(d2l.SoftmaxCrossEntropyLoss{}.Forward(toyLeNet(args[0], args[2:]), args[1]))
			return append([]*graph.Node{loss}, graph.Gradient(loss, args[2:]...)...)
		}, device),
		sgd: d2l.CompileN(func(args []*graph.Node) (next []*graph.Node) {
			gradients, params := args[1:1+len(args)/2], args[1+len(args)/2:]
			for i, p := range params {
				next = append(next, graph.Sub(p, graph.Mul(args[0], gradients[i])))
			}
			return next
		}, device),
		predict: d2l.CompileN(func(args []*graph.Node) []*graph.Node {
			return []*graph.Node{toyLeNet(args[0], args[1:])}
		}, device),
	}
}

// newAllReduce makes the book's allreduce: it adds up arrays of the devices on the first, and copies the sums to each.
func newAllReduce(replicas []*replica) func(data [][]any) [][]any {
	sum := d2l.CompileN(func(args []*graph.Node) []*graph.Node {
		n := len(args) / len(replicas)
		sums := slices.Clone(args[:n])
		for i, x := range args[n:] {
			sums[i%n] = graph.Add(sums[i%n], x)
		}
		return sums
	}, replicas[0].device)
	return func(data [][]any) (reduced [][]any) {
		sums := run(sum, data...)
		for _, r := range replicas {
			reduced = append(reduced, run(r.getParams, sums))
		}
		return reduced
	}
}

// splitBatch is the book's split_batch.
func splitBatch(X, y *d2l.Tensor, n int) (XShards, yShards []any) {
	return split[float32](X, n), split[int32](y, n)
}

func split[T float32 | int32](data *d2l.Tensor, n int) (shards []any) {
	sizes := slices.Clone(d2l.ShapeOf(data))
	sizes[0] /= n
	for part := range slices.Chunk(d2l.Values[T](data), data.Size()/n) {
		shards = append(shards, d2l.NewTensor(part, sizes...))
	}
	return shards
}

// trainBatch is the book's train_batch, and returns the loss. A call waits for its result, so that the devices compute at
// the same time in goroutines.
func trainBatch(X, y *d2l.Tensor, replicas []*replica, allReduce func(data [][]any) [][]any, lr float32) float32 {
	XShards, yShards := splitBatch(X, y, len(replicas))
	gradients, devices := make([][]any, len(replicas)), sync.WaitGroup{}
	for i, r := range replicas {
		devices.Go(func() { gradients[i] = run(r.gradients, []any{XShards[i], yShards[i]}, r.params) })
	}
	devices.Wait()
	gradients, size := allReduce(gradients), float32(y.Size())
	for i, r := range replicas {
		r.params = run(r.sgd, []any{lr / size}, gradients[i][1:], r.params)
	}
	return d2l.Values[float32](gradients[0][0].(*d2l.Tensor))[0] / size
}

// trainReplicas is the book's train, on some batches. It returns the losses.
func trainReplicas(params []any, replicas []*replica, lr float32) (losses []float32) {
	trainIter, testIter := d2l.LoadDataFashionMnist(128)
	for _, r := range replicas {
		r.params = run(r.getParams, params)
	}
	allReduce, timer := newAllReduce(replicas), d2l.NewTimer()
	for batch, err := range d2l.FirstBatches(trainIter, 6).Iter() {
		d2l.Check(err)
		losses = append(losses, trainBatch(batch.Inputs[0], batch.Labels[0], replicas, allReduce, lr))
	}
	seconds := timer.Stop()
	for batch, err := range d2l.FirstBatches(testIter, 1).Iter() {
		d2l.Check(err)
		yHat := run(replicas[0].predict, []any{batch.Inputs[0]}, replicas[0].params)[0].(*d2l.Tensor)
		testAcc := d2l.Must(d2l.Accuracy(yHat, batch.Labels[0])) / 128
		fmt.Fprintf(os.Stderr, "test acc: %.2f, %.1f sec on %d devices\n", testAcc, seconds, len(replicas))
	}
	return losses
}

// The book's section "Training on Multiple GPUs", for a few batches. Without two GPUs, the devices are two of the CPU,
// which share the same cores; XLA_FLAGS=--xla_force_host_platform_device_count=2 makes two of it.
func Example_multipleGPUsScratch() {
	d2l.Seed(1)
	params, devices := toyParams(), d2l.TryAllGPUs()
	if len(devices) < 2 {
		devices = []d2l.Device{d2l.CPU(0), d2l.CPU(1)}
	}
	replicas := []*replica{newReplica(devices[0]), newReplica(devices[1])}
	newParams := run(replicas[1].getParams, params)
	fmt.Println("b4:", newParams[7].(*d2l.Tensor).Value(), "on device", d2l.Must(newParams[7].(*d2l.Tensor).Device()))
	data := [][]any{{[][]float32{{1, 1}}}, {[][]float32{{2, 2}}}}
	fmt.Println("before allreduce:", data)
	for _, sums := range newAllReduce(replicas)(data) {
		fmt.Println("after allreduce:", sums[0].(*d2l.Tensor).Value())
	}
	X := [][]float32{{0, 1, 2, 3, 4}, {5, 6, 7, 8, 9}, {10, 11, 12, 13, 14}, {15, 16, 17, 18, 19}}
	for _, shard := range split[float32](d2l.NewTensor(X), 2) {
		fmt.Println("split:", shard.(*d2l.Tensor).Value())
	}

	var trained [][]any
	for n := 1; n <= 2; n++ {
		d2l.Seed(1)
		losses := trainReplicas(params, replicas[:n], 0.2)
		fmt.Println("loss falls:", losses[5] < losses[0]-0.1)
		trained = append(trained, replicas[n-1].params)
	}
	fmt.Println("the same as on one:", slices.EqualFunc(trained[0], trained[1], func(x, y any) bool {
		return x.(*d2l.Tensor).InDelta(y.(*d2l.Tensor), 1e-5)
	}))
	// Output:
	// b4: [[0 0 0 0 0 0 0 0 0 0]] on device 1
	// before allreduce: [[[[1 1]]] [[[2 2]]]]
	// after allreduce: [[3 3]]
	// after allreduce: [[3 3]]
	// split: [[0 1 2 3 4] [5 6 7 8 9]]
	// split: [[10 11 12 13 14] [15 16 17 18 19]]
	// loss falls: true
	// loss falls: true
	// the same as on one: true
}
