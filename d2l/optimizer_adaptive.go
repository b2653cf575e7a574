package d2l

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// Adagrad returns the optimizer Adagrad: a step with the gradient g adds g² to a sum s,
// initially 0, and subtracts lr·g/(√s + 10⁻¹⁰) from the parameter, as torch.optim.Adagrad
// does. (The book's own has √(s + 10⁻⁶).) It panics unless lr is a positive number.
//
// Book: adagrad, section "Adagrad".
func Adagrad(lr float64) Optimizer {
	const epsilon = 1e-10
	return adaptive("Adagrad", lr, 1, func(g *graph.Node, state []*graph.Node) (step *graph.Node, next []*graph.Node) {
		s := graph.Add(state[0], graph.Square(g))
		return graph.Div(g, graph.AddScalar(graph.Sqrt(s), epsilon)), []*graph.Node{s}
	})
}

// RMSProp returns the optimizer RMSProp: a step with the gradient g sets s, initially 0,
// to γs + (1 - γ)g² and subtracts lr·g/(√s + 10⁻⁸) from the parameter, as
// torch.optim.RMSprop does with alpha=γ. (The book's own has √(s + 10⁻⁶).) It panics unless
// lr is a positive number and gamma is at least 0 and less than 1.
//
// Book: rmsprop, section "RMSProp".
func RMSProp(lr, gamma float64) Optimizer {
	requireFraction("RMSProp", "gamma", gamma)
	const epsilon = 1e-8
	return adaptive("RMSProp", lr, 1, func(g *graph.Node, state []*graph.Node) (step *graph.Node, next []*graph.Node) {
		s := leaky(state[0], graph.Square(g), gamma)
		return graph.Div(g, graph.AddScalar(graph.Sqrt(s), epsilon)), []*graph.Node{s}
	})
}

// Adadelta returns the optimizer Adadelta: a step with the gradient g sets s to
// ρs + (1 - ρ)g², subtracts d = g·√(Δ + 10⁻⁶)/√(s + 10⁻⁶) from the parameter and sets Δ to
// ρΔ + (1 - ρ)d²; s and Δ are initially 0. It is torch.optim.Adadelta with the rate 1;
// WithSchedule multiplies d by the rate where it is subtracted. (The book has 10⁻⁵.) It
// panics unless rho is at least 0 and less than 1.
//
// Book: adadelta, section "Adadelta".
func Adadelta(rho float64) Optimizer {
	requireFraction("Adadelta", "rho", rho)
	const epsilon = 1e-6
	return adaptive("Adadelta", 1, 2, func(g *graph.Node, state []*graph.Node) (step *graph.Node, next []*graph.Node) {
		s := leaky(state[0], graph.Square(g), rho)
		root := func(x *graph.Node) *graph.Node { return graph.Sqrt(graph.AddScalar(x, epsilon)) }
		step = graph.Mul(g, graph.Div(root(state[1]), root(s)))
		return step, []*graph.Node{s, leaky(state[1], graph.Square(step), rho)}
	})
}

func requireFraction(optimizer, name string, value float64) {
	if !(value >= 0 && value < 1) {
		panic(fmt.Sprintf("d2l: %s needs a %s from 0 to below 1, got %v", optimizer, name, value))
	}
}

// leaky returns the leaky average γ·s + (1 - γ)·x.
func leaky(s, x *graph.Node, gamma float64) *graph.Node {
	return graph.Add(graph.MulScalar(s, gamma), graph.MulScalar(x, 1-gamma))
}

// An adaptiveStep returns what a learning rate of 1 subtracts from a parameter with the gradient g, and the parameter's
// next state.
type adaptiveStep func(g *graph.Node, state []*graph.Node) (step *graph.Node, next []*graph.Node)

// stateful is an optimizer that keeps state for each parameter, arrays of its shape, initially 0.
type stateful struct {
	sgd    *optimizer.SGDConfig
	states int
	step   adaptiveStep
}

func adaptive(name string, lr float64, states int, step adaptiveStep) Optimizer {
	requireRate(name, lr)
	return Optimizer{Interface: stateful{sgd: plainSGD(lr), states: states, step: step}}
}

// adaptiveScope is the scope of the states, each below the path of its parameter.
const adaptiveScope = "/adaptive"

func (o stateful) UpdateGraph(scope *model.Scope, g *graph.Graph, loss *graph.Node) {
	steps := scope.BuildTrainableVariablesGradientsGraph(loss)
	i := 0
	for v := range scope.IterVariables() { // In the order of the gradients.
		if !v.Trainable || !v.InUseByGraph(g) {
			continue
		}
		variables, state := make([]*model.Variable, o.states), make([]*graph.Node, o.states)
		for j := range variables {
			variables[j] = scope.Store().Scope(adaptiveScope+v.Path()).WithInitializer(initializer.Zero).
				VariableWithShape(fmt.Sprintf("state%d", j), v.Shape()).SetTrainable(false)
			state[j] = variables[j].NodeValue(g)
		}
		steps[i], state = o.step(steps[i], state)
		for j, next := range state {
			variables[j].SetNodeValue(next)
		}
		i++
	}
	descend(o.sgd, scope, steps, loss.DType())
}

func (o stateful) Clear(scope *model.Scope) error {
	return scope.Store().Scope(adaptiveScope).DeleteVariablesInScope()
}
