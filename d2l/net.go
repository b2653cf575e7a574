package d2l

import (
	"errors"
	"fmt"
	"slices"

	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// Net is a network with parameters: a Layer, the values of its parameters, and
// the device they are on. Make one with NewNet and give it parameters with
// Initialize or LoadParameters; TrainCh5 initializes it.
//
// A Net may not be used by several goroutines at once.
//
// Book: none; there a block keeps its parameters itself.
type Net struct {
	layer  Layer
	store  *model.Store // nil until the net has parameters.
	init   Initializer
	device Device
	infer  *xla.Program              // Forward.
	inferN *xla.Program              // ForwardN.
	loops  map[loopShape]forwardLoop // ForwardEach, where it computes many batches in one program.
	// Whose optimizer's variables are in store; nil if there are none.
	trainer *Trainer
	input   exampleShapes // Not Ok before the net has seen a batch.
	trained trainingRecord
	savedTo string // The file with the parameters as they are; empty if there is none.
	// Whether the layers learn a variable, by its path: SetTrainable may have frozen it.
	learnt map[string]bool
	// The numbers of batches, by their paths, that SetParameter has given since the last step: see keptStatistics.
	counted map[string]bool
}

// netScope is where the layers' variables are, apart from optimizers'.
const netScope = "/net"

// NewNet returns a net without parameters. It is cheap: a notebook can keep one in
// a package-level variable, which is made again in each cell. It panics if the layer is nil
// or a nil pointer, or a layer of a Sequential is, also inside another.
//
// Book: none; there a block keeps its parameters itself.
func NewNet(layer Layer) *Net {
	if nothing := absent(layer); nothing != "" {
		panic(fmt.Sprintf("d2l: NewNet got %s, not a layer", nothing))
	}
	requireLayers(layer)
	return &Net{layer: layer, learnt: map[string]bool{}, counted: map[string]bool{}}
}

// Initialize gives the net new parameters on device, drawn by init; whatever it
// had before is dropped. The parameters themselves are drawn when the first
// batch shows the shape of the input, as in the book's deferred initialization.
func (n *Net) Initialize(device Device, init Initializer) error {
	requireMade(n, "Net.Initialize", "NewNet")
	if init == nil {
		panic("d2l: Net.Initialize needs an Initializer, such as Xavier")
	}
	if _, _, err := device.Backend(); err != nil {
		return err
	}
	store := model.NewStore()
	if err := store.SetRNGStateFromSeed(nextSeed()); err != nil {
		return fmt.Errorf("seeding the parameters: %w", err)
	}
	n.use(store, device, init)
	return nil
}

// use replaces the net's parameters.
func (n *Net) use(store *model.Store, device Device, init Initializer) {
	for _, p := range []*xla.Program{n.infer, n.inferN} {
		if p != nil {
			p.Finalize()
		}
	}
	for _, loop := range n.loops {
		if loop.program != nil {
			loop.program.Finalize()
		}
	}
	n.loops = map[loopShape]forwardLoop{}
	n.setTrainer(nil)
	if n.store != nil {
		if store != nil { // What SetTrainable has frozen stays so.
			for v := range n.store.Scope(netScope).IterVariables() {
				if same := store.GetVariable(v.Path()); same != nil {
					same.SetTrainable(v.Trainable)
				}
			}
		}
		n.store.Finalize()
	}
	n.store, n.device, n.init, n.infer, n.inferN, n.input = store, device, init, nil, nil, nil
	n.trained, n.savedTo = trainingRecord{}, ""
	clear(n.counted)
}

// drop deletes the net's parameters, as before Initialize.
func (n *Net) drop() { n.use(nil, n.device, n.init) }

// setTrainer replaces the net's Trainer: the earlier one makes no further steps.
func (n *Net) setTrainer(t *Trainer) {
	if n.trainer != nil {
		n.trainer.finalize()
	}
	n.trainer = t
}

// Device returns where the net's parameters are and where it computes; a Trainer
// may use other devices beside it.
func (n *Net) Device() Device {
	requireMade(n, "Net.Device", "NewNet")
	return n.device
}

// NumParameters returns how many numbers the net learns, without those that SetTrainable has
// frozen; 0 before it has seen its first batch.
func (n *Net) NumParameters() int {
	requireMade(n, "Net.NumParameters", "NewNet")
	total := 0
	for _, p := range n.Parameters() {
		if p.Trainable {
			total += p.Shape().Size()
		}
	}
	return total
}

// Parameters returns what the net learns, layer by layer; their paths are those
// of the layers, such as /net/conv0/weights. Those that SetTrainable(false) has frozen are among
// them, as in PyTorch. Before the first batch there are none.
func (n *Net) Parameters() []*model.Variable {
	requireMade(n, "Net.Parameters", "NewNet")
	if n.store == nil {
		return nil
	}
	var parameters []*model.Variable
	for v := range n.store.Scope(netScope).IterVariables() {
		if learnt, known := n.learnt[v.Path()]; learnt || !known && v.Trainable {
			parameters = append(parameters, v)
		}
	}
	return parameters
}

// newProgram returns a program with the net's variables, on the net's device or on
// those given. The scope that the program's Build gets is the layers'.
func (n *Net) newProgram(config xla.Config, devices ...Device) (*xla.Program, error) {
	if len(devices) == 0 {
		devices = []Device{n.device}
	}
	for _, device := range devices {
		backend, number, err := device.Backend()
		if err != nil {
			return nil, err
		}
		config.Backend, config.Devices = backend, append(config.Devices, number)
	}
	build := config.Build
	config.Store = n.store
	config.Build = func(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
		return build(scope.At("%s", netScope[1:]).WithInitializer(n.init(scope)), inputs)
	}
	return xla.New(config), nil
}

// draw gives new variables, which p has made for batches of shapes X, their initial
// values. If it cannot, the net stays without them.
func (n *Net) draw(p *xla.Program, X ...shapes.Shape) error {
	isNew := slices.DeleteFunc(n.Parameters(), (*model.Variable).HasValue)
	if err := p.Draw(); err != nil {
		return errors.Join(fmt.Errorf("drawing the net's parameters: %w", err), p.Discard())
	}
	warnOfZeros(isNew)
	n.input = examplesIn(X) // The layers have taken them.
	return nil
}

// String lists the net's layers, each with its name and what a drawing of the net says of it.
func (n *Net) String() string {
	text := "net without parameters yet"
	if n.store != nil {
		text = fmt.Sprintf("net on %v", n.device)
		if parameters := n.NumParameters(); parameters > 0 {
			text += fmt.Sprintf(", %d parameters", parameters)
		}
	}
	var list func(indent string, layer Layer)
	list = func(indent string, layer Layer) {
		layers, ok := layer.(Sequential)
		if pointer, is := layer.(*Sequential); is {
			layers, ok = *pointer, true
		}
		if !ok {
			layers = Sequential{layer}
		}
		for name, inner := range layers.Named() {
			says := inner.Kind()
			if l, ok := inner.(interface{ Notation() string }); ok {
				says = l.Notation()
			}
			text += fmt.Sprintf("\n%s%s: %s", indent, name, says)
			switch inner.(type) {
			case Sequential, *Sequential:
				list(indent+"  ", inner)
			}
		}
	}
	list("  ", n.layer)
	return text
}
