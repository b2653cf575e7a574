package d2l_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/d2l-go/book/d2l"
)

// A net for two classes takes over what a net for three has learnt, with its running statistics: all but the output
// layer.
func ExampleNet_LoadMatchingParameters() {
	netFor := func(classes int) *d2l.Net {
		net := d2l.NewNet(d2l.Sequential{
			d2l.Dense{Units: 8}, d2l.BatchNorm{}, d2l.ReLU, d2l.Dense{Units: classes},
		})
		d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
		return net
	}
	pretrained := netFor(3)
	d2l.Must(pretrained.Forward(d2l.NewTensor([][]float32{{1, 2, 3, 4}})))
	dir := d2l.Must(os.MkdirTemp("", "parameters"))
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "pretrained.params")
	d2l.Check(pretrained.SaveParameters(path))

	net := netFor(2)
	_, err := net.LoadMatchingParameters(path, nil)
	fmt.Println(strings.Contains(err.Error(), "dense1.weight is (3, 8), expected (2, 8)"))
	report := d2l.Must(net.LoadMatchingParameters(path, func(name string) string {
		if strings.HasPrefix(name, "dense1.") {
			return ""
		}
		return name
	}))
	fmt.Println(report)
	// Output:
	// true
	// 7 of the net's 9 tensors loaded; not in the file: dense1.weight, dense1.bias
}

// The encoder of an autoencoder, as the first layers of a classifier.
func ExampleLoadReport() {
	autoencoder := d2l.NewNet(d2l.Sequential{
		d2l.Sequential{d2l.Dense{Units: 8, Activation: d2l.ReLU}, d2l.Dense{Units: 2}},
		d2l.Sequential{d2l.Dense{Units: 4}},
	})
	d2l.Check(autoencoder.Initialize(d2l.TryGPU(0), d2l.Xavier))
	d2l.Must(autoencoder.Forward(d2l.NewTensor([][]float32{{1, 2, 3, 4}})))
	dir := d2l.Must(os.MkdirTemp("", "parameters"))
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "autoencoder.params")
	d2l.Check(autoencoder.SaveParameters(path))

	classifier := d2l.NewNet(d2l.Sequential{
		d2l.Dense{Units: 8, Activation: d2l.ReLU}, d2l.Dense{Units: 2}, d2l.BatchNorm{},
	})
	d2l.Check(classifier.Initialize(d2l.TryGPU(0), d2l.Xavier))
	report := d2l.Must(classifier.LoadMatchingParameters(path, func(name string) string {
		return strings.TrimPrefix(name, "sequential0.")
	}))
	fmt.Println(report.Loaded)
	fmt.Println(report.Missing)
	fmt.Println(report.Unexpected)
	// Output:
	// [dense0.weight dense0.bias dense1.weight dense1.bias]
	// [batchnorm0.weight batchnorm0.bias batchnorm0.running_mean batchnorm0.running_var batchnorm0.num_batches_tracked]
	// [sequential1.dense0.bias sequential1.dense0.weight]
}

// torchvisionBlock is a block of torchvision's ResNet-18: its convolutions have no bias, and its shortcut is normalized
// as well.
func torchvisionBlock(channels, strides int, shortcut bool, norm d2l.BatchNorm) d2l.Layer {
	conv := func(size, strides int) d2l.Layer {
		return d2l.Conv2D{Channels: channels, KernelSize: size, Padding: size / 2, Strides: strides, NoBias: true}
	}
	block := d2l.Residual{Body: d2l.Sequential{
		conv(3, strides), norm, d2l.ReLU, conv(3, 1), norm,
	}}
	if shortcut {
		block.Shortcut = d2l.Sequential{conv(1, strides), norm}
	}
	return d2l.Sequential{block, d2l.ReLU}
}

// torchvisionResNet18 is torchvision's ResNet-18, which has 64, 128, 256 and 512 channels and 1000 classes.
func torchvisionResNet18(channels [4]int, classes int, norm d2l.BatchNorm) *d2l.Net {
	net := d2l.Sequential{
		d2l.Conv2D{Channels: channels[0], KernelSize: 7, Strides: 2, Padding: 3, NoBias: true}, norm, d2l.ReLU,
		d2l.MaxPool2D{PoolSize: 3, Strides: 2, Padding: 1},
		d2l.Sequential{
			torchvisionBlock(channels[0], 1, false, norm), torchvisionBlock(channels[0], 1, false, norm),
		},
	}
	for _, c := range channels[1:] {
		net = append(net, d2l.Sequential{torchvisionBlock(c, 2, true, norm), torchvisionBlock(c, 1, false, norm)})
	}
	return d2l.NewNet(append(net, d2l.GlobalAvgPool2D{}, d2l.Dense{Units: classes}))
}

// torchvisionNames turns torchvision's names into those of torchvisionResNet18: layer2.0.downsample.1.weight into
// sequential1.sequential0.residual0.shortcut.batchnorm0.weight.
var torchvisionNames = strings.NewReplacer(
	"layer1.", "sequential0.", "layer2.", "sequential1.", "layer3.", "sequential2.", "layer4.", "sequential3.",
	"0.downsample.0.", "sequential0.residual0.shortcut.conv0.",
	"0.downsample.1.", "sequential0.residual0.shortcut.batchnorm0.",
	"0.conv1.", "sequential0.residual0.body.conv0.", "0.bn1.", "sequential0.residual0.body.batchnorm0.",
	"0.conv2.", "sequential0.residual0.body.conv1.", "0.bn2.", "sequential0.residual0.body.batchnorm1.",
	"1.conv1.", "sequential1.residual0.body.conv0.", "1.bn1.", "sequential1.residual0.body.batchnorm0.",
	"1.conv2.", "sequential1.residual0.body.conv1.", "1.bn2.", "sequential1.residual0.body.batchnorm1.",
	"conv1.", "conv0.", "bn1.", "batchnorm0.", "fc.", "dense0.")

// A file with the names of torchvision's ResNet-18, here a narrow one, for a net of seven classes of one's own. Python
// writes such a file by
//
//	net = torchvision.models.resnet18(weights="DEFAULT")
//	safetensors.torch.save_file(net.state_dict(), "resnet18.safetensors")
func ExampleNet_LoadMatchingParameters_torchvision() {
	net := torchvisionResNet18([4]int{2, 4, 8, 16}, 7, d2l.BatchNorm{})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	report, err := net.LoadMatchingParameters("testdata/resnet18.safetensors", func(name string) string {
		if strings.HasPrefix(name, "fc.") {
			return ""
		}
		return torchvisionNames.Replace(name)
	}, 3, 64, 64)
	d2l.Check(err)
	fmt.Println(report)
	// Output: 120 of the net's 122 tensors loaded; not in the file: dense0.weight, dense0.bias
}
