package d2l_test

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/d2l-go/book/d2l"
)

// dataCh11 is the book's get_data_ch11: 1,500 measurements of the noise of an airfoil, five features and the sound
// level, each scaled to mean 0 and variance 1.
func dataCh11(batchSize int) d2l.DataIter {
	text := d2l.Must(os.ReadFile("testdata/airfoil_self_noise.dat"))
	var rows [][]float32
	for line := range strings.Lines(string(text)) {
		var row []float32
		for _, field := range strings.Fields(line) {
			row = append(row, float32(d2l.Must(strconv.ParseFloat(field, 32))))
		}
		rows = append(rows, row)
	}
	for column := range rows[0] {
		var mean, square float64
		for _, row := range rows {
			mean += float64(row[column]) / float64(len(rows))
		}
		for _, row := range rows {
			square += math.Pow(float64(row[column])-mean, 2) / float64(len(rows))
		}
		for _, row := range rows {
			row[column] = float32((float64(row[column]) - mean) / math.Sqrt(square))
		}
	}
	var features [][]float32
	var labels []float32
	for _, row := range rows[:1500] {
		features, labels = append(features, row[:5]), append(labels, row[5])
	}
	return d2l.LoadArray(d2l.NewTensor(features), d2l.NewTensor(labels), batchSize, true)
}

// trainConciseCh11 is the book's train_concise_ch11, without its plot.
func trainConciseCh11(opt d2l.Optimizer, dataIter d2l.DataIter, numEpochs int) float64 {
	net := d2l.NewNet(d2l.Dense{Units: 1})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer, timer := d2l.Must(d2l.NewTrainer(net, opt)).WithLoss(d2l.L2Loss{}), d2l.NewTimer()
	timer.Stop()
	for range numEpochs {
		for range trainer.Steps(dataIter, timer) {
		}
		d2l.Check(trainer.Err())
	}
	return d2l.Must(trainer.EvaluateLoss(dataIter))
}

// The optimizers of the book's chapter 11 on its data, with settings of its sections.
func ExampleTrainer_WithLoss_ch11() {
	d2l.Seed(1)
	for _, c := range []struct {
		name  string
		opt   d2l.Optimizer
		batch int
	}{
		{"sgd", d2l.SGD(0.05), 10}, {"momentum", d2l.Momentum(0.005, 0.9), 10}, {"adam", d2l.Adam(0.01), 10},
	} {
		loss := trainConciseCh11(c.opt, dataCh11(c.batch), 2)
		fmt.Printf("%s: loss from 0.240 to 0.255: %v\n", c.name, loss >= 0.24 && loss < 0.255)
	}
	// Output:
	// sgd: loss from 0.240 to 0.255: true
	// momentum: loss from 0.240 to 0.255: true
	// adam: loss from 0.240 to 0.255: true
}
