package d2l_test

import (
	"fmt"
	"math"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
)

// f2d is the function of the sections that follow, whose gradient is (0.2·x1, 4·x2).
func f2d(x1, x2 float64) float64 { return 0.1*x1*x1 + 2*x2*x2 }

// plotPowers draws a function of a value and of the time, for each of the values.
func plotPowers(name string, values []float64, times int, f func(value, t float64) float64) {
	var Y [][]float64
	var legend []string
	for _, value := range values {
		var y []float64
		for t := range times {
			y = append(y, f(value, float64(t)))
		}
		Y, legend = append(Y, y), append(legend, fmt.Sprintf("%s = %.2f", name, value))
	}
	d2l.Must(d2l.Plot(nil, Y, d2l.PlotOptions{XLabel: "time", Legend: legend}))
}

func sgdMomentum(p, g *graph.Node, states, h []*graph.Node) (*graph.Node, []*graph.Node) {
	v := graph.Add(graph.Mul(h[1], states[0]), g)
	return graph.Sub(p, graph.Mul(h[0], v)), []*graph.Node{v}
}

// The book's section "Momentum", with its numbers of steps without momentum and with it.
func Example_momentum() {
	d2l.Seed(1)
	for _, c := range []struct{ eta, beta float64 }{{0.4, 0}, {0.6, 0}, {0.6, 0.5}, {0.6, 0.25}} {
		showTrace2d(f2d, 20, func(x1, x2, v1, v2 float64) (float64, float64, float64, float64) {
			v1, v2 = c.beta*v1+0.2*x1, c.beta*v2+4*x2
			return x1 - c.eta*v1, x2 - c.eta*v2, v1, v2
		})
	}
	plotPowers("beta", []float64{0.95, 0.9, 0.6, 0}, 40, math.Pow)
	training := compileCh11(sgdMomentum, 1)
	for _, h := range [][]float32{{0.02, 0.5}, {0.01, 0.9}, {0.005, 0.9}} {
		training.train(10, 2, h...)
	}
	fmt.Println("as d2l.Momentum:", training.equals(d2l.Momentum(0.005, 0.9), 0.005, 0.9))
	plotPowers("lambda", []float64{0.1, 1, 10, 19}, 20, func(lambda, t float64) float64 {
		return math.Pow(1-0.1*lambda, t)
	})
	// Output:
	// epoch 20, x1: -0.943467, x2: -0.000073
	// epoch 20, x1: -0.387814, x2: -1673.365109
	// epoch 20, x1: 0.007188, x2: 0.002553
	// epoch 20, x1: -0.126340, x2: -0.186632
	// loss from 0.24 to 0.27: true
	// loss from 0.24 to 0.27: true
	// loss from 0.24 to 0.27: true
	// as d2l.Momentum: true
}

// scaled is g / √(s + ε).
func scaled(g, s, eps *graph.Node) *graph.Node { return graph.Div(g, graph.Sqrt(graph.Add(s, eps))) }

// adagrad has the hyperparameters η and ε.
func adagrad(p, g *graph.Node, states, h []*graph.Node) (*graph.Node, []*graph.Node) {
	s := graph.Add(states[0], graph.Square(g))
	return graph.Sub(p, graph.Mul(h[0], scaled(g, s, h[1]))), []*graph.Node{s}
}

// The book's section "Adagrad", with its numbers. It adds ε = 10⁻⁶ under the root, and the package 10⁻¹⁰ to the
// root, as PyTorch; where s is 0, that is 10⁻²⁰ under the root.
func Example_adagrad() {
	d2l.Seed(1)
	for _, eta := range []float64{0.4, 2} {
		showTrace2d(f2d, 20, func(x1, x2, s1, s2 float64) (float64, float64, float64, float64) {
			g1, g2 := 0.2*x1, 4*x2
			s1, s2 = s1+g1*g1, s2+g2*g2
			return x1 - eta/math.Sqrt(s1+1e-6)*g1, x2 - eta/math.Sqrt(s2+1e-6)*g2, s1, s2
		})
	}
	training := compileCh11(adagrad, 1)
	training.train(10, 2, 0.1, 1e-6)
	fmt.Println("as d2l.Adagrad:", training.equals(d2l.Adagrad(0.1), 0.1, 1e-20))
	// Output:
	// epoch 20, x1: -2.382563, x2: -0.158591
	// epoch 20, x1: -0.002295, x2: -0.000000
	// loss from 0.24 to 0.27: true
	// as d2l.Adagrad: true
}

// leaky is the leaky average γ·s + (1 - γ)·x.
func leaky(s, x, gamma *graph.Node) *graph.Node {
	return graph.Add(graph.Mul(gamma, s), graph.Mul(graph.OneMinus(gamma), x))
}

