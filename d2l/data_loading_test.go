package d2l

import (
	"fmt"
	"image"
	"image/color"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"
)

// ofLength is a DataIter that yields n batches and says that it has another number.
type ofLength struct {
	DataIter
	length, n int
}

func (o ofLength) Name() string { return "mine" }
func (o ofLength) Len() int     { return o.length }

func (o ofLength) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for range o.n {
			if !yield(train.Batch{Inputs: []*tensors.Tensor{waves(1, 1, 2, 3)},
				Labels: []*tensors.Tensor{tensors.FromValue([]int32{0, 1})}}, nil) {
				return
			}
		}
	}
}

// A DataIter whose Len is not the number of its batches is an error, in training and in evaluation.
func TestLenThatDoesNotAgree(t *testing.T) {
	for want, data := range map[string]ofLength{
		"mine yields 2 batches, but its Len() is 3: make them agree":           {length: 3, n: 2},
		"mine yields more than 1 batches, which is its Len(): make them agree": {length: 1, n: 2},
		"": {length: 2, n: 2},
	} {
		net := NewNet(Dense{Units: 2})
		noError(t, net.Initialize(testDevice(), Xavier))
		trainer := must(NewTrainer(net, SGD(0.1)))(t)
		for range trainer.Steps(data, NewTimer()) {
		}
		_, err := EvaluateAccuracyGPU(net, data)
		if want == "" {
			noError(t, trainer.Err())
			noError(t, err)
			continue
		}
		wantError(t, trainer.Err(), want)
		wantError(t, err, want)
	}
}

// In training all examples come once in each epoch, with their labels, in another order.
func TestLoadArray(t *testing.T) {
	var values []float64
	var labels []bool
	for i := range 10 {
		values, labels = append(values, float64(i), -float64(i)), append(labels, i%3 == 0)
	}
	X, y := tensors.FromFlatDataAndDimensions(values, 10, 2, 1), tensors.FromFlatDataAndDimensions(labels, 10, 1)
	Seed(3)
	data := LoadArray(X, y, 4, true)
	var epochs [2][]float64
	for epoch := range epochs {
		sizes := ""
		for batch, err := range data.Iter() {
			noError(t, err)
			sizes += fmt.Sprint(ShapeOf(batch.Inputs[0]), ShapeOf(batch.Labels[0]))
			x, y := tensors.MustCopyFlatData[float64](batch.Inputs[0]), tensors.MustCopyFlatData[bool](batch.Labels[0])
			for i, label := range y {
				if x[2*i+1] != -x[2*i] || label != (int(x[2*i])%3 == 0) {
					t.Errorf("the example %v has the label %v", x[2*i:2*i+2], label)
				}
				epochs[epoch] = append(epochs[epoch], x[2*i])
			}
		}
		if sizes != "(4, 2, 1) (4, 1)(4, 2, 1) (4, 1)(2, 2, 1) (2, 1)" || data.Len() != 3 {
			t.Errorf("batches of %s, Len %d", sizes, data.Len())
		}
	}
	if slices.Equal(epochs[0], epochs[1]) {
		t.Errorf("both epochs have the order %v", epochs[0])
	}
	slices.Sort(epochs[0])
	if fmt.Sprint(epochs[0]) != "[0 1 2 3 4 5 6 7 8 9]" {
		t.Errorf("the epoch has %v", epochs[0])
	}
	wantPanic(t, func() { LoadArray(X, tensors.FromValue([]int32{1}), 4, true) }, "the same number of examples, at least "+
		"one, got (10, 2, 1) and (1,)")
	wantPanic(t, func() { LoadArray(nil, y, 4, true) }, "got nil and (10, 1)")
	wantPanic(t, func() { LoadArray(X, y, 0, true) }, "d2l: LoadArray needs a positive batch size, got 0")
	wantPanic(t, func() { FirstBatches(data, -1) }, "d2l: FirstBatches needs a number of batches, got -1")
}

