package d2l_test

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// GAN is a generator and a discriminator, shared, in one layer. Its output for X and Z is D(X) and D(G(Z)); for Z alone
// it is D(G(Z)).
type GAN struct{ G, D d2l.Layer }

func (GAN) Kind() string { return "gan" }

func (n GAN) Forward(scope *model.Scope, Z *graph.Node) *graph.Node { return n.ForwardN(scope, Z)[0] }

func (n GAN) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	last := len(inputs) - 1
	inputs = append(slices.Clone(inputs[:last]), n.G.Forward(scope.In("G"), inputs[last]))
	var outputs []*graph.Node
	for scope, i := scope.In("D"), 0; i <= last; i++ {
		outputs = append(outputs, n.D.Forward(scope, inputs[i]))
	}
	return []*graph.Node{graph.Concatenate(outputs, 1)}
}

// ganTrainers train D and G by turns. A Trainer trains a net with the optimizer's state, and a net has one Trainer: so
// there are two nets, and what a step has changed in one is copied to the other.
type ganTrainers struct {
	netD, netG         *d2l.Net
	trainerD, trainerG *d2l.Trainer
	layer              GAN
}

// newGANTrainers initializes the nets, which draw their parameters when they see X and Z. The one that is not trained is
// frozen in each step, except for its running statistics.
func newGANTrainers(G, D d2l.Layer, optD, optG d2l.Optimizer, X, Z *d2l.Tensor) *ganTrainers {
	layer := GAN{G, d2l.Share(D)}
	t := &ganTrainers{netD: d2l.NewNet(layer), netG: d2l.NewNet(layer), layer: layer}
	only := func(names string) func(string) float64 {
		trained := regexp.MustCompile(names + "|running_|num_batches")
		return func(name string) float64 {
			if trained.MatchString(name) {
				return 1
			}
			return 0
		}
	}
	d2l.Check(t.netD.Initialize(d2l.TryGPU(0), d2l.Normal(0.02)))
	d2l.Check(t.netG.Initialize(d2l.TryGPU(0), d2l.Normal(0.02)))
	d2l.Must(t.netD.Forward(X, Z))
	d2l.Must(t.netG.Forward(Z))
	copyVariables(t.netG, t.netD)
	loss := d2l.SigmoidBinaryCrossEntropyLoss{}
	t.trainerD = d2l.Must(d2l.NewTrainer(t.netD, optD.WithRates(only("^D")))).WithLoss(loss)
	t.trainerG = d2l.Must(d2l.NewTrainer(t.netG, optG.WithRates(only("^G")))).WithLoss(loss)
	return t
}

// copyVariables gives a net all that another of the same layers has. SetParameter would be for single values: it also
// lets running statistics that it sets count for as much as those of 10 batches.
func copyVariables(to, from *d2l.Net) {
	variables := to.Variables()
	for i, v := range from.Variables() {
		d2l.Check(variables[i].SetValue(d2l.Must(v.MustValue().LocalClone())))
	}
}

// epoch updates D and G for each batch. It returns their losses and the number of examples.
func (t *ganTrainers) epoch(dataIter d2l.DataIter, noise func(n int) *d2l.Tensor) d2l.Accumulator {
	metric := d2l.NewAccumulator(3) // Sums of losses, examples.
	for batch, err := range dataIter.Iter() {
		d2l.Check(err)
		n := batch.Inputs[0].Shape().Dim(0)
		Z, labels := noise(n), d2l.NewTensor(slices.Repeat([]float32{1, 0}, n), n, 2)
		batch.Inputs, batch.Labels = append(batch.Inputs, Z), []*d2l.Tensor{labels}
		stepD := d2l.Must(t.trainerD.StepBatch(batch))
		copyVariables(t.netG, t.netD)
		lossG, _, err := t.trainerG.Step(Z, d2l.NewTensor(slices.Repeat([]float32{1}, n), n))
		d2l.Check(err)
		copyVariables(t.netD, t.netG)
		metric.Add(stepD.LossSum, lossG, stepD.Examples)
	}
	return metric
}

