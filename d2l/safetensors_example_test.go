package d2l_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/lenet"
)

// LeNet for PyTorch, which loads it with
//
//	net = nn.Sequential(OrderedDict(
//	    conv0=nn.Conv2d(1, 6, 5, padding=2), sigmoid0=nn.Sigmoid(), pool0=nn.AvgPool2d(2), …,
//	    flatten0=nn.Flatten(), dense0=nn.Linear(400, 120), …))
//	net.load_state_dict(safetensors.torch.load_file("lenet.safetensors"))
func ExampleNet_SaveSafetensors() {
	dir := d2l.Must(os.MkdirTemp("", "safetensors"))
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "lenet.safetensors")
	net := lenet.New()
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	d2l.Must(net.Forward(zeros(1, 1, 28, 28))) // Or train it.
	d2l.Check(net.SaveSafetensors(path))

	clone := lenet.New()
	d2l.Check(clone.LoadSafetensors(path, d2l.TryGPU(0))) // Here for a net of ours.
	fmt.Println(clone.NumParameters(), "parameters")
	// Output: 61706 parameters
}

// The parameters that PyTorch saved with
//
//	safetensors.torch.save_file(net.state_dict(), "lenet.safetensors")
//
// PyTorch does not say for which images they are: the last numbers do.
func ExampleNet_LoadSafetensors() {
	net := lenet.New()
	d2l.Check(net.LoadSafetensors("../lenet/testdata/lenet.safetensors", d2l.TryGPU(0), 1, 28, 28))
	fmt.Println(net.NumParameters(), "parameters")

	err := d2l.NewNet(d2l.Dense{Units: 10}).LoadSafetensors("../lenet/testdata/lenet.safetensors", d2l.TryGPU(0), 1, 28, 28)
	fmt.Println("another net's are refused:", err != nil)
	// Output:
	// 61706 parameters
	// another net's are refused: true
}
