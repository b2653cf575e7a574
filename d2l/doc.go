// Package d2l has the helpers of the book Dive into Deep Learning for Go: what
// its chapters call d2l.Accumulator, d2l.Animator, d2l.load_data_fashion_mnist,
// d2l.train_ch5 and so on, with the same names and the same behaviour. They stand
// on GoMLX, which builds computations, and on XLA, which compiles them.
//
// # A first program
//
// This trains a small convolutional network to tell ten kinds of clothes apart.
//
//	package main
//
//	import "github.com/d2l-go/book/d2l"
//
//	func main() {
//		d2l.Seed(42) // The same figures in every run.
//		trainIter, testIter := d2l.LoadDataFashionMnist(256)
//		net := d2l.NewNet(d2l.Sequential{
//			d2l.Conv2D{Channels: 6, KernelSize: 5, Padding: 2, Activation: d2l.ReLU},
//			d2l.MaxPool2D{PoolSize: 2},
//			d2l.Dense{Units: 84, Activation: d2l.ReLU},
//			d2l.Dense{Units: 10},
//		})
//		d2l.Must(d2l.TrainCh5(net, trainIter, testIter, 1, 0.1, d2l.TryGPU(0)))
//		d2l.Check(net.SaveParameters("clothes.params"))
//	}
//
// It writes the points of the learning curve while it trains, and at the end the
// book's two lines: loss and accuracies, and how many examples a second it trained
// on which device. In a notebook the curve is a plot that grows.
//
// To run it, a clone of github.com/d2l-go/book must be there and scripts/setup in
// it have run once: it puts XLA's plugin for the CPU and the data into the user's
// cache. The README says how a module of one's own finds the clone.
//
// # Shapes and values
//
// Arrays are GoMLX tensors (package core/tensors). Images are float32 of shape
// (batch, channel, height, width) with values from 0 to 1; labels are int32 of shape
// (batch). [ShapeOf] returns a shape that prints as in the book. Times are seconds
// as float64.
//
// # Layers and nets
//
// A [Layer] describes a step of a network, and holds no numbers: [Dense],
// [Conv2D], [AvgPool2D], [MaxPool2D], [GlobalAvgPool2D], [Flatten], [BatchNorm],
// [Dropout], an [Activation] such as ReLU, and [Sequential], which applies several
// in order. Whatever GoMLX can build can be a layer: a type with the two
// methods of [Layer], as its example shows.
//
// A [Net] is a layer with parameters on a device. [Net.Initialize] draws them,
// with [Xavier] or another [Initializer], once the first batch shows the shape of
// the input; [TrainCh5] does so by itself. [Net.Forward] computes the output,
// [Net.Outputs] what every layer makes of a batch, and [Net.Shapes] their shapes
// without computing anything. [DrawDataFlow] and [DrawVertical] draw the net.
//
// # Data
//
// A [DataIter] yields the batches of an epoch each time it is iterated over:
//
//	for batch, err := range trainIter.Iter() {
//		d2l.Check(err)
//		X, y := batch.Inputs[0], batch.Labels[0]
//		…
//	}
//
// [LoadDataFashionMnist] returns two, for training and testing, and costs nothing
// until the first batch is asked for; [LoadDataMnist] does the same for handwritten
// digits. Data of one's own are a type with the methods of [DataIter].
//
// # Training
//
// [TrainCh5] is the book's whole loop. For one of your own, a [Trainer] makes the
// steps: [Trainer.Step] computes loss, gradients and update of a batch in one
// compiled program, where the book has backward and step. Beside it [Accumulator]
// sums what the steps return, [Timer] measures them, [Animator] plots them, and
// [EvaluateAccuracyGPU] tests the net.
//
// In place of a learning rate [TrainCh5] takes an [Optimizer], and [NewTrainer] does:
// [SGD], [Momentum], [Adam] or any of GoMLX's, with a schedule if need be:
//
//	scheduler := d2l.CosineScheduler{MaxUpdate: 10 * trainIter.Len(), BaseLR: 0.3}
//	opt := d2l.Momentum(0.3, 0.9).WithSchedule(scheduler.At)
//
// [TrainCh6] is the book's later name for TrainCh5. [Seed] makes runs repeatable.
//
// # Devices
//
// A [Device] is gpu(i) or cpu(i). [TryGPU] takes a GPU where there is one and
// the CPU otherwise, and what trains prints which it was. [TrainCh5] and
// [NewTrainer] split batches over several, such as [TryAllGPUs]. [OnDevice] keeps
// the images of a data set on a device, so that batches need not be copied there.
//
// # Saved parameters
//
// [Net.SaveParameters] writes a net's parameters to a file and
// [Net.LoadParameters] reads them into a net of the same layers; the file of
// another is refused. The file holds the values and what the layers are called and
// how they are set; the layers themselves are in the program. [Net.SaveSafetensors]
// and [Net.LoadSafetensors] do the same in a format that PyTorch reads and writes,
// with PyTorch's names and shapes, and compare nothing else.
//
// # Notebooks
//
// In a GoNB notebook [Plot], [ShowImages], [ShowImageGrid] and an [Animator] show
// their pictures below the cell, and saving the notebook keeps them. Elsewhere they
// return figures that [Figure.Save] writes to a file, and an Animator writes its
// points to standard error.
//
// Every cell is a program of its own: what a cell declares is there in later cells,
// but variables are made anew. So data sets and nets cost nothing until they are
// used, and a net that was trained in one cell gets to a later one by its saved
// parameters.
//
// # Errors
//
// What can fail at run time, such as a file that is missing, returns an error
// that says what to do. What only a mistake in the program can cause, such as a
// wrong number of values, panics. A notebook's cell and other short programs may
// wrap a call in [Must] or [Check].
//
// # What comes from the book
//
// A doc comment ends with the line "Book: …": the thing's name in the book's
// Python, and the section of its numpy edition that has it. After "none" it says
// what comes nearest or why there is nothing.
//
// Names are the book's, in Go's spelling. What is different: a net's forward pass,
// gradients and update are compiled, so a layer is no function that can be called
// on numbers by itself; errors are values; and what the book leaves to its framework
// (Dense, Trainer, the initializers) is here under the framework's names.
package d2l
