package d2l_test

import (
	"fmt"
	"math"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
)

// gan has two nets that are trained by turns.
type gan struct {
	netD, netG         *d2l.Net
	trainerD, trainerG *d2l.Trainer
	noise              func(n int) *d2l.Tensor
}

// newGAN initializes a discriminator D for examples such as X, and a generator G. The loss of each applies the other, which
// that Trainer does not train. In place of labels, a step of D gets the noise for G.
func newGAN(d, g d2l.Layer, X *d2l.Tensor, noise func(n int) *d2l.Tensor, optD, optG d2l.Optimizer) gan {
	netD, netG := d2l.NewNet(d), d2l.NewNet(g)
	for _, net := range []*d2l.Net{netD, netG} {
		d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Normal(0.02)))
	}
	d2l.Must(netD.Forward(X))
	d2l.Must(netG.Forward(noise(1)))
	loss := d2l.SigmoidBinaryCrossEntropyLoss{}
	lossD := d2l.LossFunc(func(realY, Z *graph.Node) *graph.Node {
		fakeY := netD.Apply(netG.Apply(Z))
		real, fake := loss.Forward(realY, graph.OnesLike(realY)), loss.Forward(fakeY, graph.ZerosLike(fakeY))
		return graph.MulScalar(graph.Add(real, fake), 0.5)
	})
	lossG := d2l.LossFunc(func(fakeX, _ *graph.Node) *graph.Node {
		fakeY := netD.Apply(fakeX)
		return loss.Forward(fakeY, graph.OnesLike(fakeY))
	})
	return gan{netD, netG, d2l.Must(d2l.NewTrainer(netD, optD)).WithLoss(lossD),
		d2l.Must(d2l.NewTrainer(netG, optG)).WithLoss(lossG), noise}
}

// train trains both nets, plots their losses, and returns those of the last epoch. The book also shows points, or pictures,
// of each epoch.
func (n gan) train(dataIter d2l.DataIter, numEpochs int) (lossD, lossG float64) {
	animator := d2l.NewAnimator(d2l.PlotOptions{XLabel: "epoch", YLabel: "loss", XLim: []float64{1, float64(numEpochs)},
		Legend: []string{"discriminator", "generator"}})
	for epoch := range numEpochs {
		metric := d2l.NewAccumulator(3) // Sums of losses, examples.
		for batch, err := range dataIter.Iter() {
			d2l.Check(err)
			X := batch.Inputs[0]
			Z := n.noise(X.Shape().Dim(0))
			lossD, _, err := n.trainerD.Step(X, Z)
			d2l.Check(err)
			lossG, _, err := n.trainerG.Step(Z, Z)
			d2l.Check(err)
			metric.Add(lossD, lossG, float64(X.Shape().Dim(0)))
		}
		lossD, lossG = metric[0]/metric[2], metric[1]/metric[2]
		d2l.Check(animator.Add(float64(epoch+1), lossD, lossG))
	}
	return lossD, lossG
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
	data := d2l.Must(d2l.Compile(linreg)(d2l.Randn(1000, 2), A, [][]float32{b}))
	fmt.Printf("covariance: %.2f\n", d2l.Must(d2l.Compile(func(A *graph.Node) *graph.Node {
		return graph.MatMul(graph.Transpose(A, 0, 1), A)
	})(A)).Value())
	real := columns(data, 100)
	d2l.Must(d2l.Plot(real[:1], real[1:], d2l.PlotOptions{Fmts: []string{"o"}}))

	netG := d2l.Dense{Units: 2}
	netD := d2l.Sequential{
		d2l.Dense{Units: 5, Activation: d2l.Tanh}, d2l.Dense{Units: 3, Activation: d2l.Tanh}, d2l.Dense{Units: 1},
	}
	noise := func(n int) *d2l.Tensor { return d2l.Randn(n, 2) }
	nets := newGAN(netD, netG, data, noise, d2l.Adam(0.05), d2l.Adam(0.005))
	lossD, lossG := nets.train(d2l.LoadArray(data, d2l.Zeros(1000), 8, true), 20) // There are no labels.
	fmt.Printf("D can hardly tell them apart: %.1f %.1f, log 2 is 0.7\n", lossD, lossG)

	generated := columns(d2l.Must(nets.netG.Forward(noise(1000))), 1000)
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
	// D can hardly tell them apart: 0.7 0.7, log 2 is 0.7
	// x0: mean 1, standard deviation 1
	// x1: mean 2, standard deviation 2
}
