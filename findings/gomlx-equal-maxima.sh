#!/usr/bin/env bash
# GoMLX v0.28.8 with its pure Go backend (compute v0.1.6); PyTorch's rules are from its documentation.
#
# Expected: where several values are the maximum, their gradients sum to that of the maximum: one has it all, as in
# torch.max(x, dim) and in pooling, or each has its share, as in torch.amax and torch.maximum.
# Seen: ReduceMax gives each of them the whole gradient, so that the sum is as many times too large as there are equal
# maxima. Max of two equal values gives the whole to its first argument, so that the order of the two matters.
#
# Why it matters: a maximum over time, or over the points of a set, is written as ReduceMax. Padding, the zeros of a ReLU and
# repeated tokens are ties in almost every example, and the loss is right: the gradients of the layers below are too large
# by a factor that changes from example to example.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
go mod init probe 2>/dev/null
go mod edit -require=github.com/gomlx/gomlx@v0.28.8 -require=github.com/gomlx/compute@v0.1.6
cat >main.go <<'END'
package main

import (
	"fmt"

	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
)

func main() {
	backend, err := gobackend.New("")
	if err != nil {
		panic(err)
	}
	show := func(name string, f func(x *Node) *Node) {
		gradient := func(x *Node) []*Node { return Gradient(ReduceAllSum(f(x)), x) }
		fmt.Println(name, MustExecOnceN(backend, gradient, []float32{1, 3, 3, 3})[0].Value())
	}
	show("ReduceMax", func(x *Node) *Node { return ReduceMax(x, 0) })
	show("Max with 3", func(x *Node) *Node { return Max(x, Const(x.Graph(), []float32{3, 3, 3, 3})) })
	show("3 with Max", func(x *Node) *Node { return Max(Const(x.Graph(), []float32{3, 3, 3, 3}), x) })
}
END
seen=$(GOFLAGS=-mod=mod go run .)
echo "gradients of 1, 3, 3, 3:"
echo "$seen"
[[ $seen == "ReduceMax [0 1 1 1]
Max with 3 [0 1 1 1]
3 with Max [0 0 0 0]" ]]