// Every epoch has as many sequences as Len says, wherever it begins, none of them twice; y is one token ahead.
func TestSeqDataIter(t *testing.T) {
	for _, tokens := range []int{35, 36, 37, 38, 39, 40, 41, 15} {
		corpus := make([]int32, tokens)
		for i := range corpus {
			corpus[i] = int32(i)
		}
		for name, data := range map[string]DataIter{
			"random": SeqDataIterRandom(corpus, 2, 5), "consecutive": SeqDataIterConsecutive(corpus, 2, 4),
		} {
			offsets := map[int32]bool{}
			for range 30 {
				seen, batches := map[int32]bool{}, 0
				var last []int32
				for batch, err := range data.Iter() {
					noError(t, err)
					X, y := tensors.MustCopyFlatData[int32](batch.Inputs[0]), tensors.MustCopyFlatData[int32](batch.Labels[0])
					for i, x := range X {
						if y[i] != x+1 || seen[x] {
							t.Errorf("%s: %d and %d, seen: %v", name, x, y[i], seen[x])
						}
						seen[x] = true
					}
					steps := len(X) / 2
					if name == "consecutive" && last != nil && (X[0] != last[0]+1 || X[steps] != last[1]+1) {
						t.Errorf("%v does not continue %v", X, last)
					}
					last = []int32{X[steps-1], X[2*steps-1]}
					batches++
				}
				if batches != data.Len() || batches == 0 {
					t.Errorf("%s of %d tokens: %d batches, expected %d", name, tokens, batches, data.Len())
				}
				first := int32(math.MaxInt32)
				for x := range seen {
					first = min(first, x)
				}
				offsets[first] = true
			}
			if len(offsets) < 3 {
				t.Errorf("%s: epochs begin at %v alone", name, offsets)
			}
		}
	}
	wantPanic(t, func() { SeqDataIterRandom(make([]int32, 11), 2, 5) }, "SeqDataIterRandom needs", "2, 5 and 11 tokens")
	wantPanic(t, func() { SeqDataIterConsecutive(nil, 0, 5) }, "0, 5 and 0 tokens")
	wantPanic(t, func() { SeqDataIterRandom(nil, 1, 0) }, "1, 0 and 0 tokens")
}

// Flips move pixels and change none; colours change as they should; pictures need not begin at (0, 0).
func TestTransforms(t *testing.T) {
	Seed(5)
	whole := image.NewNRGBA(image.Rect(0, 0, 9, 9))
	for i := range whole.Pix {
		whole.Pix[i] = uint8(i * 37)
		if i%4 == 3 {
			whole.Pix[i] = 0xff
		}
	}
	part := whole.SubImage(image.Rect(2, 3, 7, 6)) // 5 × 3.
	at := func(p image.Image, x, y int) [3]float64 { return rgbOf(p)[y*p.Bounds().Dx()+x] }
	for name, c := range map[string]struct {
		transform Transform
		place     func(x, y int) (int, int)
	}{
		"left right": {RandomFlipLeftRight(), func(x, y int) (int, int) { return 4 - x, y }},
		"top bottom": {RandomFlipTopBottom(), func(x, y int) (int, int) { return x, 2 - y }},
	} {
		flipped := 0
		for range 40 {
			picture := c.transform(part)
			if at(picture, 0, 0) != at(part, 0, 0) {
				flipped++
			}
			for y := range 3 {
				for x := range 5 {
					toX, toY := c.place(x, y)
					if at(picture, 0, 0) == at(part, 0, 0) {
						toX, toY = x, y
					}
					if at(picture, toX, toY) != at(part, x, y) {
						t.Fatalf("%s: pixel (%d, %d) is wrong", name, x, y)
					}
				}
			}
		}
		if flipped < 8 || flipped > 32 {
			t.Errorf("%s: %d of 40 flipped", name, flipped)
		}
	}
	for range 30 {
		for i, p := range rgbOf(RandomColorJitter(0, 0, 0, 0)(part)) {
			if p != rgbOf(part)[i] {
				t.Fatal("a jitter of 0 changes pixels")
			}
		}
		crop := RandomResizedCrop(4, 6, [2]float64{0.1, 1}, [2]float64{0.5, 2})(part)
		if crop.Bounds() != image.Rect(0, 0, 4, 6) {
			t.Errorf("the crop is %v", crop.Bounds())
		}
	}
	// A third of a turn makes red green; without saturation all is grey.
	third := turned([3]float64{1, 0.2, 0.2}, 1.0/3)
	for c, want := range [3]float64{0.2, 1, 0.2} {
		if math.Abs(third[c]-want) > 1e-9 {
			t.Errorf("red, a third of a turn on, is %v", third)
		}
	}
	if p := blend([3]float64{1, 0, 0}, grayOf([3]float64{1, 0, 0}), 0); p[0] != p[1] || math.Abs(p[0]-0.2989) > 1e-9 {
		t.Errorf("red without colour is %v", p)
	}
	wantPanic(t, func() { RandomResizedCrop(1, 1, [2]float64{0, 1}, [2]float64{1, 1}) }, "a scale between 0 and 1")
	wantPanic(t, func() { RandomColorJitter(0, 0, 0, 0.6) }, "a hue of at most 0.5")
	wantPanic(t, func() { Resize(0, 3) }, "d2l: Resize needs a positive width and height, got 0 × 3")
	wantPanic(t, func() { ToTensor(part, whole) }, "picture 1 has 9 × 9 pixels, the first 5 × 3; Resize them")
	wantPanic(t, func() { ToTensor() }, "at least one picture")
}

