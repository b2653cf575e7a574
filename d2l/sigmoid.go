package d2l

import "github.com/gomlx/gomlx/core/graph"

// sigmoid is the logistic function in fewer operations than XLA's own, which half
// of LeNet's first layer would be spent on: (1 + tanh(x/2))/2, the tangent as the
// quotient of two polynomials that XLA and Eigen use. It differs from the exact
// value by less than 3e-7.
func sigmoid(x *graph.Node) *graph.Node {
	const limit = 7.90531110763549805 // From here on tanh is ±1 in float32.
	x = graph.ClipScalar(graph.MulScalar(x, 0.5), -limit, limit)
	square := graph.Square(x)
	numerator := polynomial(square, -2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11,
		5.12229709037114e-08, 1.48572235717979e-05, 6.37261928875436e-04, 4.89352455891786e-03)
	denominator := polynomial(square, 1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03)
	return graph.AddScalar(graph.MulScalar(graph.Div(graph.Mul(x, numerator), denominator), 0.5), 0.5)
}

// polynomial returns the polynomial of x with coefficients from the highest power
// down.
func polynomial(x *graph.Node, coefficients ...float64) *graph.Node {
	sum := graph.Scalar(x.Graph(), x.DType(), coefficients[0])
	for _, c := range coefficients[1:] {
		sum = graph.AddScalar(graph.Mul(sum, x), c)
	}
	return sum
}
