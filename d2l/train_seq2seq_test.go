package d2l_test

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// The nets of three sections train with the same functions, learn the sentences, and have the outputs that heatmaps
// need.
func TestTranslating(t *testing.T) {
	const translated = `loss 0\.[01]\d\d, \d+\.\d tokens/sec on \S+\n` +
		`go \. => va !, bleu 1\.000\ni lost \. => j'ai perdu \., bleu 1\.000\n` +
		`he's calm \. => il est calme \., bleu 1\.000\ni'm home \. => je suis chez moi \., bleu 1\.000\n`
	for name, c := range map[string]struct {
		example func()
		then    string
	}{
		"9.7":  {ExampleTrainSeq2Seq, ""},
		"10.4": {ExamplePredictSeq2Seq, `(1\.000 ){6}\n`},
		"10.7": {ExampleTransformerDecoder, `(\(2, 4, 6, 6\) 1\.0 0\.0\n){3}`},
	} {
		t.Run(name, func(t *testing.T) {
			if printed := printedBy(t, c.example); !regexp.MustCompile("^" + translated + c.then + "$").MatchString(printed) {
				t.Errorf("printed\n%s", printed)
			}
		})
	}
}

// smallSeq2Seq is the net of section 9.7.
func smallSeq2Seq(srcVocab *d2l.Vocab, classes int) *d2l.Net {
	return d2l.NewNet(d2l.EncoderDecoder{
		Encoder: d2l.Seq2SeqEncoder{VocabSize: srcVocab.Len(), EmbedSize: 4, NumHiddens: 6, NumLayers: 2},
		Decoder: Seq2SeqDecoder{classes, 4, 6, 2},
	})
}

// The steps are those of a loop of one's own, with Adam for a rate, at rates at which the gradient is clipped. Of an
// epoch count the losses of all tokens but <pad>, and points are plotted every ten epochs and at the end.
func TestTrainSeq2SeqSteps(t *testing.T) {
	device := d2ltest.Device(d2l.CPU, d2l.GPU)
	for name, c := range map[string]struct {
		opt   d2l.Optimizer
		train func(net *d2l.Net, trainIter d2l.DataIter, tgtVocab *d2l.Vocab) (float64, error)
	}{
		"a rate": {d2l.Adam(0.1), func(net *d2l.Net, trainIter d2l.DataIter, tgtVocab *d2l.Vocab) (float64, error) {
			return d2l.TrainSeq2Seq(net, trainIter, 0.1, 12, tgtVocab, device)
		}},
		"an int": {d2l.Adam(1), func(net *d2l.Net, trainIter d2l.DataIter, tgtVocab *d2l.Vocab) (float64, error) {
			return d2l.TrainSeq2Seq(net, trainIter, 1, 12, tgtVocab, device)
		}},
		"an optimizer": {d2l.SGD(9), func(net *d2l.Net, trainIter d2l.DataIter, tgtVocab *d2l.Vocab) (float64, error) {
			return d2l.TrainSeq2Seq(net, trainIter, d2l.SGD(9), 12, tgtVocab, device)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			trainIter, srcVocab, tgtVocab, err := d2l.LoadDataNMT(pairs, 3, numSteps, 0, 0)
			d2ltest.NoError(t, err)
			net := smallSeq2Seq(srcVocab, tgtVocab.Len())
			d2l.Seed(1)
			d2ltest.NoError(t, net.Initialize(device, d2l.Xavier))
			trainer := d2ltest.Must(d2l.NewTrainer(net, c.opt.WithGradientClipping(1)))(t).
				WithLoss(d2l.MaskedSoftmaxCELoss{Padding: tgtVocab.Index("<pad>")})
			metric := d2l.NewAccumulator(2)
			for range 12 {
				metric.Reset()
				for _, step := range trainer.Steps(trainIter, nil) {
					metric.Add(step.LossSum, step.Examples)
				}
				d2ltest.NoError(t, trainer.Err())
			}
			if metric[1] != 36 { // Words, punctuation marks and <eos> of the eight translations.
				t.Errorf("%v tokens", metric[1])
			}

			d2l.Seed(1)
			var loss float64
			var printed string
			said := d2ltest.Captured(t, &os.Stderr, func() {
				printed = printedBy(t, func() { loss = d2ltest.Must(c.train(net, trainIter, tgtVocab))(t) })
			})
			if want := metric[0] / metric[1]; loss != want {
				t.Errorf("loss %v, expected %v", loss, want)
			}
			if !strings.HasPrefix(printed, fmt.Sprintf("loss %.3f, ", loss)) {
				t.Errorf("printed %q for the loss %v", printed, loss)
			}
			if !regexp.MustCompile(`^epoch 10\.00 .*\nepoch 12\.00 .*\n$`).MatchString(said) {
				t.Errorf("plotted %q", said)
			}
		})
	}
}

