package d2l_test

import (
	"bytes"
	"fmt"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/lenet"
)

func ExampleNet_Shapes() {
	layers := d2l.Must(lenet.New().Shapes(1, 28, 28))
	for _, layer := range layers {
		fmt.Println(layer.Name, "output shape:", layer.Shape)
	}
	// Output:
	// conv0 output shape: (1, 6, 28, 28)
	// pool0 output shape: (1, 6, 14, 14)
	// conv1 output shape: (1, 16, 10, 10)
	// pool1 output shape: (1, 16, 5, 5)
	// dense0 output shape: (1, 120)
	// dense1 output shape: (1, 84)
	// dense2 output shape: (1, 10)
}

// In a notebook the call itself shows the figure; elsewhere it can be saved.
func ExampleDrawDataFlow() {
	figure := d2l.Must(d2l.DrawDataFlow(lenet.New(), 1, 28, 28))
	svg := d2l.Must(figure.SVG()) // figure.Save writes it to a file.
	fmt.Println(bytes.Contains(svg, []byte("6@28×28")))
	// Output: true
}

func ExampleDrawVertical() {
	figure := d2l.Must(d2l.DrawVertical(lenet.New(), 1, 28, 28))
	svg := d2l.Must(figure.SVG()) // figure.Save writes it to a file.
	fmt.Println(bytes.Contains(svg, []byte("5×5 Conv (6), pad 2")))
	// Output: true
}
