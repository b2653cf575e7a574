package d2l

import (
	"fmt"
	"math"
	"reflect"

	"github.com/d2l-go/book/d2l/internal/kernels"
	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// Optimizer says how a Trainer updates the parameters. SGD, Momentum and Adam return
// one. To use another optimizer of GoMLX, write a literal:
//
//	d2l.Optimizer{Interface: optimizer.RMSProp().LearningRate(0.01).Done()}
//
// Its learning rate is constant unless WithSchedule adds a schedule: the decay of GoMLX's SGD
// is turned off, and a rate that it would replace by its default, such as 0, is refused. It
// has no state, so several Trainers may use the same one.
//
// Book: none; gluon.Trainer takes an optimizer by its name, such as 'sgd'.
type Optimizer struct {
	optimizer.Interface
	schedule func(update int) float64 // nil for a constant learning rate.
	own      updateRule
}

// UpdateGraph adds the update to the graph of the loss, at a constant rate: GoMLX's SGD has a
// decay unless it is turned off. A Trainer adds what the With methods say.
//
// Book: none; gluon.Trainer calls the optimizer.
func (o Optimizer) UpdateGraph(scope *model.Scope, g *graph.Graph, loss *graph.Node) {
	if sgd, ok := o.Interface.(*optimizer.SGDConfig); ok {
		constant := *sgd
		descend(constant.WithDecay(false), scope, scope.BuildTrainableVariablesGradientsGraph(loss), loss.DType())
		return
	}
	o.Interface.UpdateGraph(scope, g, loss)
}

// WithSchedule returns the optimizer with a learning rate that changes. Before each
// step, schedule is called with the number of updates that the Trainer has made, and
// returns the rate of the next one. It replaces the optimizer's own rate. Updates
// count from 0, as in the plots of the book's section "Learning Rate Scheduling";
// update / trainIter.Len() is the epoch.
//
// A rate of 0, with which a warm-up may start or a schedule end, leaves the parameters
// unchanged. A rate that is negative, infinite or NaN is an error of the step.
func (o Optimizer) WithSchedule(schedule func(update int) float64) Optimizer {
	o.schedule = schedule
	return o
}

// scheduled returns the optimizer's schedule, or that of the optimizer inside it.
func (o Optimizer) scheduled() func(update int) float64 {
	if o.schedule == nil {
		return scheduleOf(o.Interface)
	}
	return o.schedule
}

// scheduleOf returns the schedule of an optimizer that has one, or nil.
func scheduleOf(opt optimizer.Interface) func(update int) float64 {
	if o, ok := opt.(interface{ scheduled() func(int) float64 }); ok {
		return o.scheduled()
	}
	return nil
}

// requireOptimizer panics if opt is nil or empty.
func requireOptimizer(opt optimizer.Interface) {
	o, ok := opt.(Optimizer)
	if opt == nil || ok && o.Interface == nil {
		panic("d2l: NewTrainer needs an optimizer, such as SGD(0.1)")
	} else if sgd, isSGD := o.Interface.(*optimizer.SGDConfig); isSGD && o.schedule == nil {
		// GoMLX does not tell the rate. It has -1 where none was set, and then takes the default.
		if lr := reflect.ValueOf(sgd).Elem().FieldByName("initialLearningRate").Float(); lr != -1 {
			requireRate("GoMLX's SGD", lr)
		}
	} else if ok {
		requireOptimizer(o.Interface)
	}
}

// requireRate panics unless lr is a learning rate that an optimizer can use; name is
// the optimizer's.
func requireRate(name string, lr float64) {
	if !(lr > 0) || math.IsInf(lr, 0) {
		panic(fmt.Sprintf("d2l: %s needs a positive learning rate, got %v", name, lr))
	}
	if as32 := float64(float32(lr)); as32 == 0 || math.IsInf(as32, 0) {
		panic(fmt.Sprintf("d2l: %s needs a learning rate that a float32 can hold, got %v, which would be %v",
			name, lr, as32))
	}
}

// SGD returns plain stochastic gradient descent: each step subtracts lr times the
// gradient of the batch's mean loss from each parameter. It panics unless lr is a
// positive number.
//
// Book: sgd, section "Linear Regression Implementation from Scratch".
func SGD(lr float64) Optimizer {
	requireRate("SGD", lr)
	return Optimizer{Interface: plainSGD(lr)}
}

// plainSGD returns GoMLX's SGD without its default decay, which divides the rate by
// the square root of the step.
func plainSGD(lr float64) *optimizer.SGDConfig {
	return optimizer.StochasticGradientDescent().WithLearningRate(lr).WithDecay(false)
}

// descend adds GoMLX's update with these steps, those of all trained variables in their order: by a kernel where there is
// one, and GoMLX would do nothing besides.
func descend(sgd *optimizer.SGDConfig, scope *model.Scope, steps []*graph.Node, lossType dtypes.DType) {
	clips := model.GetParamOr(scope, optimizer.ParamClipStepByValue, 0.0) != 0
	if clips || model.GetParamOr(scope, optimizer.ParamClipNaN, false) {
		sgd.UpdateGraphWithGradients(scope, steps, lossType)
		return
	}
	var variables []*model.Variable
	var weights, gradients []*graph.Node
	i := 0
	for v := range scope.IterVariables() {
		if i == len(steps) || !v.Trainable || !v.InUseByGraph(steps[i].Graph()) {
			continue
		}
		g := steps[i].Graph()
		if w := v.NodeValue(g); xla.IsCPU(g.Backend()) && kernels.Usable(w) && kernels.Usable(steps[i]) {
			variables, weights, gradients = append(variables, v), append(weights, w), append(gradients, steps[i])
		}
		i++
	}
	sgd.UpdateGraphWithGradients(scope, steps, lossType)
	if len(variables) == 0 {
		return
	}
	rate := scope.At(optimizer.Scope).GetVariable(optimizer.ParamLearningRate).NodeValue(weights[0].Graph())
	for i, w := range kernels.Descend(graph.ConvertDType(rate, dtypes.Float32), weights, gradients) {
		variables[i].SetNodeValue(w) // In the place of GoMLX's.
	}
}

// Momentum returns stochastic gradient descent with momentum β. Each parameter has a
// velocity v, initially 0. A step with the gradient g sets v to βv + g and subtracts
// lr·v from the parameter. It panics unless lr is a positive number and momentum is
// at least 0 and less than 1.
//
// With a schedule this is the book's formula, and PyTorch's. Gluon's 'sgd' stores v
// multiplied by lr instead, so there a new rate affects new gradients only.
//
// Book: sgd_momentum, section "Momentum".
func Momentum(lr, momentum float64) Optimizer {
	requireRate("Momentum", lr)
	requireFraction("Momentum", "momentum", momentum)
	return Optimizer{Interface: sgdMomentum{sgd: plainSGD(lr), momentum: momentum}}
}

// sgdMomentum is SGD with momentum, which GoMLX v0.28.8 does not have.
type sgdMomentum struct {
	sgd      *optimizer.SGDConfig
	momentum float64
}

// velocityScope is the scope of the velocities, each at the path of its parameter.
const velocityScope = "/momentum"

func (m sgdMomentum) UpdateGraph(scope *model.Scope, g *graph.Graph, loss *graph.Node) {
	steps := scope.BuildTrainableVariablesGradientsGraph(loss)
	i := 0
	for v := range scope.IterVariables() { // In the order of the gradients.
		if !v.Trainable || !v.InUseByGraph(g) {
			continue
		}
		velocity := scope.Store().Scope(velocityScope+v.Scope()).WithInitializer(initializer.Zero).
			VariableWithShape(v.Name(), v.Shape()).SetTrainable(false)
		steps[i] = graph.Add(graph.MulScalar(velocity.NodeValue(g), m.momentum), steps[i])
		velocity.SetNodeValue(steps[i])
		i++
	}
	descend(m.sgd, scope, steps, loss.DType())
}

func (m sgdMomentum) Clear(scope *model.Scope) error {
	return scope.Store().Scope(velocityScope).DeleteVariablesInScope()
}

// Adam returns the optimizer Adam with the book's settings: β₁ = 0.9 for the momentum and
// β₂ = 0.999 for the second moment, unless betas gives both, and ε = 10⁻⁶ (Gluon and PyTorch
// have 10⁻⁸). It panics unless lr is a positive number and betas, if given, are two numbers
// from 0 to below 1. For another ε use GoMLX's:
//
//	d2l.Optimizer{Interface: optimizer.Adam().LearningRate(lr).Epsilon(1e-8).Done()}
//
// Book: adam, section "Adam".
func Adam(lr float64, betas ...float64) Optimizer {
	requireRate("Adam", lr)
	if len(betas) == 0 {
		betas = []float64{0.9, 0.999}
	}
	if len(betas) != 2 || !(min(betas[0], betas[1]) >= 0 && max(betas[0], betas[1]) < 1) {
		panic(fmt.Sprintf("d2l: Adam takes a learning rate and, or not, two betas of at least 0 and below 1, got %v", betas))
	}
	return Optimizer{Interface: optimizer.Adam().LearningRate(lr).Betas(betas[0], betas[1]).Epsilon(1e-6).Done()}
}

// Rate is the type of TrainCh5's lr: the learning rate of plain stochastic gradient
// descent, or an Optimizer. An optimizer of GoMLX is wrapped as
// Optimizer{Interface: …}. (int is allowed for constants such as 1, which Go types as
// an int.)
//
// Book: none; train_ch5 takes a number.
type Rate interface {
	float64 | int | Optimizer
}

// OptimizerOf returns SGD with the learning rate lr, or lr itself if it is an
// Optimizer. It panics unless a learning rate is a positive number.
//
// Book: none; train_ch5 always uses 'sgd'.
func OptimizerOf[R Rate](lr R) Optimizer { return optimizerOf(lr, SGD) }

// optimizerOf returns an Optimizer as it is, and, for a learning rate, the one that usual returns.
func optimizerOf[R Rate](lr R, usual func(lr float64) Optimizer) Optimizer {
	switch lr := any(lr).(type) {
	case Optimizer:
		return lr
	case int:
		return usual(float64(lr))
	default:
		return usual(lr.(float64))
	}
}
