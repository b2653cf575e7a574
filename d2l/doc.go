// Package d2l has the helpers of the book Dive into Deep Learning for Go: what
// its chapters call d2l.Accumulator, d2l.Animator, d2l.load_data_fashion_mnist,
// d2l.train_ch5 and so on, with the same names and the same behaviour, on GoMLX
// and XLA.
//
// A doc comment ends with the line "Book: …": the thing's name in the book's
// Python, and the section of its numpy edition that has it. After "none" it says
// what comes nearest or why there is nothing.
//
// A network is described by layers and trained like this:
//
//	net := d2l.NewNet(d2l.Sequential{
//		d2l.Conv2D{Channels: 6, KernelSize: 5, Padding: 2, Activation: d2l.Sigmoid},
//		d2l.AvgPool2D{PoolSize: 2, Strides: 2},
//		d2l.Dense{Units: 10},
//	})
//	trainIter, testIter := d2l.LoadDataFashionMnist(256)
//	result, err := d2l.TrainCh5(net, trainIter, testIter, 10, 0.9, d2l.TryGPU(0))
//
// Instead of the learning rate 0.9, [TrainCh5] takes another optimizer as well,
// such as [Momentum] or [Adam], with a schedule of learning rates if need be:
//
//	scheduler := d2l.CosineScheduler{MaxUpdate: 10 * trainIter.Len(), BaseLR: 0.3}
//	opt := d2l.Momentum(0.3, 0.9).WithSchedule(scheduler.At)
//
// # Shapes and values
//
// Arrays are GoMLX tensors. Images are float32 of shape (batch, channel, height,
// width) with values from 0 to 1, labels int32 of shape (batch). Times are
// seconds as float64.
//
// # Devices
//
// A [Device] is gpu(i) or cpu(i). [TryGPU] takes a GPU where there is one and
// the CPU otherwise, and what trains prints which it was. [TrainCh5] and
// [NewTrainer] split batches over several, such as [TryAllGPUs]. [OnDevice] keeps
// the images of a data set on a device, so that batches need not be copied there.
//
// Programs are compiled by XLA; its plugin for the CPU, and that for NVIDIA's
// GPUs, is a file that scripts/setup of github.com/d2l-go/book puts into the
// user's cache.
//
// # Errors
//
// What can fail at run time, such as a file that is missing, returns an error
// that says what to do. What only a mistake in the program can cause, such as a
// wrong number of values, panics. A notebook's cell and other short programs may
// wrap a call in [Must] or [Check].
//
// # Notebooks
//
// In a GoNB notebook [Plot], [ShowImages] and an [Animator] show their pictures
// below the cell, and saving the notebook keeps them. Elsewhere they return
// figures that can be saved, and an Animator writes its points to standard
// error.
package d2l