// train shows the losses while it trains. The book has the points, or pictures, of each epoch in the same figure.
func (t *ganTrainers) train(dataIter d2l.DataIter, numEpochs int, noise func(n int) *d2l.Tensor) {
	animator := d2l.NewAnimator(d2l.PlotOptions{
		XLabel: "epoch", YLabel: "loss", XLim: []float64{1, float64(numEpochs)}, Legend: []string{"discriminator", "generator"},
	})
	var metric d2l.Accumulator
	timer := d2l.NewTimer()
	for epoch := range numEpochs {
		timer.Start()
		metric = t.epoch(dataIter, noise)
		timer.Stop()
		animator.Add(float64(epoch+1), metric[0]/metric[2], metric[1]/metric[2])
	}
	fmt.Fprintf(os.Stderr, "loss_D %.3f, loss_G %.3f, %.1f examples/sec\n",
		metric[0]/metric[2], metric[1]/metric[2], metric[2]/timer.Avg())
}

// generator returns a net of G alone, with the parameters that training gave it, by way of a file.
func (t *ganTrainers) generator(Z *d2l.Tensor) *d2l.Net {
	dir := d2l.Must(os.MkdirTemp("", "gan"))
	defer os.RemoveAll(dir)
	d2l.Check(t.netG.SaveParameters(dir + "/gan.params"))
	net := d2l.NewNet(t.layer.G)
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Normal(0.02)))
	d2l.Must(net.Forward(Z))
	report := d2l.Must(net.LoadMatchingParameters(dir+"/gan.params", func(name string) string {
		name, ofG := strings.CutPrefix(name, "G.")
		if !ofG {
			return ""
		}
		return name
	}))
	fmt.Println("not loaded:", report.Missing)
	return net
}

// columns returns the coordinates of the first n points.
func columns(points *d2l.Tensor, n int) [][]float64 {
	XY := [][]float64{nil, nil}
	for _, p := range points.Value().([][]float32)[:n] {
		XY[0], XY[1] = append(XY[0], float64(p[0])), append(XY[1], float64(p[1]))
	}
	return XY
}

// The book's section "Generative Adversarial Networks", with its nets, numbers and epochs.
func Example_gan() {
	d2l.Seed(1)
	A, b := [][]float32{{1, 2}, {-0.1, 0.5}}, []float32{1, 2}
	data := d2l.Must(d2l.Compile(linreg)(normal(1000, 2), A, [][]float32{b}))
	fmt.Println("covariance:", d2l.Must(d2l.Compile(func(A *graph.Node) *graph.Node {
		return graph.MatMul(graph.Transpose(A, 0, 1), A)
	})(A)).Value())
	real := columns(data, 100)
	d2l.Must(d2l.Plot(real[:1], real[1:], d2l.PlotOptions{Fmts: []string{"o"}}))
	dataIter := d2l.LoadArray(data, zeros(1000), 8, true) // The labels are made in each step.

	netG := d2l.Sequential{d2l.Dense{Units: 2}}
	netD := d2l.Sequential{
		d2l.Dense{Units: 5, Activation: d2l.Tanh}, d2l.Dense{Units: 3, Activation: d2l.Tanh}, d2l.Dense{Units: 1},
	}
	noise := func(n int) *d2l.Tensor { return normal(n, 2) }
	t := newGANTrainers(netG, netD, d2l.Adam(0.05), d2l.Adam(0.005), data, data)
	t.train(dataIter, 20, noise)

	generated := columns(d2l.Must(t.generator(data).Forward(noise(1000))), 1000)
	d2l.Must(d2l.Plot([][]float64{real[0], generated[0]}, [][]float64{real[1], generated[1]},
		d2l.PlotOptions{Fmts: []string{"o", "o"}, Legend: []string{"real", "generated"}}))
	for i, x := range generated {
		var sum, squares float64
		for _, x := range x {
			sum, squares = sum+x, squares+x*x
		}
		mean := sum / 1000
		fmt.Printf("x%d: mean %.0f, standard deviation %.0f\n", i, mean, math.Sqrt(squares/1000-mean*mean))
	}
	// Output:
	// covariance: [[1.01 1.95] [1.95 4.25]]
	// not loaded: []
	// x0: mean 1, standard deviation 1
	// x1: mean 2, standard deviation 2
}
