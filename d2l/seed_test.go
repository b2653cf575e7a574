package d2l_test

import (
	"reflect"
	"testing"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/d2l-go/book/lenet"
	"github.com/gomlx/gomlx/core/tensors"
)

// A seed repeats the chapter's training, here a small part of it, to the bit.
func TestSeedRepeats(t *testing.T) {
	run := func() (d2l.Result, [][]float32) {
		d2l.Seed(1)
		trainIter, testIter := d2l.LoadDataFashionMnist(128)
		trainIter, testIter = d2l.FirstBatches(trainIter, 15), d2l.FirstBatches(testIter, 4)
		net := lenet.New()
		result, err := d2l.TrainCh5(net, trainIter, testIter, 2, 0.9, d2ltest.Device(d2l.CPU, d2l.GPU))
		d2ltest.NoError(t, err)
		result.ExamplesPerSec = 0 // The only figure that may differ.
		var parameters [][]float32
		for _, p := range net.Parameters() {
			value, err := p.Value()
			d2ltest.NoError(t, err)
			numbers, err := tensors.CopyFlatData[float32](value)
			d2ltest.NoError(t, err)
			parameters = append(parameters, numbers)
		}
		return *result, parameters
	}
	result, parameters := run()
	again, parametersAgain := run()
	if !reflect.DeepEqual(result, again) || !reflect.DeepEqual(parameters, parametersAgain) {
		t.Errorf("the same seed gives %+v and %+v", result, again)
	}
	if !(result.Loss > 1.5 && result.Loss < 3) || !(result.TrainAcc > 0.05 && result.TrainAcc < 0.6) {
		t.Errorf("after 30 steps: %+v", result)
	}
}
