package d2l

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// Momentum returns stochastic gradient descent with momentum β: each parameter
// has a velocity v, which starts at 0. A step with the gradient g makes it βv + g,
// and takes lr times that from the parameter. It panics unless lr is a positive
// number and momentum is from 0 to below 1.
//
// Under a schedule this is the book's formula, and PyTorch's. Gluon's 'sgd' keeps
// v multiplied by lr instead, so that there a new rate acts on new gradients
// alone.
//
// Book: sgd_momentum, section "Momentum".
func Momentum(lr, momentum float64) Optimizer {
	requireRate("Momentum", lr)
	if !(momentum >= 0 && momentum < 1) {
		panic(fmt.Sprintf("d2l: Momentum needs a momentum from 0 to below 1, got %v", momentum))
	}
	return Optimizer{Interface: heavyBall{sgd: plainSGD(lr), momentum: momentum}}
}

// heavyBall is SGD that steps along velocities. GoMLX v0.28.8 has none.
type heavyBall struct {
	sgd      *optimizer.SGDConfig
	momentum float64
}

// velocityScope is where the velocities are, each at the path of its parameter.
const velocityScope = "/momentum"

func (h heavyBall) UpdateGraph(scope *model.Scope, g *graph.Graph, loss *graph.Node) {
	steps := scope.BuildTrainableVariablesGradientsGraph(loss)
	i := 0
	for v := range scope.IterVariables() { // In the order of the gradients.
		if !v.Trainable || !v.InUseByGraph(g) {
			continue
		}
		velocity := scope.Store().Scope(velocityScope+v.Scope()).WithInitializer(initializer.Zero).
			VariableWithShape(v.Name(), v.Shape()).SetTrainable(false)
		steps[i] = graph.Add(graph.MulScalar(velocity.NodeValue(g), h.momentum), steps[i])
		velocity.SetNodeValue(steps[i])
		i++
	}
	h.sgd.UpdateGraphWithGradients(scope, steps, loss.DType())
}

func (h heavyBall) Clear(scope *model.Scope) error {
	return scope.Store().Scope(velocityScope).DeleteVariablesInScope()
}
