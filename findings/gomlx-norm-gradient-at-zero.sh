#!/usr/bin/env bash
# GoMLX v0.28.8 with its pure Go backend (compute v0.1.6).
#
# Expected: the gradient of a norm at 0 is 0, as in PyTorch; at least a loss that is built on one can be minimized.
# Seen: L2Norm has the gradient NaN at 0, being the square root of a sum of squares: infinity times 0. So does the loss
# EuclideanDistance for every example that is predicted exactly; EuclideanDistanceSquare has 0 there. L2Normalize is
# safe.
#
# Why it matters: a penalty or a clipping by the norm of parameters that start at 0 (biases do) makes the first step
# NaN, and metric learning fails at the first pair of equal images. Adding 1e-12 under the root avoids it.
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
	"github.com/gomlx/gomlx/ml/train/loss"
)

func main() {
	backend, err := gobackend.New("")
	if err != nil {
		panic(err)
	}
	show := func(name string, f func(x *Node) *Node) {
		gradient := func(x *Node) []*Node { return Gradient(ReduceAllSum(f(x)), x) }
		outputs := MustExecOnceN(backend, gradient, [][]float32{{0, 0}, {3, 4}})
		fmt.Printf("%s %.3f\n", name, outputs[0].Value())
	}
	show("L2Norm", func(x *Node) *Node { return L2Norm(x, 1) })
	show("EuclideanDistance", func(x *Node) *Node { return loss.EuclideanDistance([]*Node{ZerosLike(x)}, []*Node{x}) })
	show("EuclideanDistanceSquare", func(x *Node) *Node {
		return loss.EuclideanDistanceSquare([]*Node{ZerosLike(x)}, []*Node{x})
	})
	show("guarded", func(x *Node) *Node { return Sqrt(AddScalar(ReduceSum(Square(x), 1), 1e-12)) })
}
END
seen=$(GOFLAGS=-mod=mod go run .)
echo "gradients at (0, 0) and (3, 4):"
echo "$seen"
[[ $seen == "L2Norm [[NaN NaN] [0.600 0.800]]
EuclideanDistance [[NaN NaN] "*"
EuclideanDistanceSquare [[-0.000 -0.000] "*"
guarded [[0.000 0.000] [0.600 0.800]]" ]]
