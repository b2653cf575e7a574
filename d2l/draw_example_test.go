package d2l_test

import (
	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/lenet"
)

// In a notebook the call itself shows the figure; elsewhere it can be saved.
func ExampleDrawDataFlow() {
	figure := d2l.Must(d2l.DrawDataFlow(lenet.New(), 1, 28, 28))
	d2l.Check(figure.Save("data_flow.svg"))
}

// In a notebook the call itself shows the figure; elsewhere it can be saved.
func ExampleDrawVertical() {
	figure := d2l.Must(d2l.DrawVertical(lenet.New(), 1, 28, 28))
	d2l.Check(figure.Save("vertical.svg"))
}
