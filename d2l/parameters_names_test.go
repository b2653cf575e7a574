package d2l

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/internal/weights"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/nlpodyssey/safetensors"
)

// Names that PyTorch's wrappers and nn.Sequential give are understood. Nothing else is
// taken for another name.
func TestLoadParametersByOtherNames(t *testing.T) {
	// In order of the names, batchnorm0 comes first, and the dense layers have one shape.
	net := func() *Net {
		return NewNet(Sequential{Dense{Units: 2}, Sequential{Dropout{}, BatchNorm{}}, Flatten{}, Dense{Units: 2}})
	}
	ours := normState()
	for name, tensor := range ours {
		delete(ours, name)
		ours[strings.Replace(name, "batchnorm0", "sequential0.batchnorm0", 1)] = tensor
	}
	ours["dense0.weight"], ours["dense0.bias"] = f32([]int{2, 2}, 1, 2, 3, 4), f32([]int{2}, 5, 6)
	ours["dense1.weight"], ours["dense1.bias"] = f32([]int{2, 2}, 9, 8, 7, 6), f32([]int{2}, 5, 4)
	path := filepath.Join(t.TempDir(), "net.safetensors")
	put(t, path, fileOf(t, ours, ""))
	first := net()
	noError(t, first.LoadParameters(path, testDevice(), 2))
	want := state(t, first)
	named := func(dense0, norm, dense1 string, change ...func(map[string]weights.Tensor)) []byte {
		theirs := map[string]weights.Tensor{}
		for name, tensor := range ours {
			theirs[strings.NewReplacer("dense0.", dense0, "sequential0.batchnorm0.", norm, "dense1.", dense1).Replace(name)] =
				tensor
		}
		for _, f := range change {
			f(theirs)
		}
		return fileOf(t, theirs, "")
	}
	set := func(name string, tensor weights.Tensor) func(map[string]weights.Tensor) {
		return func(all map[string]weights.Tensor) { all[name] = tensor }
	}
	without := func(name string) func(map[string]weights.Tensor) {
		return func(all map[string]weights.Tensor) { delete(all, name) }
	}
	prefixed := func(p string) []byte { return named(p+"dense0.", p+"sequential0.batchnorm0.", p+"dense1.") }
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"torch.compile", prefixed("_orig_mod."), ""},
		{"DataParallel", prefixed("module."), ""},
		{"Lightning", prefixed("model."), ""},
		{"all of them", prefixed("_orig_mod.module.model."), ""},
		{"nn.Sequential", named("1.", "2.", "10."), ""},
		{"one in another", named("0.1.", "0.10.", "1.0."), ""},
		{"one in a module", named("model.0.", "model.1.0.", "model.2."), ""},
		{"one in a block", prefixed("0."), ""},
		{"not all with the prefix", named("module.dense0.", "module.sequential0.batchnorm0.", "dense1."),
			"they have no dense0."},
		{"two prefixes", named("module.dense0.", "model.sequential0.batchnorm0.", "model.dense1."), "they have no dense0."},
		{"another order", named("2.", "0.", "3."), "another net's: 0.weight, here dense0.weight, is (2,), expected (2, 2)"},
		{"a layer fewer", named("0.", "1.", "1.", without("1.running_mean")),
			"they have 2 numbered layers with parameters, 0. 1., and this net has 3, dense0 sequential0.batchnorm0 dense1"},
		{"a layer more", named("0.", "1.", "2.", set("3.weight", f32([]int{1}, 1))), "they have 4 numbered layers"},
		{"a tensor more", named("0.", "1.", "2.", set("1.more", f32([]int{1}, 1))),
			"this net has no 1.more, here sequential0.batchnorm0.more"},
		{"a tensor fewer", named("0.", "1.", "2.", without("2.bias")), "they have no dense1.bias"},
		{"another shape", named("0.", "1.", "2.", set("2.weight", f32([]int{1, 4}, 1, 2, 3, 4))),
			"another net's: 2.weight, here dense1.weight, is (1, 4), expected (2, 2)"},
		{"not all are numbers", named("0.", "1.", "last."), "they have no dense0."},
		{"numbers with a zero in front", named("00.", "0.", "1."), "they have no dense0."},
	} {
		t.Run(c.name, func(t *testing.T) {
			put(t, path, c.file)
			loaded := net()
			err := loaded.LoadParameters(path, testDevice(), 2)
			if c.want == "" {
				noError(t, err)
				if got := state(t, loaded); !reflect.DeepEqual(got, want) {
					t.Errorf("got %v, expected %v", got, want)
				}
				return
			}
			wantError(t, err, strings.Split(c.want, "|")...)
		})
	}
}

// renamed is a layer of the user's with its own names for PyTorch.
type renamed struct {
	scaledBy
	names map[string]string
}

func (l renamed) StateDict() map[string]string { return l.names }

// A layer's StateDict names its variables, in a Sequential within another too; a name
// for a variable that does not exist is an error, when files are written and read.
func TestStateDictOfAUsersLayer(t *testing.T) {
	netOf := func(names map[string]string) *Net {
		net := NewNet(Sequential{Sequential{Dense{Units: 3}, renamed{scaledBy{"alpha", shapes.Make(dtypes.Float32, 4)}, names}}})
		noError(t, net.Initialize(testDevice(), Xavier))
		must(net.Forward(waves(1, 1, 2, 2)))(t)
		return net
	}
	net := netOf(map[string]string{"alpha": "weight"})
	path := saved(t, net)
	file := must(safetensors.Deserialize(must(os.ReadFile(path))(t)))(t)
	if names := file.Names(); !slices.Contains(names, "sequential0.scaled0.weight") || len(names) != 3 {
		t.Errorf("the file has %q", names)
	}
	loaded := netOf(map[string]string{"alpha": "weight"})
	noError(t, loaded.LoadParameters(path, testDevice()))
	if !reflect.DeepEqual(state(t, loaded), state(t, net)) {
		t.Error("other values are loaded than were saved")
	}
	wrong := netOf(map[string]string{"beta": "weight"})
	wantError(t, wrong.SaveParameters(path), "StateDict has a name for /net/sequential0/scaled0/beta")
	wantError(t, wrong.LoadParameters(path, testDevice()), "StateDict has a name for /net/sequential0/scaled0/beta")
}
