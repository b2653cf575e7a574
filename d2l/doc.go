// Package d2l has the helpers of the book Dive into Deep Learning for Go: what its
// chapters call d2l.Accumulator, d2l.Animator, d2l.load_data_fashion_mnist,
// d2l.train_ch5 and so on, with the same names and the same behaviour. They are
// built on GoMLX, which defines computations, and on XLA, which compiles them.
//
// # A first program
//
// This trains a small convolutional network to distinguish ten kinds of clothes.
//
//	package main
//
//	import "github.com/d2l-go/book/d2l"
//
//	func main() {
//		d2l.Seed(42) // The same results in every run.
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
// It prints the points of the learning curve while it trains, and the book's two
// lines at the end: loss and accuracies, and on how many examples a second it
// trained on which device. In a notebook the curve is a plot that grows.
//
// To run it, you need a clone of github.com/d2l-go/book in which scripts/setup has
// run once: it installs XLA's CPU plugin and the data in the user's cache folder.
// The README in this folder says how a module of your own finds the clone.
//
// # Shapes and values
//
// An array is a [Tensor], GoMLX's own: [NewTensor] makes one of Go's slices, [Zeros],
// [Ones] and [Randn] of a shape, [Reshape] changes the shape, and [Values] returns the
// numbers. Images are float32 of shape (batch, channel, height, width) with values from 0
// to 1; labels are int32 of shape (batch). Tokens are int32 of shape (batch, steps), and
// sequences (batch, steps, features). [ShapeOf] returns a shape that prints as in the
// book. Times are seconds as float64.
//
// # Layers and nets
//
// A [Layer] describes one step of a network and holds no parameters: [Dense], [Conv2D],
// [Conv2DTranspose], [AvgPool2D], [MaxPool2D], [GlobalAvgPool2D], [GlobalMaxPool2D], [Flatten],
// [BatchNorm], [LayerNorm], [Normalize], [Dropout], an [Activation] such as ReLU, [LeakyReLU],
// and [Sequential], which applies several in order; for sequences [Embedding], [OneHot], [RNN],
// [GRU], [LSTM], [PositionalEncoding] and [Seq2SeqEncoder]. Anything that GoMLX can build can be
// a layer: a type with the two methods of [Layer], as its example shows. A net of several inputs
// begins with an [EncoderDecoder], a [BERTModel], an attention such as [MultiHeadAttention], or a
// layer that has the method ForwardN.
//
// A [Net] is a layer with parameters on a device. [Net.Initialize] prepares to draw them, with
// [Xavier] or another [Initializer]; they are drawn when the first batch shows the shape of the
// input. [TrainCh5] initializes the net it trains. [Net.Forward] computes the output, and
// [Net.ForwardN] all of several, such as attention weights; [Net.Outputs] has those of all
// layers, and [Net.Shapes] their shapes without computing anything. [DrawDataFlow] and
// [DrawVertical] draw the net.
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
// [LoadDataFashionMnist] returns two, for training and for testing, which read nothing until the
// first batch is needed, and so does [LoadDataMnist] for handwritten digits. [LoadArray] and
// [LoadArrays] have examples in memory, [LoadImages] and [LoadImageFolder] pictures,
// [SeqDataIterRandom] and [SeqDataIterConsecutive] the tokens that a [Vocab] numbers,
// [LoadDataNMT] sentences with translations, [LoadDataIMDB] reviews, [LoadDataSNLI] pairs of
// sentences, [LoadDataPTB] words in context, [LoadDataWiki] and [LoadDataBERT] what a [BERTModel]
// is pretrained with, [LoadDataVOC] pictures with a class for each pixel. Or write a [DataIter].
//
// [Download] and [DownloadExtract] fetch the book's other data sets, which are listed in
// [DataHub], verify them and keep them in the user's cache. [ReadDataNMT], [LoadTokenEmbedding]
// and the functions above read some; the others are up to you.
//
// # Training
//
// [TrainCh5] is the book's whole loop. For a loop of your own use a [Trainer]: [Trainer.Steps]
// trains for one epoch and yields the metrics of each step, with [Trainer.Err] for the error
// that may have ended it, and [Trainer.Step] makes a single one: loss, gradients and update in
// one compiled program, where the book has backward and step. [Accumulator] sums the metrics,
// [Timer] measures the steps, [Animator] plots them, and [EvaluateAccuracyGPU] tests the net.
//
// The loss is softmax cross-entropy of classes. [Trainer.WithLoss] chooses another, such as
// [L2Loss] for numbers, or a function of your own as [LossFunc], with labels of any shape and
// type, or as [LossFuncN], of several outputs and arrays of labels. It may apply another net by
// [Net.Apply], as a generative adversarial network does. [Trainer.EvaluateLoss] tests the net.
//
// [NewTrainer] takes an [Optimizer], and [TrainCh5] one in place of a learning rate: [SGD],
// [Momentum], [Adam] or an optimizer of GoMLX, with or without a schedule:
//
//	scheduler := d2l.CosineScheduler{MaxUpdate: 10 * trainIter.Len(), BaseLR: 0.3}
//	opt := d2l.Momentum(0.3, 0.9).WithSchedule(scheduler.At)
//
// [TrainCh6] is the book's later name for TrainCh5. [TrainCh13] is the same loop from the
// parameters that the net has, for fine tuning, and with a loss of your choice. [TrainCh8]
// trains a language model, for [PredictCh8], and [TrainSeq2Seq] one that translates, for
// [PredictSeq2Seq]. [Seed] makes runs repeatable, on a GPU with [UseDeterministicAlgorithms].
//
// # Object detection
//
// Boxes are rows of four numbers, left, top, right and bottom. [MultiboxPrior] makes anchor
// boxes for a feature map, [MultiboxTarget] says which objects they belong to and what a net has
// to predict, and [MultiboxDetection] makes boxes of what it predicts. [ShowBBoxes] shows a
// picture with boxes and labels, and [WithBBoxes] is for several.
//
// # Devices
//
// A [Device] is gpu(i) or cpu(i). [TryGPU] returns a GPU if there is one and the CPU otherwise;
// training prints which it used. [TrainCh5] and [NewTrainer] split each batch over several
// devices, such as [TryAllGPUs]. [OnDevice] keeps the images of a data set on a device, so that
// batches need not be copied there. GPUs compute in float32 unless [AllowTF32] lets them round.
//
// # Saved parameters
//
// [Net.SaveParameters] writes a net's parameters to a file and [Net.LoadParameters] reads them
// into a net of the same layers; the file of another net is refused. The file has the values,
// with PyTorch's names and shapes, and the names and settings of the layers; the layers
// themselves are in the program. Its format is safetensors. PyTorch reads the files with
// safetensors.torch, and those that it writes with it can be loaded, too; files of torch.save
// cannot. [Net.LoadMatchingParameters] takes over what fits from the file of another net, by
// names that a function of yours may change, and reports what was loaded. [SaveTensors] and
// [LoadTensors] are for tensors of your own, with names.
//
// # Notebooks
//
// In a GoNB notebook [Plot], [ShowImages], [ShowImageGrid] and an [Animator] show their pictures
// below the cell, and they are saved with the notebook. Elsewhere they return figures for
// [Figure.Save], and an Animator writes its points to standard error.
//
// Each cell is a program of its own: declarations are available in later cells, but variables
// are initialized again. So data sets and nets cost nothing until they are used, and a net that
// one cell has trained reaches a later cell through a file of its parameters.
//
// # Errors
//
// What can fail at run time, such as a missing file, returns an error that says what to do. What
// only a mistake in the program can cause, such as a wrong number of values, panics. Notebook
// cells and other short programs may wrap a call in [Must] or [Check].
//
// # Files, in the book's order
//
// Tools of the first chapters:
//
//	plot.go           Plot and its options
//	figure.go         Figure: a drawing that is shown or saved
//	images.go         images in rows and columns
//	heatmaps.go       matrices as colours
//	accumulator.go    sums over an epoch
//	timer.go          laps of running time
//	animator.go       a plot that grows during training
//	seed.go           repeatable random numbers
//	check.go          Check and Must, for cells
//	compile.go        Compile: functions of arrays
//
// Data:
//
//	fashion_mnist.go  Fashion-MNIST and MNIST
//	data_iter.go      DataIter: the batches of an epoch
//	load_array.go     LoadArray, SyntheticData; the first batches of a data set
//	image_iter.go     batches of the images of these sets
//	image_folder.go   pictures from files, and their batches
//	voc.go            Pascal VOC2012: pictures and the classes of their pixels
//	load_data_voc.go  their batches
//	jpeg.go           colours of JPEG files, as PyTorch has them
//	augment.go        flips, crops and colours
//	resize.go         images resized, on the host and on a device
//	on_device.go      data sets kept on a device
//	text.go           tokens, Vocab
//	token_embedding.go pretrained vectors of tokens
//	seq_data_iter.go  sequences of tokens
//	time_machine.go   The Time Machine, the text of chapter 8
//	download.go       DataHub, and Download of what is in it
//	word2vec_data.go  words with those around them, for word2vec
//	translation.go    sentences with their translations
//	imdb.go           reviews of films, and what a net takes a text for
//	bert_dataset.go   sentences for pretraining BERT; WikiText-2
//	snli.go           SNLI: does one sentence follow from another?
//
// Layers:
//
//	layer.go          Layer: the interface, with its optional methods
//	sequential.go     layers in order
//	dense.go          Dense and Flatten
//	activation.go     sigmoid, ReLU, tanh, LeakyReLU
//	initializer.go    Xavier, normal, uniform, constant; a layer's own
//	window.go         windows of convolution and pooling
//	conv2d.go         convolution
//	patches.go        convolution as a product of matrices, on a GPU
//	conv2d_transpose.go transposed convolution
//	pool2d.go         average, maximum and global pooling
//	dropout.go        dropout
//	batch_norm.go     batch normalization
//	embedding.go      tokens: Embedding, OneHot
//	rnn.go            RNN, GRU, LSTM
//	recurrent.go      what these have in common; states
//	layer_norm.go     layer normalization
//	normalize.go      images of a mean and a standard deviation
//	blocks.go         Branches and Residual: layers in parallel, and a sum
//	share.go          one layer in several places
//	encoder_decoder.go EncoderDecoder: a layer of two inputs or more; Seq2SeqEncoder
//	masked_softmax.go MaskedSoftmax: the keys that count
//	attention.go      attentions, positions
//	transformer.go    the Transformer's blocks, encoder and decoder
//	bert.go           BERT: its encoder, its two tasks, and the model of both
//
// Nets:
//
//	device.go         CPUs and GPUs, where they are
//	net.go            Net: a layer with parameters on a device
//	net_forward.go    the outputs for a batch
//	demands.go        values that a layer does not take
//	parameter.go      parameters by name, all variables
//	net_layers.go     outputs of the layers, and their shapes
//	net_copy.go       copies, also on another device
//	inputs.go         nets of several inputs, and ForwardN
//	apply.go          a net in the graph of another, or of a loss
//	tensor.go         arrays: of Go's slices and back, zeros, random numbers, other shapes
//	save_tensors.go   arrays in files
//	shape.go          shapes as the book prints them
//	draw.go           drawings of a net, and feature maps
//	parameters.go     saved parameters, also from and for PyTorch
//	parameters_matching.go what fits of another net's, for fine tuning
//	parameters_describe.go what a file tells of the layers
//	parameters_fields.go fields of the program's own layers
//	trained.go        how far a net has been trained
//
// Training:
//
//	optimizer.go      SGD, Momentum, Adam, and optimizers of GoMLX
//	optimizer_adaptive.go Adagrad, RMSProp, Adadelta
//	optimizer_update.go weight decay, gradient clipping, rates by parameter
//	schedule.go       learning rates that change
//	loss.go           Loss and losses
//	bert_loss.go      the loss of BERT's two tasks
//	trainer_loss.go   Trainer.WithLoss
//	trainer.go        Trainer: loss, gradients and update
//	trainer_batch.go  the batches that it takes
//	frozen.go         parameters that SetTrainable has frozen
//	gradients.go      parameters that no gradient would reach
//	finite.go         values that are not finite are not kept
//	step_guard.go     a step is atomic; the cause of a failed one
//	step_backup.go    copies of the variables, for a device that fails
//	steps.go          the steps of an epoch
//	step_loop.go      many steps in one program, on a GPU
//	interrupt.go      a training that the reader stops
//	plot_status.go    what a plot says while training goes on
//	forward_each.go   the outputs for a data set, likewise
//	evaluate_loss.go  the loss on a data set
//	accuracy.go       predictions, accuracy, EvaluateAccuracyGPU
//	train_ch5.go      TrainCh5, the whole loop
//	train_ch8.go      TrainCh8 and PredictCh8, for language models
//	train_seq2seq.go  TrainSeq2Seq and PredictSeq2Seq, for translation; Bleu
//	train_ch13.go     TrainCh13, which goes on from the parameters that a net has
//
// Object detection:
//
//	bounding_boxes.go corners and centers; what is a box
//	show_bboxes.go    pictures with boxes and labels
//	anchor_boxes.go   anchors, IoU, which objects anchors belong to
//	multibox.go       offsets, targets of a detector
//	multibox_detection.go what it finds: non-maximum suppression
//
// What they are built on, one folder a subject:
//
//	internal/chart    plots: panels, axes, ticks, legends
//	internal/compiled what XLA compiled, kept for later programs
//	internal/fetch    downloads, archives; where files of data sets are
//	internal/files    atomic writes, safe reads
//	internal/imagegrid pictures in rows and columns, with titles
//	internal/kernels  layers, updates and a search for NaN, in C, for XLA on the CPU
//	internal/mnist    the files of MNIST and Fashion-MNIST
//	internal/netfig   pictures of nets: data flow, compressed notation
//	internal/page     style, text and pen of all pictures; SVG and PNG
//	internal/report   errors from panics, warnings
//	internal/upstream faults of the libraries, each with a test that fails once it is fixed
//	internal/weights  the format of a file of parameters
//	internal/xla      backends and compiled programs
//
// d2ltest has the helpers of the tests.
//
// # What comes from the book
//
// A doc comment ends with the line "Book: …": the name in the book's Python, and the section of
// its numpy edition. After "none" it names the closest thing in the book, or says why there is
// none.
//
// Names are the book's, in Go's spelling. Some things differ: a net's forward pass, gradients
// and update are compiled, so a layer is not a function that can be called on numbers; errors
// are values; and what the book takes from its framework (Dense, Trainer, the initializers) has
// the framework's names here.
package d2l
