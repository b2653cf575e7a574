#!/usr/bin/env bash
# GoMLX v0.28.8 with its pure Go backend (compute v0.1.6).
#
# Expected: activations of one name have one formula, PyTorch's: hardswish(x) = x * hardsigmoid(x), with
# hardsigmoid(x) = x/6 + 1/2 between 0 and 1, and leaky_relu with slope 0.01 below 0.
# Seen: HardSwish is PyTorch's, but HardSigmoid is x/5 + 1/2 (the older Keras), so the one is not x times the other; and
# LeakyRelu has slope 0.3 (also the older Keras). Swish, Selu, Gelu (exact) and GeluApprox (by tanh) are PyTorch's.
#
# Why it matters: weights of MobileNetV3, whose blocks use both hard functions, load without an error and compute
# something else; and a leaky net trained elsewhere comes out with thirty times the leak.
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
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
)

func main() {
	backend, err := gobackend.New("")
	if err != nil {
		panic(err)
	}
	for _, kind := range []activation.Type{activation.TypeHardSigmoid, activation.TypeHardSwish, activation.TypeLeakyRelu,
		activation.TypeSwish, activation.TypeSelu, activation.TypeGelu, activation.TypeGeluApprox} {
		outputs := graph.MustExecOnceN(backend, func(x *graph.Node) []*graph.Node {
			return []*graph.Node{activation.Apply(kind, x)}
		}, []float32{-2, 1})
		fmt.Printf("%s %.4f\n", kind, outputs[0].Value())
	}
}
END
seen=$(GOFLAGS=-mod=mod go run .)
pytorch="HardSigmoid [0.1667 0.6667]
HardSwish [-0.3333 0.6667]
LeakyRelu [-0.0200 1.0000]
Swish [-0.2384 0.7311]
Selu [-1.5202 1.0507]
Gelu [-0.0455 0.8413]
GeluApprox [-0.0454 0.8412]"
echo "at -2 and 1, lines that differ: < PyTorch, > GoMLX"
differences=$(diff <(echo "$pytorch") <(echo "$seen") | grep '^[<>]' || true)
echo "$differences"
[ "$differences" = "< HardSigmoid [0.1667 0.6667]
> HardSigmoid [0.1000 0.7000]
< LeakyRelu [-0.0200 1.0000]
> LeakyRelu [-0.6000 1.0000]" ]
