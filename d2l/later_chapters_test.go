package d2l_test

import (
	"fmt"
	"regexp"
	"testing"
)

// The shapes that the book's section "Deep Convolutional Neural Networks (AlexNet)"
// prints.
const alexNetShapes = `conv0 output shape: (1, 96, 54, 54)
pool0 output shape: (1, 96, 26, 26)
conv1 output shape: (1, 256, 26, 26)
pool1 output shape: (1, 256, 12, 12)
conv2 output shape: (1, 384, 12, 12)
conv3 output shape: (1, 384, 12, 12)
conv4 output shape: (1, 256, 12, 12)
pool2 output shape: (1, 256, 5, 5)
dense0 output shape: (1, 4096)
dropout0 output shape: (1, 4096)
dense1 output shape: (1, 4096)
dropout1 output shape: (1, 4096)
dense2 output shape: (1, 10)
`

// Nets of later chapters train with TrainCh5 as it is, on real data. Before a net
// has learnt, the loss is 2.3 and the accuracy 0.1.
func TestLaterChapters(t *testing.T) {
	for name, c := range map[string]struct {
		example func()
		shapes  string
		maxLoss float64
		minAcc  float64 // On test images.
	}{
		"AlexNet":             {ExampleTrainCh5_alexNet, alexNetShapes, 2.2, 0.2},
		"batch normalization": {ExampleTrainCh5_batchNorm, "", 1.5, 0.5},
		"residual":            {ExampleTrainCh5_residual, "", 1.8, 0.4},
		"dropout":             {ExampleTrainCh5_dropout, "", 1.6, 0.5},
	} {
		t.Run(name, func(t *testing.T) {
			printed := printedBy(t, c.example)
			lines := regexp.MustCompile(regexp.QuoteMeta(c.shapes) + trainedLines).FindStringSubmatch(printed)
			if lines == nil || lines[0] != printed {
				t.Fatalf("printed\n%s, expected\n%s%s", printed, c.shapes, trainedLines)
			}
			var loss, testAcc float64
			fmt.Sscan(lines[1], &loss)
			fmt.Sscan(lines[3], &testAcc)
			if loss > c.maxLoss || testAcc < c.minAcc {
				t.Errorf("loss %v, expected %v or less; test acc %v, expected %v or more", loss, c.maxLoss, testAcc, c.minAcc)
			}
			t.Log(printed[len(c.shapes):])
		})
	}
}
