package d2l_test

import (
	"fmt"
	"math"
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

// The shapes that the book prints in its sections on VGG, NiN and GoogLeNet, and those of DenseNet's blocks.
const (
	vggShapes = `sequential0 output shape: (1, 64, 112, 112)
sequential1 output shape: (1, 128, 56, 56)
sequential2 output shape: (1, 256, 28, 28)
sequential3 output shape: (1, 512, 14, 14)
sequential4 output shape: (1, 512, 7, 7)
dense0 output shape: (1, 4096)
dropout0 output shape: (1, 4096)
dense1 output shape: (1, 4096)
dropout1 output shape: (1, 4096)
dense2 output shape: (1, 10)
`
	ninShapes = `sequential0 output shape: (1, 96, 54, 54)
pool0 output shape: (1, 96, 26, 26)
sequential1 output shape: (1, 256, 26, 26)
pool1 output shape: (1, 256, 12, 12)
sequential2 output shape: (1, 384, 12, 12)
pool2 output shape: (1, 384, 5, 5)
dropout0 output shape: (1, 384, 5, 5)
sequential3 output shape: (1, 10, 5, 5)
pool3 output shape: (1, 10, 1, 1)
flatten0 output shape: (1, 10)
`
	googLeNetShapes = `sequential0 output shape: (1, 64, 24, 24)
sequential1 output shape: (1, 192, 12, 12)
sequential2 output shape: (1, 480, 6, 6)
sequential3 output shape: (1, 832, 3, 3)
sequential4 output shape: (1, 1024)
dense0 output shape: (1, 10)
`
	denseNetShapes = `sequential0 output shape: (1, 23, 8, 8)
sequential1 output shape: (1, 10, 4, 4)
conv0 output shape: (1, 64, 48, 48)
batchnorm0 output shape: (1, 64, 48, 48)
relu0 output shape: (1, 64, 48, 48)
pool0 output shape: (1, 64, 24, 24)
sequential0 output shape: (1, 192, 24, 24)
sequential1 output shape: (1, 96, 12, 12)
sequential2 output shape: (1, 224, 12, 12)
sequential3 output shape: (1, 112, 6, 6)
sequential4 output shape: (1, 240, 6, 6)
sequential5 output shape: (1, 120, 3, 3)
sequential6 output shape: (1, 248, 3, 3)
batchnorm1 output shape: (1, 248, 3, 3)
relu1 output shape: (1, 248, 3, 3)
pool1 output shape: (1, 248, 1, 1)
dense0 output shape: (1, 10)
`
)

// Nets of later chapters train with TrainCh5 as it is, on real data. Before a net
// has learnt, the loss is 2.3 and the accuracy 0.1.
func TestLaterChapters(t *testing.T) {
	for name, c := range map[string]struct {
		example func()
		shapes  string
		maxLoss float64
		minAcc  float64 // On test images.
	}{
		"softmax regression": {ExampleTrainCh5_softmaxRegression, "", 0.9, 0.7},
		"MLP":                {ExampleTrainCh5_mlp, "", 1.2, 0.65},
		"VGG":                {ExampleTrainCh6_vgg, vggShapes, 2.2, 0.2},
		"NiN":                {ExampleTrainCh6_nin, ninShapes, 2.25, 0.2},
		"GoogLeNet":          {ExampleTrainCh6_googLeNet, googLeNetShapes, 2, 0.3},
		"DenseNet":           {ExampleTrainCh6_denseNet, denseNetShapes, 1.2, 0.5},
		"augmentation":       {ExampleTrainCh13_augmentation, "", 1.1, 0.6},
		"AlexNet":            {ExampleTrainCh5_alexNet, alexNetShapes, 2.2, 0.2},
		"residual":           {ExampleTrainCh5_residual, "", 1.8, 0.4},
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

// A layer from scratch trains as d2l's own does: the same random numbers are dropped, and the batches are normalized to
// the same numbers.
func TestLayersFromScratch(t *testing.T) {
	for name, c := range map[string]struct{ scratch, concise func() }{
		"dropout":             {ExampleTrainCh5_dropoutScratch, ExampleTrainCh5_dropout},
		"batch normalization": {ExampleTrainCh5_batchNormScratch, ExampleTrainCh5_batchNorm},
	} {
		t.Run(name, func(t *testing.T) {
			var loss, testAcc [2]float64
			for i, example := range []func(){c.scratch, c.concise} {
				printed := printedBy(t, example)
				lines := regexp.MustCompile("^" + trainedLines).FindStringSubmatch(printed)
				if lines == nil {
					t.Fatalf("printed\n%s, expected %s", printed, trainedLines)
				}
				fmt.Sscan(lines[1], &loss[i])
				fmt.Sscan(lines[3], &testAcc[i])
			}
			if math.Abs(loss[0]-loss[1]) > 0.005 || loss[0] > 1.4 || min(testAcc[0], testAcc[1]) < 0.5 {
				t.Errorf("losses %v, expected the same, 1.4 or less; test acc %v, expected 0.5 or more", loss, testAcc)
			}
		})
	}
}
