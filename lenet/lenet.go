// Package lenet has the network of the chapter "Convolutional Neural Networks
// (LeNet)", and the improved one of its exercise 2.
package lenet

import "github.com/d2l-go/book/d2l"

// New returns LeNet for images of shape (batch, 1, 28, 28) and ten classes: a
// block of two convolutions, each followed by average pooling, and a block of
// three fully connected layers. It has 61,706 parameters once initialized.
//
// Book: net, section "Convolutional Neural Networks (LeNet)".
func New() *d2l.Net {
	return d2l.NewNet(d2l.Sequential{
		d2l.Conv2D{Channels: 6, KernelSize: 5, Padding: 2, Activation: d2l.Sigmoid},
		d2l.AvgPool2D{PoolSize: 2, Strides: 2},
		d2l.Conv2D{Channels: 16, KernelSize: 5, Activation: d2l.Sigmoid},
		d2l.AvgPool2D{PoolSize: 2, Strides: 2},
		d2l.Dense{Units: 120, Activation: d2l.Sigmoid},
		d2l.Dense{Units: 84, Activation: d2l.Sigmoid},
		d2l.Dense{Units: 10},
	})
}
