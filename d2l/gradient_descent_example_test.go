package d2l_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/d2l-go/book/d2l"
)

// span returns the numbers from min to max, 0.01 apart.
func span(min, max float64) (x []float64) {
	for i := range int((max - min) * 100) {
		x = append(x, min+0.01*float64(i))
	}
	return x
}

// apply returns the values of a function.
func apply(f func(x float64) float64, x []float64) (y []float64) {
	for _, v := range x {
		y = append(y, f(v))
	}
	return y
}

func cosine(x float64) float64 { return x * math.Cos(math.Pi*x) }

// The book's sections "Optimization and Deep Learning" and "Convexity": minima, a saddle point, a vanishing gradient,
// and functions that are convex, with a chord above them, or not.
func Example_optimization() {
	empirical := func(x float64) float64 { return cosine(x) + 0.2*math.Cos(5*math.Pi*x) }
	cube := func(x float64) float64 { return x * x * x }
	show := func(x []float64, notes []d2l.Annotation, functions ...func(float64) float64) {
		var Y [][]float64
		for _, f := range functions {
			Y = append(Y, apply(f, x))
		}
		d2l.Must(d2l.Plot([][]float64{x}, Y, d2l.PlotOptions{XLabel: "x", YLabel: "f(x)", Annotations: notes}))
	}
	show(span(0.5, 1.5), []d2l.Annotation{
		{Text: "min of\nempirical risk", X: 1, Y: -1.2, TextX: 0.5, TextY: -1.1},
		{Text: "min of risk", X: 1.1, Y: -1.05, TextX: 0.95, TextY: -0.5},
	}, cosine, empirical)
	show(span(-1, 2), []d2l.Annotation{
		{Text: "local minimum", X: -0.3, Y: -0.25, TextX: -0.77, TextY: -1},
		{Text: "global minimum", X: 1.1, Y: -0.95, TextX: 0.6, TextY: 0.8},
	}, cosine)
	show(span(-2, 2), []d2l.Annotation{{Text: "saddle point", X: 0, Y: -0.2, TextX: -0.52, TextY: -5}}, cube)
	d2l.Must(d2l.Plot([][]float64{{0}}, [][]float64{{0}}, d2l.PlotOptions{Fmts: []string{"ro"}, Contours: []d2l.Contour{{
		F: func(x, y float64) float64 { return x*x - y*y }, XLim: [2]float64{-1, 1}, YLim: [2]float64{-1, 1},
	}}}))
	show(span(-2, 5), []d2l.Annotation{{Text: "vanishing gradient", X: 4, Y: 1, TextX: 2, TextY: 0}}, math.Tanh)

	x, segment := span(-2, 2), []float64{-1.5, 1}
	for i, f := range []func(float64) float64{
		func(x float64) float64 { return 0.5 * x * x }, func(x float64) float64 { return math.Cos(math.Pi * x) },
		func(x float64) float64 { return math.Exp(0.5 * x) }, func(x float64) float64 { return (x - 1) * (x - 1) },
	} {
		d2l.Must(d2l.Plot([][]float64{x, segment}, [][]float64{apply(f, x), apply(f, segment)}, d2l.PlotOptions{}))
		middle, chord := f(-0.25), (f(-1.5)+f(1))/2
		fmt.Printf("function %d in the middle: %.2f, the chord %.2f\n", i+1, middle, chord)
	}
	// Output:
	// function 1 in the middle: 0.03, the chord 0.81
	// function 2 in the middle: 0.71, the chord -0.50
	// function 3 in the middle: 0.88, the chord 1.06
	// function 4 in the middle: 1.56, the chord 3.12
}

// descend makes ten steps from 10, shows them, and returns where they end.
func descend(f, step func(x float64) float64) float64 {
	results, end := []float64{10}, 0.0
	for i := range 10 {
		results = append(results, results[i]-step(results[i]))
	}
	for _, x := range results {
		end = max(end, math.Abs(x))
	}
	line := span(-end, end)
	d2l.Must(d2l.Plot([][]float64{line, results}, [][]float64{apply(f, line), apply(f, results)}, d2l.PlotOptions{
		XLabel: "x", YLabel: "f(x)", Fmts: []string{"-", "o-"},
	}))
	return results[10]
}

