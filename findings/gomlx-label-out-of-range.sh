#!/usr/bin/env bash
# GoMLX v0.28.8 with its pure Go backend (compute v0.1.6).
#
# Expected: SparseCategoricalCrossEntropyLogits rejects a label that the logits have no column for, as PyTorch's
# cross_entropy does ("Target 3 is out of bounds").
# Seen: no error. Such an example has loss 0 and gradient 0, but still counts in the mean: with four examples of uniform
# logits over three classes, labels 0, 1, 2, 3 give 3/4 of ln 3. A label of -1 behaves the same.
#
# Why it matters: labels that count from 1 (as in EMNIST's letters) train a net that never learns its last class, and
# the reported loss is lower than it should be, which looks like progress.
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
	"github.com/gomlx/gomlx/ml/train/loss"
)

func main() {
	backend, err := gobackend.New("")
	if err != nil {
		panic(err)
	}
	for _, label := range []int32{2, 3, -1} {
		outputs := graph.MustExecOnceN(backend, func(labels, logits *graph.Node) []*graph.Node {
			mean := loss.SparseCategoricalCrossEntropyLogits([]*graph.Node{labels}, []*graph.Node{logits})
			gradient := graph.Gradient(mean, logits)[0]
			return []*graph.Node{mean, graph.ReduceSum(graph.Abs(gradient), 1)}
		}, [][]int32{{0}, {1}, {2}, {label}}, make4())
		fmt.Printf("%d: loss %.4f, gradient by example %.3f\n", label, outputs[0].Value(), outputs[1].Value())
	}
}

func make4() [][]float32 {
	logits := make([][]float32, 4)
	for i := range logits {
		logits[i] = make([]float32, 3)
	}
	return logits
}
END
seen=$(GOFLAGS=-mod=mod go run .)
echo "the fourth label, the mean loss (ln 3 = 1.0986), and the size of each example's gradient:"
echo "$seen"
[ "$seen" = "2: loss 1.0986, gradient by example [0.333 0.333 0.333 0.333]
3: loss 0.8240, gradient by example [0.333 0.333 0.333 0.000]
-1: loss 0.8240, gradient by example [0.333 0.333 0.333 0.000]" ]
