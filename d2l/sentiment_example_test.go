package d2l_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

const reviewSteps = 16 // The words that are kept of a review; the book has 500.

var neutralWords, opinionWords = strings.Fields("this movie film plot was is it of the story acting and a so"),
	[2][]string{strings.Fields("bad awful boring dull poor"), strings.Fields("great good wonderful superb lovely")}

// writeReviews makes up reviews in a folder like IMDb's, of 4 to 19 words, of which a third are words of praise, or of
// blame.
func writeReviews() (dir string) {
	dir = d2l.Must(os.MkdirTemp("", "aclImdb"))
	random := rand.New(rand.NewPCG(1, 0))
	for i, folder := range []string{"train", "test"} {
		for label, sentiment := range []string{"neg", "pos"} {
			d2l.Check(os.MkdirAll(filepath.Join(dir, folder, sentiment), 0o777))
			for number := range []int{512, 64}[i] {
				var words []string
				for j := 3 + random.IntN(16); j >= 0; j-- {
					from := neutralWords
					if j == 0 || random.IntN(3) == 0 {
						from = opinionWords[label]
					}
					words = append(words, from[random.IntN(len(from))])
				}
				path := filepath.Join(dir, folder, sentiment, fmt.Sprintf("%03d.txt", number))
				d2l.Check(os.WriteFile(path, []byte(strings.Join(words, " ")), 0o666))
			}
		}
	}
	return dir
}

// The book's section "Sentiment Analysis and the Dataset", on made-up reviews. Without a folder, LoadDataIMDB
// downloads the book's.
func ExampleLoadDataIMDB() {
	dir := writeReviews()
	defer os.RemoveAll(dir)
	data, labels, err := d2l.ReadIMDB(dir, true)
	d2l.Check(err)
	fmt.Println("trainings:", len(data), "label:", labels[0], "review:", data[0])

	trainIter, testIter, vocab, err := d2l.LoadDataIMDB(64, reviewSteps, dir)
	d2l.Check(err)
	fmt.Println("tokens:", vocab.Len(), "batches:", trainIter.Len(), testIter.Len())
	for batch, err := range testIter.Iter() {
		d2l.Check(err)
		X, y := batch.Inputs[0], batch.Labels[0]
		fmt.Println(d2l.ShapeOf(X), d2l.ShapeOf(y))
		fmt.Println("label:", d2l.Values[int32](y)[0], "review:", vocab.ToTokens(X.Value().([][]int32)[0]...))
	}
	// Output:
	// trainings: 1024 label: 1 review: it was wonderful this acting the lovely
	// tokens: 26 batches: 16 2
	// (64, 16) (64,)
	// label: 1 review: [wonderful great it superb lovely it superb great movie film it good film movie film and]
	// (64, 16) (64,)
	// label: 0 review: [a acting boring dull so boring poor film awful <pad> <pad> <pad> <pad> <pad> <pad> <pad>]
}

// madeUpVectors stands for d2l.LoadTokenEmbedding(d2l.Must(d2l.DownloadExtract("glove.6b.100d"))). The vectors are
// small random numbers but for the first, which tells blame from praise.
func madeUpVectors(embedSize int) *d2l.TokenEmbedding {
	var text strings.Builder
	random := rand.New(rand.NewPCG(3, 0))
	for i, words := range [][]string{opinionWords[0], neutralWords, opinionWords[1]} {
		for _, word := range words {
			fmt.Fprint(&text, word, " ", i-1)
			for range embedSize - 1 {
				fmt.Fprintf(&text, " %.3f", 0.3*random.NormFloat64())
			}
			fmt.Fprintln(&text)
		}
	}
	dir := d2l.Must(os.MkdirTemp("", ""))
	defer os.RemoveAll(dir)
	d2l.Check(os.WriteFile(filepath.Join(dir, "vec.txt"), []byte(text.String()), 0o600))
	return d2l.Must(d2l.LoadTokenEmbedding(dir))
}

// FirstAndLast puts the outputs of the first and the last step side by side.
type FirstAndLast struct{}

func (FirstAndLast) Kind() string { return "firstandlast" }

func (FirstAndLast) Forward(_ *model.Scope, x *graph.Node) *graph.Node {
	first, last := graph.AxisElem(0), graph.AxisElem(-1)
	return graph.Concatenate([]*graph.Node{
		graph.Slice(x, graph.AxisRange(), first), graph.Slice(x, graph.AxisRange(), last)}, -1)
}

// trainCh13 is the book's loop. The two lines that it prints go to standard error, as one of them has the speed.
func trainCh13(net *d2l.Net, trainIter, testIter d2l.DataIter, opt d2l.Optimizer, numEpochs int) *d2l.Result {
	defer func(stdout *os.File) { os.Stdout = stdout }(os.Stdout)
	os.Stdout = os.Stderr
	return d2l.Must(d2l.TrainCh13(net, trainIter, testIter, d2l.SoftmaxCrossEntropyLoss{}, opt, numEpochs))
}

// setPretrained initializes the net, sets the named embeddings to the pretrained vectors, and freezes the last of
// them.
func setPretrained(net *d2l.Net, embeds *d2l.Tensor, names ...string) {
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	d2l.Must(net.Forward(d2l.NewTensor(make([]int32, reviewSteps), 1, reviewSteps))) // Draws the parameters.
	for _, name := range names {
		d2l.Check(net.SetParameter(name, embeds))
	}
	d2l.Must(net.Parameter(names[len(names)-1])).SetTrainable(false)
}

