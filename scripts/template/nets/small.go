// Package nets has the networks of this chapter.
package nets

import "github.com/d2l-go/book/d2l"

// Small is a convolutional network for images of one channel, such as those of
// Fashion-MNIST, and ten classes.
func Small() *d2l.Net {
	return d2l.NewNet(d2l.Sequential{
		d2l.Conv2D{Channels: 8, KernelSize: 5, Padding: 2, Activation: d2l.ReLU},
		d2l.MaxPool2D{PoolSize: 2},
		d2l.Conv2D{Channels: 16, KernelSize: 5, Activation: d2l.ReLU},
		d2l.MaxPool2D{PoolSize: 2},
		d2l.Dense{Units: 84, Activation: d2l.ReLU},
		d2l.Dense{Units: 10},
	})
}