func TestTrainSeq2SeqErrors(t *testing.T) {
	device := d2ltest.Device(d2l.CPU, d2l.GPU)
	trainIter, srcVocab, tgtVocab, err := d2l.LoadDataNMT(pairs, 3, numSteps, 0, 0)
	d2ltest.NoError(t, err)
	for _, more := range []int{-1, 1} {
		_, err := d2l.TrainSeq2Seq(smallSeq2Seq(srcVocab, tgtVocab.Len()+more), trainIter, 0.1, 1, tgtVocab, device)
		const want = "the net's output has %d classes, and tgtVocab %d tokens: give the net's last layer %[2]d units"
		d2ltest.WantError(t, err, fmt.Sprintf(want, tgtVocab.Len()+more, tgtVocab.Len()))
	}
	net := smallSeq2Seq(srcVocab, tgtVocab.Len())
	_, err = d2l.TrainSeq2Seq(net, trainIter, 0.1, 1, srcVocab, device) // The other language's.
	d2ltest.WantError(t, err, "classes, and tgtVocab ")
	other := d2l.NewVocab(nil, 0, "<pad>")
	for name, c := range map[string]struct {
		f    func()
		want string
	}{
		"no epoch": {func() { d2l.TrainSeq2Seq(net, trainIter, 0.1, 0, tgtVocab, device) },
			"d2l: TrainSeq2Seq needs data, at least one epoch"},
		"no data":   {func() { d2l.TrainSeq2Seq(net, nil, 0.1, 1, tgtVocab, device) }, "d2l: TrainSeq2Seq needs data"},
		"no device": {func() { d2l.TrainSeq2Seq(net, trainIter, 0.1, 1, tgtVocab) }, "and a device, such as TryGPU(0)"},
		"no rate": {func() { d2l.TrainSeq2Seq(net, trainIter, 0, 1, tgtVocab, device) },
			"d2l: Adam needs a positive learning rate, got 0"},
		"no <bos>": {func() { d2l.TrainSeq2Seq(net, trainIter, 0.1, 1, other, device) },
			"d2l: TrainSeq2Seq needs a tgtVocab with the reserved tokens <pad>, <bos>, <eos>"},
		"no vocabulary": {func() { d2l.TrainSeq2Seq(net, trainIter, 0.1, 1, nil, device) },
			"d2l: TrainSeq2Seq needs a tgtVocab"},
	} {
		t.Run(name, func(t *testing.T) { d2ltest.WantPanic(t, c.f, c.want) })
	}
}

// A tableNet has, for each token of the decoder, a row of logits for the next. Its other outputs are the other inputs.
type tableNet struct{ Tokens, Classes int }

func (tableNet) Kind() string { return "table" }

func (n tableNet) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return n.ForwardN(scope, x)[0]
}

func (n tableNet) ForwardN(scope *model.Scope, inputs ...*graph.Node) []*graph.Node {
	logits := d2l.Embedding{VocabSize: n.Tokens, EmbedSize: n.Classes}.Forward(scope.In("embedding"), inputs[1])
	return []*graph.Node{logits, inputs[0], inputs[1], inputs[2]}
}

// predicting returns a tableNet that predicts, after each token of a chain, the next one.
func predicting(t *testing.T, vocab *d2l.Vocab, classes int, chain ...string) *d2l.Net {
	net := d2l.NewNet(tableNet{vocab.Len(), classes})
	d2ltest.NoError(t, net.Initialize(d2ltest.Device(d2l.CPU, d2l.GPU), d2l.Xavier))
	X := d2l.NewTensor([]int32{0}, 1, 1)
	d2ltest.Must(net.ForwardN(X, X, X))(t)
	table := make([][]float32, vocab.Len())
	for i := range table {
		table[i] = make([]float32, classes)
	}
	for i, token := range chain[1:] {
		table[vocab.Index(chain[i])][vocab.Index(token)] = 1
	}
	d2ltest.NoError(t, net.SetParameter("embedding.weight", table))
	return net
}