// trainSentiment trains a net with pretrained vectors of the length embedSize.
func trainSentiment(newNet func(vocabSize int) *d2l.Net, embedSize int, lr float64, embeddings ...string) {
	d2l.Seed(1)
	dir := writeReviews()
	defer os.RemoveAll(dir)
	trainIter, testIter, vocab, err := d2l.LoadDataIMDB(64, reviewSteps, dir)
	d2l.Check(err)
	net, embeds := newNet(vocab.Len()), madeUpVectors(embedSize).Vectors(vocab.Tokens()...)
	setPretrained(net, embeds, embeddings...)
	for _, layer := range d2l.Must(net.Shapes()) {
		fmt.Println(layer)
	}
	result := trainCh13(net, trainIter, testIter, d2l.Adam(lr), 5)
	fmt.Println("test acc above 0.95:", result.TestAcc > 0.95)
	for i, name := range embeddings {
		same := d2l.Must(d2l.Must(net.Parameter(name)).Value()).Equal(embeds)
		fmt.Println("frozen:", i+1 == len(embeddings), "changed:", !same)
	}
	fmt.Println(d2l.Must(d2l.PredictSentiment(net, vocab, "this movie is so great", reviewSteps)))
	fmt.Println(d2l.Must(d2l.PredictSentiment(net, vocab, "this movie is so bad", reviewSteps)))
}

// The book's section "Sentiment Analysis: Using Recurrent Neural Networks", with 16 hidden units in place of 100, on
// made-up reviews and vectors. A new review is padded like those in training, which the book does not do.
func ExamplePredictSentiment() {
	trainSentiment(func(vocabSize int) *d2l.Net {
		return d2l.NewNet(d2l.Sequential{
			d2l.Embedding{VocabSize: vocabSize, EmbedSize: 20},
			d2l.LSTM{HiddenSize: 16, NumLayers: 2, Bidirectional: true},
			FirstAndLast{},
			d2l.Dense{Units: 2},
		})
	}, 20, 0.01, "embedding0.weight")
	// Output:
	// embedding0: (1, 16, 20)
	// lstm0: (1, 16, 32)
	// firstandlast0: (1, 1, 64)
	// dense0: (1, 2)
	// test acc above 0.95: true
	// frozen: true changed: false
	// positive
	// negative
}

func corr1d(X, K *graph.Node) *graph.Node {
	return graph.Squeeze(corr2d(graph.ExpandAxes(X, 0), graph.ExpandAxes(K, 0)), 0)
}

func corr1dMultiIn(X, K *graph.Node) *graph.Node {
	sum := corr1d(at(X, 0), at(K, 0))
	for i := 1; i < X.Shape().Dim(0); i++ {
		sum = graph.Add(sum, corr1d(at(X, i), at(K, i)))
	}
	return sum
}

// One-dimensional convolutions of the book's section "Sentiment Analysis: Using Convolutional Neural Networks".
func Example_corr1d() {
	X := d2l.NewTensor([][]float32{{0, 1, 2, 3, 4, 5, 6}, {1, 2, 3, 4, 5, 6, 7}, {2, 3, 4, 5, 6, 7, 8}})
	fmt.Println(d2l.Must(d2l.Compile(corr1d)([]float32{0, 1, 2, 3, 4, 5, 6}, []float32{1, 2})).Value())
	K := d2l.NewTensor([][]float32{{1, 2}, {3, 4}, {-1, -3}})
	fmt.Println(d2l.Must(d2l.Compile(corr1dMultiIn)(X, K)).Value())
	fmt.Println(d2l.Must(d2l.Compile(corr2d)(X, K)).Value()) // With one channel of two dimensions it is the same.
	// Output:
	// [2 5 8 11 14 17]
	// [2 8 14 20 26 32]
	// [[2 8 14 20 26 32]]
}

// StepsAsPixels makes an image of a sequence, one pixel wide, with a row for each step and a channel for each feature.
// So its convolution is one-dimensional.
type StepsAsPixels struct{}

func (StepsAsPixels) Kind() string { return "pixels" }

func (StepsAsPixels) Forward(_ *model.Scope, x *graph.Node) *graph.Node {
	return graph.ExpandAxes(graph.Transpose(x, 1, 2), -1)
}

// textCNN is the book's TextCNN, with the maximum over time that its text describes; its code in PyTorch takes the
// mean.
func textCNN(vocabSize, embedSize int, kernelSizes, numChannels []int) *d2l.Net {
	embedding := d2l.Embedding{VocabSize: vocabSize, EmbedSize: embedSize}
	var convs d2l.Branches
	for i, size := range kernelSizes {
		convs = append(convs, d2l.Sequential{
			d2l.Conv2D{Channels: numChannels[i], KernelHW: [2]int{size, 1}, Activation: d2l.ReLU},
			d2l.GlobalMaxPool2D{},
		})
	}
	return d2l.NewNet(d2l.Sequential{
		d2l.Branches{embedding, embedding}, StepsAsPixels{}, convs, d2l.Dropout{Rate: 0.5}, d2l.Dense{Units: 2},
	})
}

// The book's section "Sentiment Analysis: Using Convolutional Neural Networks", with a tenth of its channels.
func ExampleGlobalMaxPool2D_textCNN() {
	trainSentiment(func(vocabSize int) *d2l.Net {
		return textCNN(vocabSize, 20, []int{3, 4, 5}, []int{10, 10, 10})
	}, 20, 0.01, "branches0.embedding0.weight", "branches0.embedding1.weight")
	// Output:
	// branches0: (1, 16, 40)
	// pixels0: (1, 40, 16, 1)
	// branches1: (1, 30, 1, 1)
	// dropout0: (1, 30, 1, 1)
	// dense0: (1, 2)
	// test acc above 0.95: true
	// frozen: false changed: true
	// frozen: true changed: false
	// positive
	// negative
}
