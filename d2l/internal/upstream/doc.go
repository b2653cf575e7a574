// Package upstream lists the faults of the libraries below this project that it works
// around. It has no code. Each row has a test that shows the fault in the version that
// go.mod pins, and that fails when a newer version has fixed it: then the workaround and
// its row can go.
//
// GoMLX v0.28.8 and compute v0.1.6:
//
//	fault                                              workaround                       test
//	gradient of a convolution with respect to its      differentiable, d2l/conv2d.go    TestConvolutionGradientOfEvenWindow
//	input is wrong for windows of even size
//	and missing for padding as wide as the window      differentiable, d2l/conv2d.go    TestConvolutionGradientOfWidePadding
//	ReLU has slope 1 at exactly 0                      d2l/activation.go                TestReLUSlopeAtZero
//	Abs has slope 1 at exactly 0                       L1Loss, d2l/loss.go              TestAbsSlopeAtZero
//	equal maxima each have the whole gradient of       GlobalMaxPool2D, d2l/pool2d.go   TestEqualMaximaEachHaveTheGradient
//	graph.ReduceMax
//	Exec.CallOnDevice ignores its device               d2l/on_device.go                 TestCallOnDeviceIgnoresItsDevice
//	a program with variables runs on the first         a mesh of one device,            TestModelExecStaysOnFirstDevice
//	device unless it is spread over a mesh             d2l/internal/xla
//	cross-entropy of a label out of range is 0         labelsWithin, d2l/accuracy.go    TestLabelOutOfRangeHasNoLoss
//	an Exec holds 32 shapes, then refuses              SetMaxCache, d2l/internal/xla    TestProgramHoldsFewShapes
//	SGD divides its rate by √step                      plainSGD, d2l/optimizer.go       TestSGDDecaysUnlessToldNotTo
//	SGD takes a rate of 0 for 0.1                      requireRate, d2l/optimizer.go    TestRateOfZeroIsTakenForNone
//	an optimizer's rate outlives it in the store       Net.dropOptimizer                TestFirstRateStaysInStore
//	GoMLX in pure Go has no batch normalization        UseBackendInference,             TestPureGoLacksBatchNormalization
//	                                                   d2l/batch_norm.go
//	batch normalization in inference has no gradient   applies, d2l/apply.go            TestBatchNormOfInferenceHasNoGradient
//	by the operation that GoMLX takes for it
//	variables of two stores with one path are one in   paths in Borrow,                 TestVariablesOfTwoStoresAreOne
//	a graph                                            d2l/internal/xla
//	a constant of one function of a graph is used in   call, d2l/internal/kernels       TestFunctionsShareConstants
//	the next, where it does not exist
//
// go-xla v0.4.5:
//
//	a function with a dot in its name is called by     prefix, d2l/internal/kernels     TestFunctionNamesHaveNoDots
//	another name than it has
//
// XLA's CPU plugin that scripts/setup installs:
//
//	maxima drop NaN                                    MaxPool2D, d2l/pool2d.go         TestMaximumDropsNaN
//
// nlpodyssey/safetensors of go.mod:
//
//	a TensorView cannot be a scalar                    d2l/internal/weights             TestSafetensorsViewRefusesScalars
//	a tensor of a type, or an entry with a key, that   read, d2l/internal/weights       TestSafetensorsRefusesWholeFiles
//	it does not know makes the whole file unreadable
//
// gonum/plot v0.16.0:
//
//	a PNG picture in an SVG is called a JPEG           Drawing.SVG, d2l/internal/page   TestPictureInSVGIsCalledJPEG
//
// GoNB v0.11.5:
//
//	runs "go get" before each cell, which would take   scripts/kernel/go                TestGoNBGetsNewestModules
//	newer modules than go.mod pins
//	its interrupt does not reach a build               scripts/kernel/register.py       TestGoNBInterruptsByMessage
//	a cell's program outlives a kernel that is killed  scripts/kernel/go                TestGoNBProgramsOutliveKernel
//
// Without a test, since they are things that are missing, or would hang the test:
//
//   - Only the identity of one node takes a custom gradient (d2l/internal/kernels).
//   - GoMLX has no SGD with momentum (d2l/optimizer.go).
//   - After a panic of a layer with anything but an error, a GoMLX program can wait
//     forever when it is used again: d2l/internal/xla turns every panic into an error.
//   - GoMLX's reader of checkpoints trusts them: d2l/internal/weights has its own limits.
package upstream