// Pictures that cannot be read, or do not fit together, are errors of the loop that name them.
func TestLoadImagesFaults(t *testing.T) {
	gray := image.NewGray(image.Rect(0, 0, 2, 2))
	gray.SetGray(1, 0, color.Gray{51})
	if X := ToTensor(gray, gray); ShapeOf(X).String() != "(2, 1, 2, 2)" || float32s(t, X)[1] != 0.2 {
		t.Errorf("grey pictures are %v", X)
	}
	other := image.NewGray(image.Rect(0, 0, 3, 2))
	for _, err := range LoadImages([]image.Image{gray, other}, []int32{0, 1}, 2, false, nil).Iter() {
		wantError(t, err, "pictures: pictures of (2,2) and (3,2) pixels cannot be in one batch")
	}
	wantPanic(t, func() { LoadImages([]image.Image{gray}, nil, 2, false, nil) }, "got 1 pictures and 0 labels")
	dir := t.TempDir()
	_, _, err := LoadImageFolder(dir, 2, true, nil)
	wantError(t, err, "there are no pictures in the subfolders of "+dir)
	_, _, err = LoadImageFolder(filepath.Join(dir, "none"), 2, true, nil)
	wantError(t, err, "finding pictures: open")
	noError(t, os.Mkdir(filepath.Join(dir, "cat"), 0o777))
	noError(t, os.WriteFile(filepath.Join(dir, "cat", "1.png"), []byte("no picture"), 0o666))
	data, classes, err := LoadImageFolder(dir, 2, true, nil)
	noError(t, err)
	if fmt.Sprint(classes, data.Len()) != "[cat] 1" {
		t.Errorf("classes %v, %d batches", classes, data.Len())
	}
	for _, err := range data.Iter() {
		wantError(t, err, filepath.Join("cat", "1.png"), "give a PNG, JPEG or GIF file")
	}
}

func TestTextMisuse(t *testing.T) {
	vocab := NewVocab(Tokenize([]string{"b a b"}, "word"), 0)
	wantPanic(t, func() { Tokenize([]string{"a"}, "letter") }, `splits by "word" or "char", got "letter"`)
	wantPanic(t, func() { vocab.ToTokens(3) }, "the vocabulary has the tokens 0 to 2, got 3")
	wantPanic(t, func() { vocab.ToTokens(-1) }, "got -1")
	wantPanic(t, func() { TruncatePad(nil, -1, 0) }, "a negative number of steps, -1")
}
