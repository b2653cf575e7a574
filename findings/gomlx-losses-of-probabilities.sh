#!/usr/bin/env bash
# GoMLX v0.28.8 with its pure Go backend (compute v0.1.6).
#
# Expected: the losses that take probabilities instead of logits bound the logarithm, as PyTorch's binary_cross_entropy
# does at -100 and Keras's losses do by an epsilon: a prediction that is certain and right costs 0.
# Seen: BinaryCrossentropy of a certain, right prediction is NaN (0 times the logarithm of 0), and so is its gradient;
# of a certain, wrong one it is infinite. In float32 a sigmoid is exactly 1 from about 18 on, so certainty is reached in
# practice. CategoricalCrossEntropy does bound its input, by an operation without a gradient: it cannot be trained with.
#
# Why it matters: the better a classifier gets, the more likely its next batch ends training with NaN. The versions that
# take logits have neither problem.
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
	"strings"

	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/train/loss"
)

func main() {
	backend, err := gobackend.New("")
	if err != nil {
		panic(err)
	}
	for _, logit := range []float32{5, 18} {
		outputs := graph.MustExecOnceN(backend, func(label, logit *graph.Node) []*graph.Node {
			fromProbability := loss.BinaryCrossentropy([]*graph.Node{label}, []*graph.Node{graph.Sigmoid(logit)})
			fromLogit := loss.BinaryCrossentropyLogits([]*graph.Node{label}, []*graph.Node{logit})
			return []*graph.Node{fromProbability, fromLogit}
		}, []float32{1}, []float32{logit})
		fmt.Printf("binary, logit %v: %.4f, by the logit %.4f\n", logit, outputs[0].Value(), outputs[1].Value())
	}
	program, err := graph.NewExec(backend, func(label, p *graph.Node) *graph.Node {
		return graph.Gradient(loss.CategoricalCrossEntropy([]*graph.Node{label}, []*graph.Node{p}), p)[0]
	})
	if err != nil {
		panic(err)
	}
	_, err = program.Call([][]float32{{0, 1}}, [][]float32{{0.25, 0.75}})
	fmt.Println("categorical has no gradient:", err != nil && strings.Contains(err.Error(), "no gradient is defined"))
}
END
seen=$(GOFLAGS=-mod=mod go run .)
echo "$seen"
[ "$seen" = "binary, logit 5: 0.0067, by the logit 0.0067
binary, logit 18: NaN, by the logit 0.0000
categorical has no gradient: true" ]
