package d2l_test

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
)

// A product of matrices, of the book's section "Minibatch Stochastic Gradient Descent": one element at a time, one
// column, all at once, and in blocks of 64 columns.
func Example_vectorization() {
	const n = 256
	B, C := d2l.Randn(n, n), d2l.Randn(n, n)
	A, b, c, timer := make([]float32, n*n), d2l.Values[float32](B), d2l.Values[float32](C), d2l.NewTimer()
	for i := range n {
		for j := range n {
			for k := range n {
				A[i*n+j] += b[i*n+k] * c[k*n+j]
			}
		}
	}
	gigaflops := func(seconds float64) float64 { return 2 * n * n * n / seconds / 1e9 } // Multiply and add.
	fmt.Fprintf(os.Stderr, "gigaflops: element %.3f\n", gigaflops(timer.Stop()))
	columns := func(values []float32, from, width int) *d2l.Tensor {
		var block []float32
		for i := range n {
			block = append(block, values[i*n+from:i*n+from+width]...)
		}
		return d2l.NewTensor(block, n, width)
	}
	product := d2l.Compile(func(B, C *graph.Node) *graph.Node { return graph.MatMul(B, C) })
	for _, width := range []int{1, n, 64} {
		block := d2l.Must(product(B, columns(c, 0, width))) // Compiles it.
		timer.Start()
		for from := 0; from < n; from += width {
			block = d2l.Must(product(B, columns(c, from, width)))
		}
		fmt.Fprintf(os.Stderr, "gigaflops: %d columns %.3f\n", width, gigaflops(timer.Stop()))
		fmt.Println(d2l.ShapeOf(block), block.InDelta(columns(A, n-width, width), 1e-3))
	}
	// Output:
	// (256, 1) true
	// (256, 256) true
	// (256, 64) true
}

// dataCh11 is the book's get_data_ch11: 1,500 measurements of the noise of an airfoil, five features and the sound
// level, each scaled to mean 0 and variance 1.
func dataCh11(batchSize int) d2l.DataIter {
	text := d2l.Must(os.ReadFile("testdata/airfoil_self_noise.dat"))
	var rows [][]float32
	for line := range strings.Lines(string(text)) {
		var row []float32
		for _, field := range strings.Fields(line) {
			row = append(row, float32(d2l.Must(strconv.ParseFloat(field, 32))))
		}
		rows = append(rows, row)
	}
	for column := range rows[0] {
		var mean, square float64
		for _, row := range rows {
			mean += float64(row[column]) / float64(len(rows))
		}
		for _, row := range rows {
			square += math.Pow(float64(row[column])-mean, 2) / float64(len(rows))
		}
		for _, row := range rows {
			row[column] = float32((float64(row[column]) - mean) / math.Sqrt(square))
		}
	}
	var features [][]float32
	var labels []float32
	for _, row := range rows[:1500] {
		features, labels = append(features, row[:5]), append(labels, row[5])
	}
	return d2l.LoadArray(d2l.NewTensor(features), d2l.NewTensor(labels), batchSize, true)
}

// A trainerFn does for one parameter p with the gradient g what the book's sgd, adam and so on do for all: it returns the
// next p and the next states. The number of the update, from 1, is the last of the hyperparameters.
type trainerFn func(p, g *graph.Node, states, hyperparams []*graph.Node) (*graph.Node, []*graph.Node)

// compileCh11 compiles a step: a function of X, y, the hyperparameters, w, b and their states, which returns the next w,
// b and states.
func compileCh11(trainer trainerFn, numStates int) *trainingCh11 {
	c := &trainingCh11{numStates: numStates}
	c.step = d2l.CompileN(func(args []*graph.Node) []*graph.Node {
		first := len(args) - 2*(1+numStates)
		hyperparams, results := args[2:first], slices.Clone(args[first:])
		gradients := graph.Gradient(meanLossCh11(results[0], results[1], args[0], args[1]), results[:2]...)
		for i, g := range gradients {
			var states []*graph.Node
			for j := 2 + i; j < len(results); j += 2 {
				states = append(states, results[j])
			}
			results[i], states = trainer(results[i], g, states, hyperparams)
			for j, state := range states {
				results[2+2*j+i] = state
			}
		}
		return results
	})
	return c
}

// trainingCh11 trains a linear model. Its args are w, b and their states.
type trainingCh11 struct {
	numStates         int
	step              func(args ...any) ([]*d2l.Tensor, error)
	hyperparams, args []any
	updates           float32
}

// begin has states of 0, as the book's init_momentum_states, init_adam_states and so on.
func (c *trainingCh11) begin(w *d2l.Tensor, hyperparams ...float32) {
	c.hyperparams, c.args, c.updates = nil, []any{w, d2l.Zeros(1, 1)}, 0
	for _, h := range hyperparams {
		c.hyperparams = append(c.hyperparams, h)
	}
	for range c.numStates {
		c.args = append(c.args, d2l.Zeros(5, 1), d2l.Zeros(1, 1))
	}
}

