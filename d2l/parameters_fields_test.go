package d2l_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/d2l/d2ltest"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// ownBlock is a layer of a program that imports d2l, without Settings.
type ownBlock struct {
	ownBase
	Heads   int
	Bias    bool
	Mode    string
	Act     d2l.Activation
	Body    d2l.Layer
	Layers  []d2l.Layer
	Sizes   []int
	Part    struct{ Before, After uint8 }
	Pointer *ownBlock
	Any     any
	Way     any
	Dropout float64 // From here on nothing is compared.
	Rates   []float64
	F       func()
	C       chan int
	M       map[string]int
	Vocab   *d2l.Vocab
	Large   []int
	hidden  int
}

type ownBase struct{ Power int }

func (*ownBlock) Kind() string { return "own" }

func (b *ownBlock) Forward(scope *model.Scope, x *graph.Node) *graph.Node {
	return d2l.Dense{Units: 2}.Forward(scope, x)
}

func newOwnBlock() *ownBlock {
	return &ownBlock{
		Heads: 2, Act: d2l.ReLU, Body: d2l.Sequential{d2l.Dense{Units: 3}, d2l.Dropout{Rate: 0.5}, &ownBlock{Heads: 1}},
		Layers: []d2l.Layer{d2l.MaxPool2D{PoolSize: 2}}, Sizes: []int{1, 2}, Pointer: &ownBlock{}, Any: 3, Way: ownBase{2},
		F: func() {}, Vocab: d2l.NewVocab(nil, 0), Large: make([]int, 1000),
	}
}

// savedNet saves a net that begins with a layer.
func savedNet(t *testing.T, layer d2l.Layer) string {
	t.Helper()
	net, path := d2l.NewNet(d2l.Sequential{layer, d2l.Dense{Units: 1}}), filepath.Join(t.TempDir(), "net.params")
	d2ltest.NoError(t, net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	_, err := net.Forward(d2l.Ones(1, 2))
	d2ltest.NoError(t, err)
	d2ltest.NoError(t, net.SaveParameters(path))
	return path
}

// Fields of the program's own layers that a file has otherwise are refused, as far as they can be told and are likely
// to count.
func TestFieldsOfOwnLayers(t *testing.T) {
	path := savedNet(t, newOwnBlock())
	load := func(layer d2l.Layer) error {
		return d2l.NewNet(d2l.Sequential{layer, d2l.Dense{Units: 1}}).LoadParameters(path, d2l.TryGPU(0))
	}
	for field, change := range map[string]func(b *ownBlock){
		"Heads:2":            func(b *ownBlock) { b.Heads = 4 },
		"Bias:false":         func(b *ownBlock) { b.Bias = true },
		`Mode:""`:            func(b *ownBlock) { b.Mode = "mean" },
		"Act:{":              func(b *ownBlock) { b.Act = d2l.Tanh },
		"Body:{":             func(b *ownBlock) { b.Body = d2l.Dense{Units: 3} },
		`Body:{"layers":{`:   func(b *ownBlock) { b.Body = d2l.Sequential{d2l.Dense{Units: 4}, &ownBlock{Heads: 1}} },
		`Body:{"layers":{"d`: func(b *ownBlock) { b.Body = d2l.Sequential{d2l.Dense{Units: 3}, &ownBlock{Heads: 2}} },
		"Layers:[{":          func(b *ownBlock) { b.Layers[0] = d2l.AvgPool2D{PoolSize: 2} },
		"Sizes:[1,2]":        func(b *ownBlock) { b.Sizes = []int{1, 3} },
		"Part:{}":            func(b *ownBlock) { b.Part.After = 1 },
		"Pointer:{":          func(b *ownBlock) { b.Pointer = nil },
		`Any:{"int":3}`:      func(b *ownBlock) { b.Any = int8(3) },
		`ownBase:{}`:         func(b *ownBlock) { b.Power = 3 },
	} {
		other := newOwnBlock()
		change(other)
		err := load(other)
		if want := "layer own0 d2l_test.ownBlock had " + field; err == nil || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), "give its type the method Settings") {
			t.Errorf("%s: got %v, expected %q", field, err, want)
		}
	}
	other := newOwnBlock()
	other.Dropout, other.Rates, other.F, other.C, other.hidden = 0.5, []float64{1}, nil, make(chan int), 3
	other.Way = &ownBase{2} // The same.
	other.M, other.Vocab, other.Large[7] = map[string]int{"a": 1}, nil, 1
	other.Body = &d2l.Sequential{&d2l.Dense{Units: 3}, d2l.Dropout{Rate: 0.1}, d2l.Share(&ownBlock{Heads: 1, Dropout: 1})}
	d2ltest.NoError(t, load(other))
	loop := newOwnBlock()
	loop.Pointer = loop
	path = savedNet(t, loop)
	d2ltest.NoError(t, load(loop))
}
