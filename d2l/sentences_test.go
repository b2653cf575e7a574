package d2l

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/gomlx/gomlx/core/tensors"
)

// A net that has seen one width gets X of another, or of another type.
func TestOtherWidth(t *testing.T) {
	for name, c := range map[string]struct {
		layer       Layer
		first, then *tensors.Tensor
		want        string
	}{
		"Dense": {Dense{Units: 2}, waves(1, 1, 2, 4), waves(1, 1, 2, 5),
			"its parameter weights has the shape (4, 2), and with this input would have (5, 2): give X the channels, or the width, for which"},
		"Conv2D": {Sequential{Conv2D{Channels: 2, KernelSize: 3}}, waves(1, 1, 2, 1, 8, 8), waves(1, 1, 2, 3, 8, 8),
			"layer conv0, which gets (2, 3, 8, 8): its parameter weights has the shape (3, 3, 1, 2), and with this input"},
		"BatchNorm": {Sequential{BatchNorm{}}, waves(1, 1, 2, 4), waves(1, 1, 2, 5),
			"layer batchnorm0, which gets (2, 5): its parameter "},
		"GRU": {Sequential{GRU{HiddenSize: 2}}, waves(1, 1, 2, 3, 4), waves(1, 1, 2, 3, 5),
			"its parameter weight_ih_l0 has the shape (6, 4), and with this input would have (6, 5)"},
		"float64": {Dense{Units: 2}, waves(1, 1, 1, 2), tensors.FromValue([][]float64{{1, 2}}),
			"its parameter weights is Float32, and with this input would be Float64: convert X to Float32"},
	} {
		t.Run(name, func(t *testing.T) {
			net := NewNet(c.layer)
			noError(t, net.Initialize(testDevice(), Xavier))
			must(net.Forward(c.first))(t)
			_, err := net.Forward(c.then)
			wantError(t, err, c.want)
			must(net.Forward(c.first))(t)
		})
	}
}

// A value of another shape is refused by SetParameter, and named after SetValue before anything is computed with it.
func TestSetParameterShapes(t *testing.T) {
	net := NewNet(Sequential{Dense{Units: 3}})
	noError(t, net.Initialize(testDevice(), Xavier))
	wantError(t, net.SetParameter("dense0.bias", []float32{1, 2, 3}), "the net has no parameters yet")
	X, y := waves(1, 1, 2, 4), tensors.FromValue([]int32{0, 1})
	trainer := must(NewTrainer(net, SGD(0.1)))(t)
	step := func() error { _, _, err := trainer.Step(X, y); return err }
	noError(t, step())
	before := fmt.Sprint(float32s(t, must(net.Forward(X))(t)))
	for _, value := range []any{[]float32{1}, []float64{1, 2, 3}, [][]float32{{1, 2, 3}}, float32(1), nil, "a",
		(*tensors.Tensor)(nil)} {
		wantError(t, net.SetParameter("dense0.bias", value), "dense0.bias")
	}
	if after := fmt.Sprint(float32s(t, must(net.Forward(X))(t))); after != before {
		t.Error("a refused value changed the net")
	}
	bias := tensors.FromValue([]float32{1, 2, 3})
	noError(t, net.SetParameter("dense0.bias", bias))
	noError(t, step())
	d2ltest.Near(t, "the caller's value", float32s(t, bias), []float32{1, 2, 3}, 0)

	v := must(net.Parameter("dense0.bias"))(t)
	for _, wrong := range []*tensors.Tensor{tensors.FromValue([]float32{1}), tensors.FromValue([]float64{1, 2, 3})} {
		noError(t, v.SetValue(wrong))
		const want = "the variable /net/dense0/biases was given a value of the shape "
		wantError(t, step(), want)
		_, err := net.Forward(X)
		wantError(t, err, want)
		noError(t, v.SetValue(tensors.FromValue([]float32{1, 2, 3})))
		noError(t, step())
	}
}