func (c *trainingCh11) update(X, y *d2l.Tensor) {
	c.updates++
	c.args = run(c.step, []any{X, y}, c.hyperparams, []any{c.updates}, c.args)
}

func meanLossCh11(w, b, X, y *graph.Node) *graph.Node {
	return graph.ReduceAllMean(squaredLoss(linreg(X, w, b), graph.Reshape(y, -1, 1)))
}

var evaluateLossCh11 = d2l.Compile(meanLossCh11)

// train is the book's train_ch11.
func (c *trainingCh11) train(batchSize, numEpochs int, hyperparams ...float32) (seconds, losses []float64) {
	c.begin(gaussian(0.01, 5, 1), hyperparams...)
	animator := d2l.NewAnimator(d2l.PlotOptions{
		XLabel: "epoch", YLabel: "loss", XLim: []float64{0, float64(numEpochs)}, YLim: []float64{0.22, 0.35},
	})
	dataIter, n, timer := dataCh11(batchSize), 0, d2l.NewTimer()
	for all, err := range dataCh11(1500).Iter() {
		d2l.Check(err)
		timer.Start()
		for range numEpochs {
			for batch, err := range dataIter.Iter() {
				d2l.Check(err)
				c.update(batch.Inputs[0], batch.Labels[0])
				if n += batchSize; n%200 == 0 {
					timer.Stop()
					loss := d2l.Must(evaluateLossCh11(c.args[0], c.args[1], all.Inputs[0], all.Labels[0]))
					losses = append(losses, float64(loss.Value().(float32)))
					animator.Add(float64(n)/1500, losses[len(losses)-1])
					timer.Start()
				}
			}
		}
	}
	loss := losses[len(losses)-1]
	fmt.Fprintf(os.Stderr, "loss: %.3f, %.3f sec/epoch\n", loss, timer.Sum()/float64(numEpochs))
	fmt.Println("loss from 0.24 to 0.27:", loss >= 0.24 && loss < 0.27)
	return timer.Cumsum(), losses
}

// equals reports whether an optimizer of the package ends at the same w, from the same start and on the same batches.
func (c *trainingCh11) equals(opt d2l.Optimizer, hyperparams ...float32) bool {
	net := d2l.NewNet(d2l.Sequential{d2l.Dense{Units: 1}})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Constant(0)))
	trainer := d2l.Must(d2l.NewTrainer(net, opt)).WithLoss(d2l.L2Loss{})
	c.begin(d2l.Zeros(5, 1), hyperparams...)
	for batch, err := range d2l.FirstBatches(dataCh11(10), 50).Iter() {
		d2l.Check(err)
		d2l.Must(trainer.StepBatch(batch))
		c.update(batch.Inputs[0], batch.Labels[0])
	}
	w := d2l.Must(d2l.Must(net.Parameter("dense0.weight")).Value())
	return w.InDelta(c.args[0].(*d2l.Tensor), 1e-5)
}

func sgd(p, g *graph.Node, _, h []*graph.Node) (*graph.Node, []*graph.Node) {
	return graph.Sub(p, graph.Mul(h[0], g)), nil
}

// The training from scratch of the book's section "Minibatch Stochastic Gradient Descent".
func Example_minibatchSGD() {
	d2l.Seed(1)
	training := compileCh11(sgd, 0)
	var X, Y [][]float64
	for _, c := range []struct {
		lr                   float32
		batchSize, numEpochs int
	}{{1, 1500, 10}, {0.005, 1, 2}, {0.4, 100, 2}, {0.05, 10, 2}} {
		seconds, losses := training.train(c.batchSize, c.numEpochs, c.lr)
		X, Y = append(X, seconds), append(Y, losses)
	}
	d2l.Must(d2l.Plot(X, Y, d2l.PlotOptions{
		XLabel: "time (sec)", YLabel: "loss", XScale: "log", Figsize: [2]float64{6, 3},
		Legend: []string{"gd", "sgd", "batch size=100", "batch size=10"},
	}))
	fmt.Println("as d2l.SGD:", training.equals(d2l.SGD(0.05), 0.05))
	// Output:
	// loss from 0.24 to 0.27: true
	// loss from 0.24 to 0.27: true
	// loss from 0.24 to 0.27: true
	// loss from 0.24 to 0.27: true
	// as d2l.SGD: true
}

// The concise training of the book's section "Minibatch Stochastic Gradient Descent", train_concise_ch11.
func ExampleTrainer_WithLoss_ch11() {
	d2l.Seed(1)
	dataIter := dataCh11(10)
	net := d2l.NewNet(d2l.Dense{Units: 1})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer, timer := d2l.Must(d2l.NewTrainer(net, d2l.SGD(0.05))).WithLoss(d2l.L2Loss{}), d2l.NewTimer()
	timer.Stop()
	for range 2 {
		for range trainer.Steps(dataIter, timer) {
		}
		d2l.Check(trainer.Err())
	}
	loss := d2l.Must(trainer.EvaluateLoss(dataIter))
	fmt.Println("loss from 0.24 to 0.27:", loss >= 0.24 && loss < 0.27)
	// Output: loss from 0.24 to 0.27: true
}
