package d2l

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/d2l-go/book/d2l/internal/report"
	"github.com/d2l-go/book/d2l/internal/weights"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// An updateRule is what an Optimizer has beside its formula: it changes gradients before it, and steps after it.
type updateRule struct {
	clip     float64 // 0 for none.
	decays   []decay // The last one that chooses a parameter counts.
	multiple func(name string) float64
}

// A decay is the λ of the parameters whose names are chosen, or of all if chosen is nil.
type decay struct {
	lambda float64
	chosen func(name string) bool
}

// WithWeightDecay returns the optimizer with weight decay λ: each step adds λ times the
// parameter to its gradient, after any clipping, which is that of the penalty λ/2·‖w‖².
// This is weight_decay of PyTorch's optimizers, of torch.optim.Adam too (not of AdamW).
//
// It is for all parameters, biases included, or for those that a function given chooses
// by their names in files, such as dense0.weight, or weight in a net of one layer:
//
//	d2l.SGD(0.1).WithWeightDecay(3, func(name string) bool { return strings.Contains(name, "weight") })
//
// (A normalization's scale is called weight as well, as in PyTorch.) Called several times, with
// several λ, the last one counts whose function chooses a parameter, and one without a function
// for all. If a function chooses none, a step returns an error. It panics unless lambda is a
// finite number from 0.
//
// Book: wd, section "Weight Decay".
func (o Optimizer) WithWeightDecay(lambda float64, chosen ...func(name string) bool) Optimizer {
	requireSetting("WithWeightDecay", "decay from 0", lambda, lambda >= 0)
	if len(chosen) > 1 || len(chosen) == 1 && chosen[0] == nil {
		panic("d2l: Optimizer.WithWeightDecay takes one function that chooses parameters, or none for all of them")
	}
	switch {
	case len(chosen) == 1:
		o.own.decays = append(slices.Clip(o.own.decays), decay{lambda, chosen[0]})
	case lambda == 0 && ruleOf(o.Interface).decays == nil:
		o.own.decays = nil
	default:
		o.own.decays = []decay{{lambda: lambda}}
	}
	return o
}

// WithGradientClipping returns the optimizer with gradient clipping: where the norm of all
// gradients together, the root of the sum of their squares, is above theta, they are
// multiplied by theta/(norm + 10⁻⁶), as by PyTorch's clip_grad_norm_. Parameters that
// WithRates freezes do not count. It panics unless theta is a positive number.
//
// Book: grad_clipping, section "Implementation of Recurrent Neural Networks from Scratch".
func (o Optimizer) WithGradientClipping(theta float64) Optimizer {
	requireSetting("WithGradientClipping", "positive norm", theta, theta > 0)
	o.own.clip = theta
	return o
}

// WithRates returns the optimizer with a learning rate for each parameter: multiple is
// called with a parameter's name in files, such as dense0.weight, when a step is compiled,
// and returns the factor of the optimizer's or schedule's rate. For fine tuning:
//
//	d2l.SGD(5e-5).WithRates(func(name string) float64 {
//		if strings.HasPrefix(name, "dense0.") {
//			return 10
//		}
//		return 1
//	})
//
// The factor 0 freezes a parameter: it stays to the bit, whatever the weight decay, and the
// optimizer keeps no state for it. multiple is also called with the names of running
// statistics, such as batchnorm0.running_mean; 0 keeps these as they are, and other factors
// make no difference. (The layer normalizes with the batch's statistics in training all
// the same, as in PyTorch; with BatchNorm's UseGlobalStats it does not.)
// A factor that is negative, infinite or NaN is an error of the step, and so is 0 for all. If it is 1 for all, as
// where none has the name that multiple looks for, the step says so on standard error. It panics if it was called
// before.
//
// Book: lr_mult in Gluon, parameter groups in PyTorch; train_fine_tuning, section "Fine-Tuning".
func (o Optimizer) WithRates(multiple func(name string) float64) Optimizer {
	if multiple == nil {
		panic("d2l: Optimizer.WithRates needs a function")
	}
	if o.own.multiple != nil {
		panic("d2l: Optimizer.WithRates was called before: one function gives the factors of all parameters")
	}
	o.own.multiple = multiple
	return o
}

func requireSetting(method, expected string, value float64, ok bool) {
	if !ok || math.IsInf(float64(float32(value)), 0) {
		panic(fmt.Sprintf("d2l: Optimizer.%s needs a %s, got %v", method, expected, value))
	}
}

// rule returns what the optimizer has, and what the one inside it has beside that.
func (o Optimizer) rule() updateRule {
	rule := ruleOf(o.Interface)
	if o.own.clip != 0 {
		rule.clip = o.own.clip
	}
	rule.decays = append(slices.Clip(rule.decays), o.own.decays...)
	if o.own.multiple != nil {
		rule.multiple = o.own.multiple
	}
	return rule
}

func ruleOf(opt optimizer.Interface) updateRule {
	if o, ok := opt.(interface{ rule() updateRule }); ok {
		return o.rule()
	}
	return updateRule{}
}