func TestPredictSeq2Seq(t *testing.T) {
	_, srcVocab, tgtVocab, err := d2l.LoadDataNMT("a b c .\tx y z", 1, 4, 0, 0)
	d2ltest.NoError(t, err)
	toEnd, endless := []string{"<bos>", "x", "y", "<eos>"}, []string{"<bos>", "z", "x", "z"}
	for _, c := range []struct {
		sentence string
		numSteps int
		chain    []string
		want     string
		read     string // What the net reads, and how much of it counts.
		decX     string // What the decoder reads at the last step.
	}{
		{"a b", 4, toEnd, "x y", "a b <eos> <pad> 3", "<bos> x y <pad>"},
		{"A B.", 4, toEnd, "x y", "a b . <eos> 4", "<bos> x y <pad>"}, // Prepared.
		{"a b c", 3, toEnd, "x y", "a b c 3", "<bos> x y"},            // <eos> is cut off, as in training.
		{"a b c . c b", 4, toEnd, "x y", "a b c . 4", "<bos> x y <pad>"},
		{"a word", 3, toEnd, "x y", "a <unk> <eos> 3", "<bos> x y"},
		{"a", 2, toEnd, "x y", "a <eos> 2", "<bos> x"},
		{"a", 1, toEnd, "x", "a 1", "<bos>"},
		{"a", 5, endless, "z x z x z", "a <eos> <pad> <pad> <pad> 2", "<bos> z x z x"},
		{"a", 3, []string{"<bos>", "<eos>"}, "", "a <eos> <pad> 2", "<bos> <pad> <pad>"},
	} {
		net := predicting(t, tgtVocab, tgtVocab.Len(), c.chain...)
		said := d2ltest.Captured(t, &os.Stderr, func() {
			translation, outputs, err := d2l.PredictSeq2Seq(net, c.sentence, srcVocab, tgtVocab, c.numSteps)
			d2ltest.NoError(t, err)
			read := strings.Join(srcVocab.ToTokens(d2l.Values[int32](outputs[1])...), " ")
			read += fmt.Sprint(" ", d2l.Values[int32](outputs[3])[0])
			decX := strings.Join(tgtVocab.ToTokens(d2l.Values[int32](outputs[2])...), " ")
			if translation != c.want || read != c.read || decX != c.decX {
				t.Errorf("%q in %d steps: %q of %q, and then %q; expected %q of %q, and then %q", c.sentence, c.numSteps,
					translation, read, decX, c.want, c.read, c.decX)
			}
			if shape := d2l.ShapeOf(outputs[0]); !slices.Equal(shape, d2l.Shape{1, c.numSteps, tgtVocab.Len()}) {
				t.Errorf("the logits have the shape %v", shape)
			}
		})
		warning := ""
		if c.sentence == "a b c . c b" {
			warning = "d2l: PredictSeq2Seq reads the first 4 tokens of \"a b c . c b\" and cuts off the rest\n"
		}
		if said != warning {
			t.Errorf("%q in %d steps: it prints %q", c.sentence, c.numSteps, said)
		}
	}
}

func TestPredictSeq2SeqErrors(t *testing.T) {
	_, srcVocab, tgtVocab, err := d2l.LoadDataNMT("a b c .\tx y z", 1, 4, 0, 0)
	d2ltest.NoError(t, err)
	net := predicting(t, tgtVocab, tgtVocab.Len(), "<bos>", "x", "<eos>")
	for _, sentence := range []string{"", " \t"} {
		_, _, err := d2l.PredictSeq2Seq(net, sentence, srcVocab, tgtVocab, 3)
		d2ltest.WantError(t, err, "there is no word to translate in the sentence")
	}
	for _, more := range []int{-1, 1} {
		other := predicting(t, tgtVocab, tgtVocab.Len()+more, "<bos>", "<eos>")
		_, _, err := d2l.PredictSeq2Seq(other, "a", srcVocab, tgtVocab, 3)
		const want = "the net's output is (1, 3, %d), expected (1, 3, %d), with a logit for each token of tgtVocab"
		d2ltest.WantError(t, err, fmt.Sprintf(want, tgtVocab.Len()+more, tgtVocab.Len()))
	}
	table := make([][]float32, tgtVocab.Len())
	for i := range table {
		table[i] = slices.Repeat([]float32{float32(math.NaN())}, tgtVocab.Len())
	}
	broken := predicting(t, tgtVocab, tgtVocab.Len(), "<bos>")
	d2ltest.NoError(t, broken.SetParameter("embedding.weight", table))
	_, _, err = d2l.PredictSeq2Seq(broken, "a", srcVocab, tgtVocab, 3)
	d2ltest.WantError(t, err, "NaN")
	_, _, err = d2l.PredictSeq2Seq(d2l.NewNet(tableNet{7, 7}), "a", srcVocab, tgtVocab, 3)
	d2ltest.WantError(t, err, "Initialize")
	other := d2l.NewVocab(nil, 0, "<pad>", "<eos>")
	for want, f := range map[string]func(){
		"of a nil *d2l.Net":                   func() { d2l.PredictSeq2Seq(nil, "a", srcVocab, tgtVocab, 3) },
		"a positive number of steps":          func() { d2l.PredictSeq2Seq(net, "a", srcVocab, tgtVocab, 0) },
		"a srcVocab with the reserved tokens": func() { d2l.PredictSeq2Seq(net, "a", other, tgtVocab, 3) },
		"a tgtVocab with the reserved tokens": func() { d2l.PredictSeq2Seq(net, "a", srcVocab, nil, 3) },
	} {
		d2ltest.WantPanic(t, f, "d2l: PredictSeq2Seq ", want)
	}
}