// rmsprop has the hyperparameters η, γ and ε.
func rmsprop(p, g *graph.Node, states, h []*graph.Node) (*graph.Node, []*graph.Node) {
	s := leaky(states[0], graph.Square(g), h[1])
	return graph.Sub(p, graph.Mul(h[0], scaled(g, s, h[2]))), []*graph.Node{s}
}

// The book's section "RMSProp", with its numbers. It adds ε = 10⁻⁶ under the root, and the package 10⁻⁸ to the
// root, as PyTorch.
func Example_rmsprop() {
	d2l.Seed(1)
	plotPowers("gamma", []float64{0.95, 0.9, 0.8, 0.7}, 40, func(gamma, t float64) float64 {
		return (1 - gamma) * math.Pow(gamma, t)
	})
	const eta, gamma = 0.4, 0.9
	showTrace2d(f2d, 20, func(x1, x2, s1, s2 float64) (float64, float64, float64, float64) {
		g1, g2 := 0.2*x1, 4*x2
		s1, s2 = gamma*s1+(1-gamma)*g1*g1, gamma*s2+(1-gamma)*g2*g2
		return x1 - eta/math.Sqrt(s1+1e-6)*g1, x2 - eta/math.Sqrt(s2+1e-6)*g2, s1, s2
	})
	training := compileCh11(rmsprop, 1)
	training.train(10, 2, 0.01, gamma, 1e-6)
	fmt.Println("as d2l.RMSProp:", training.equals(d2l.RMSProp(0.01, gamma), 0.01, gamma, 1e-16))
	// Output:
	// epoch 20, x1: -0.010599, x2: 0.000000
	// loss from 0.24 to 0.27: true
	// as d2l.RMSProp: true
}

// adadelta has the states s and Δ, and the hyperparameters ρ and ε.
func adadelta(p, g *graph.Node, states, h []*graph.Node) (*graph.Node, []*graph.Node) {
	s := leaky(states[0], graph.Square(g), h[0])
	g = graph.Mul(graph.Sqrt(graph.Add(states[1], h[1])), scaled(g, s, h[1]))
	return graph.Sub(p, g), []*graph.Node{s, leaky(states[1], graph.Square(g), h[0])}
}

// The book's section "Adadelta". It has ε = 10⁻⁵, and the package 10⁻⁶, as PyTorch.
func Example_adadelta() {
	d2l.Seed(1)
	training := compileCh11(adadelta, 2)
	training.train(10, 2, 0.9, 1e-5)
	fmt.Println("as d2l.Adadelta:", training.equals(d2l.Adadelta(0.9), 0.9, 1e-6))
	// Output:
	// loss from 0.24 to 0.27: true
	// as d2l.Adadelta: true
}

// adam has the states v and s, and the hyperparameters η, β1, β2, ε and t.
func adam(p, g *graph.Node, states, h []*graph.Node) (*graph.Node, []*graph.Node) {
	s := leaky(states[1], graph.Square(g), h[2])
	return adamStep(p, leaky(states[0], g, h[1]), s, h)
}

func yogi(p, g *graph.Node, states, h []*graph.Node) (*graph.Node, []*graph.Node) {
	square := graph.Square(g)
	change := graph.Mul(graph.Sign(graph.Sub(square, states[1])), square)
	return adamStep(p, leaky(states[0], g, h[1]), graph.Add(states[1], graph.Mul(graph.OneMinus(h[2]), change)), h)
}

func adamStep(p, v, s *graph.Node, h []*graph.Node) (*graph.Node, []*graph.Node) {
	vBiasCorr := graph.Div(v, graph.OneMinus(graph.Pow(h[1], h[4])))
	sBiasCorr := graph.Div(s, graph.OneMinus(graph.Pow(h[2], h[4])))
	step := graph.Div(vBiasCorr, graph.Add(graph.Sqrt(sBiasCorr), h[3]))
	return graph.Sub(p, graph.Mul(h[0], step)), []*graph.Node{v, s}
}

// The book's section "Adam", with Yogi.
func Example_adam() {
	d2l.Seed(1)
	training := compileCh11(adam, 2)
	training.train(10, 2, 0.01, 0.9, 0.999, 1e-6)
	fmt.Println("as d2l.Adam:", training.equals(d2l.Adam(0.01), 0.01, 0.9, 0.999, 1e-6))
	compileCh11(yogi, 2).train(10, 2, 0.01, 0.9, 0.999, 1e-3)
	// Output:
	// loss from 0.24 to 0.27: true
	// as d2l.Adam: true
	// loss from 0.24 to 0.27: true
}