// The book's section "Gradient Descent", with its numbers: of steps that are right, too small and too large, into a
// local minimum, and of Newton's method.
func Example_gradientDescent() {
	square := func(x float64) float64 { return x * x }
	for _, eta := range []float64{0.2, 0.05, 1.1} {
		fmt.Printf("epoch 10, x: %f\n", descend(square, func(x float64) float64 { return eta * 2 * x }))
	}
	const c, d = 0.15 * math.Pi, 0.5
	wave := func(x float64) float64 { return x * math.Cos(c*x) }
	waveGradient := func(x float64) float64 { return math.Cos(c*x) - c*x*math.Sin(c*x) }
	waveHessian := func(x float64) float64 { return -2*c*math.Sin(c*x) - x*c*c*math.Cos(c*x) }
	fmt.Printf("epoch 10, x: %f\n", descend(wave, func(x float64) float64 { return 2 * waveGradient(x) }))
	fmt.Printf("Newton, x: %.6f\n", descend(func(x float64) float64 { return math.Cosh(d * x) },
		func(x float64) float64 { return math.Tanh(d*x) / d })) // The gradient by the second derivative.
	for _, eta := range []float64{1, 0.5} {
		newton := func(x float64) float64 { return eta * waveGradient(x) / waveHessian(x) }
		fmt.Printf("Newton, x: %f\n", descend(wave, newton))
	}
	// Output:
	// epoch 10, x: 0.060466
	// epoch 10, x: 3.486784
	// epoch 10, x: 61.917364
	// epoch 10, x: -1.528166
	// Newton, x: 0.000000
	// Newton, x: 26.834133
	// Newton, x: 7.269860
}

// showTrace2d is the book's train_2d and show_trace_2d: steps from (-5, -2). The trainer also gets s1 and s2, which it
// returned from the step before.
func showTrace2d(f func(x1, x2 float64) float64, steps int,
	trainer func(x1, x2, s1, s2 float64) (y1, y2, t1, t2 float64)) {
	X1, X2 := []float64{-5}, []float64{-2}
	var s1, s2 float64
	for i := range steps {
		x1, x2, t1, t2 := trainer(X1[i], X2[i], s1, s2)
		X1, X2, s1, s2 = append(X1, x1), append(X2, x2), t1, t2
	}
	fmt.Printf("epoch %d, x1: %f, x2: %f\n", steps, X1[steps], X2[steps])
	d2l.Must(d2l.Plot([][]float64{X1}, [][]float64{X2}, d2l.PlotOptions{
		XLabel: "x1", YLabel: "x2", Fmts: []string{"#ff7f0eo-"},
		Contours: []d2l.Contour{{F: f, XLim: [2]float64{-5.5, 1}, YLim: [2]float64{-3, 1}, Color: "#1f77b4"}},
	}))
}

// The book's section "Stochastic Gradient Descent": with noise, at a constant rate and at rates that fall exponentially
// and polynomially, and without, as in "Gradient Descent".
func Example_stochasticGradientDescent() {
	f := func(x1, x2 float64) float64 { return x1*x1 + 2*x2*x2 }
	random := rand.New(rand.NewPCG(1, 0))
	for _, c := range []struct {
		noise float64
		steps int
		rate  func(t float64) float64
	}{
		{0, 20, func(float64) float64 { return 1 }}, {1, 50, func(float64) float64 { return 1 }},
		{1, 1000, func(t float64) float64 { return math.Exp(-0.1 * t) }},
		{1, 50, func(t float64) float64 { return math.Pow(1+0.1*t, -0.5) }},
	} {
		t := 0.0
		showTrace2d(f, c.steps, func(x1, x2, _, _ float64) (float64, float64, float64, float64) {
			t++
			eta, g1, g2 := 0.1*c.rate(t), 2*x1+c.noise*random.NormFloat64(), 4*x2+c.noise*random.NormFloat64()
			return x1 - eta*g1, x2 - eta*g2, 0, 0
		})
	}
	// Output:
	// epoch 20, x1: -0.057646, x2: -0.000073
	// epoch 50, x1: 0.247496, x2: 0.018617
	// epoch 1000, x1: -0.714600, x2: -0.023603
	// epoch 50, x1: 0.145623, x2: 0.073119
}