// factor returns what the learning rate of a variable is multiplied by.
func (r updateRule) factor(name string) float64 {
	if r.multiple == nil {
		return 1
	}
	factor := r.multiple(name)
	if !(factor >= 0) || math.IsInf(float64(float32(factor)), 0) {
		panic(fmt.Sprintf("the function of WithRates gives %s the factor %v: expected a finite number from 0", name, factor))
	}
	return factor
}

// decay returns the λ of a parameter.
func (r updateRule) decay(name string) float64 {
	for _, d := range slices.Backward(r.decays) {
		if d.chosen == nil || d.chosen(name) {
			return d.lambda
		}
	}
	return 0
}

// requireChosen panics if a function of WithWeightDecay chooses none of the parameters that a step trains, as one with a
// misspelt name does, and reports if that of WithRates gives 1 to all variables.
func (r updateRule) requireChosen(trained, others []string) {
	for _, d := range r.decays {
		if d.chosen != nil && !slices.ContainsFunc(trained, d.chosen) {
			panic(fmt.Sprintf("the function of WithWeightDecay chooses none of the parameters that are trained, which are %.400s",
				strings.Join(trained, ", ")))
		}
	}
	all := slices.Concat(trained, others)
	if r.multiple != nil && !slices.ContainsFunc(all, func(name string) bool { return r.factor(name) != 1 }) {
		report.WarnOnce(fmt.Sprintf("d2l: the function of WithRates gives the factor 1 to all parameters, as without it; their "+
			"names are %.400s", strings.Join(all, ", ")))
	}
}

// update adds the optimizer's update to the graph of the loss. Old returns what a variable was before the step.
func (t *Trainer) update(loss *graph.Node, opt optimizer.Interface, old func(v *model.Variable) *graph.Node) {
	g, rule := loss.Graph(), ruleOf(opt)
	root := t.net.store.RootScope()
	if rule.clip == 0 && rule.decays == nil && rule.multiple == nil {
		opt.UpdateGraph(root, g, loss)
		return
	}
	names, err := weights.Names(t.net.store.Scope(netScope), t.net.stateRules())
	if err != nil {
		panic(err)
	}
	var learnt, others []string
	for v := range t.net.store.Scope(netScope).IterVariables() {
		switch {
		case !v.InUseByGraph(g):
		case v.Trainable:
			learnt = append(learnt, names[v])
		default:
			others = append(others, names[v])
		}
	}
	rule.requireChosen(learnt, others)
	var trained []*model.Variable
	var before []*graph.Node
	for v := range t.net.store.Scope(netScope).IterVariables() {
		if !v.InUseByGraph(g) {
			continue
		}
		switch frozen := rule.factor(names[v]) == 0; {
		case frozen && v.Trainable:
			v.Trainable = false // Optimizers leave it out, with what they would keep for it.
			defer func() { v.Trainable = true }()
		case frozen:
			v.SetNodeValue(old(v))
		case v.Trainable:
			trained, before = append(trained, v), append(before, v.NodeValue(g))
		}
	}
	if len(trained) == 0 {
		panic("the function of WithRates freezes all parameters, so that there is nothing to train")
	}
	if rule.clip != 0 || rule.decays != nil {
		loss = rule.withGradients(loss, trained, before, names)
	}
	opt.UpdateGraph(root, g, loss)
	for i, v := range trained {
		if factor := rule.factor(names[v]); factor != 1 {
			step := graph.Sub(v.NodeValue(g), before[i])
			v.SetNodeValue(graph.Add(before[i], graph.MulScalar(step, factor)))
		}
	}
}

// withGradients returns a scalar whose gradients are those of the loss, clipped and with weight decay. So any optimizer
// can have them, as all take a loss.
func (r updateRule) withGradients(loss *graph.Node, trained []*model.Variable, values []*graph.Node,
	names map[*model.Variable]string) *graph.Node {
	dtype := loss.DType()
	gradients := graph.Gradient(loss, values...)
	if r.clip != 0 {
		sum := graph.ScalarZero(loss.Graph(), dtype)
		for _, gradient := range gradients {
			sum = graph.Add(sum, graph.ConvertDType(graph.ReduceAllSum(graph.Square(gradient)), dtype))
		}
		const epsilon = 1e-6 // PyTorch's.
		scale := graph.Div(graph.Scalar(loss.Graph(), dtype, r.clip), graph.AddScalar(graph.Sqrt(sum), epsilon))
		scale = graph.MinScalar(scale, 1)
		for i, gradient := range gradients {
			gradients[i] = graph.Mul(gradient, graph.ConvertDType(scale, gradient.DType()))
		}
	}
	total := graph.ScalarZero(loss.Graph(), dtype)
	for i, gradient := range gradients {
		if lambda := r.decay(names[trained[i]]); lambda != 0 {
			gradient = graph.Add(gradient, graph.MulScalar(values[i], lambda))
		}
		product := graph.ReduceAllSum(graph.Mul(graph.StopGradient(gradient), values[i]))
		total = graph.Add(total, graph.ConvertDType(product, dtype))
	}
	return total
}