func TestNothingGiven(t *testing.T) {
	net := NewNet(Dense{Units: 2})
	noError(t, net.Initialize(testDevice(), Xavier))
	X, y := waves(1, 1, 2, 4), tensors.FromValue([]int32{0, 1})
	data, device := LoadArray(X, y, 2, true), testDevice()
	trainer := must(NewTrainer(net, SGD(0.1)))(t)
	var typed *seqIter
	const noIter = " got a DataIter that is nil ("
	for name, c := range map[string]struct {
		f    func()
		want string
	}{
		"Forward":             {func() { net.Forward(nil) }, "d2l: Net.Forward got an X that is nil"},
		"Step without X":      {func() { trainer.Step(nil, y) }, "d2l: Trainer.Step got an X that is nil"},
		"Step without y":      {func() { trainer.Step(X, nil) }, "d2l: Trainer.Step got a y that is nil"},
		"Steps":               {func() { trainer.Steps(nil, nil) }, "d2l: Trainer.Steps" + noIter},
		"EvaluateLoss":        {func() { trainer.EvaluateLoss(nil) }, "d2l: Trainer.EvaluateLoss" + noIter},
		"EvaluateAccuracyGPU": {func() { EvaluateAccuracyGPU(net, nil) }, "d2l: Net.ForwardEach" + noIter},
		"a nil pointer":       {func() { EvaluateAccuracyGPU(net, typed) }, noIter + "*d2l.seqIter)"},
		"OnDevice":            {func() { OnDevice(nil) }, "d2l: OnDevice" + noIter},
		"FirstBatches":        {func() { FirstBatches(nil, 1) }, "d2l: FirstBatches" + noIter},
		"TrainCh5":            {func() { TrainCh5(net, data, nil, 1, 0.1, device) }, "d2l: TrainCh5 needs data"},
		"TrainCh8":            {func() { TrainCh8(net, data, nil, 0.1, 1, device) }, "d2l: TrainCh8 needs data and its vocabulary"},
		"TrainCh13": {func() { TrainCh13(net, nil, data, SoftmaxCrossEntropyLoss{}, 0.1, 1) },
			"d2l: TrainCh13 needs data"},
		"Initialize":         {func() { net.Initialize(device, nil) }, "needs an Initializer, such as Xavier"},
		"TrainCh5 of no net": {func() { TrainCh5(nil, data, data, 1, 0.1, device) }, "d2l: Net.Initialize of a nil *d2l.Net"},
		"PredictCh8":         {func() { PredictCh8("a", 1, nil, NewVocab(nil, 0)) }, "a net and its vocabulary"},
		"ShapeOf":            {func() { ShapeOf(nil) }, "d2l: ShapeOf of a nil *tensors.Tensor: NewTensor makes one"},
		"Predict":            {func() { Predict(nil) }, "d2l: Predict of a nil"},
		"Accuracy":           {func() { Accuracy(nil, y) }, "d2l: Accuracy of a nil"},
		"Accuracy without y": {func() { Accuracy(X, nil) }, "d2l: Accuracy of a nil"},
		"Images":             {func() { Images(nil) }, "d2l: Images of a nil"},
		"FeatureMaps":        {func() { FeatureMaps(nil) }, "d2l: FeatureMaps of a nil"},
		"LoadArray":          {func() { LoadArray(nil, y, 2, true) }, "d2l: LoadArray"},
		"DrawVertical":       {func() { DrawVertical(nil, 1) }, "d2l: the drawing of a nil *d2l.Net"},
		"NewTrainer":         {func() { NewTrainer(nil, SGD(0.1)) }, "d2l: NewTrainer got a net that is nil"},
	} {
		t.Run(name, func(t *testing.T) { wantPanic(t, c.f, c.want) })
	}
}

// Every exported method of a type with a constructor says in a sentence that its receiver is nil.
func TestNilReceivers(t *testing.T) {
	for _, nothing := range []any{
		(*Net)(nil), (*Trainer)(nil), (*Vocab)(nil), (*Animator)(nil), (*Figure)(nil), (*Timer)(nil),
	} {
		value := reflect.ValueOf(nothing)
		for i := range value.NumMethod() {
			method, name := value.Method(i), value.Type().Method(i).Name
			if name == "String" { // Package fmt writes <nil> for it.
				continue
			}
			var arguments []reflect.Value
			for i := range method.Type().NumIn() {
				if i < method.Type().NumIn()-1 || !method.Type().IsVariadic() {
					arguments = append(arguments, reflect.Zero(method.Type().In(i)))
				}
			}
			typ := value.Type().Elem().Name()
			t.Run(typ+"."+name, func(t *testing.T) {
				wantPanic(t, func() { method.Call(arguments) }, "d2l: "+typ+"."+name+" of a nil *d2l."+typ+": ")
			})
		}
	}
}
