#!/usr/bin/env bash
# GoMLX v0.28.8 with its pure Go backend (compute v0.1.6).
#
# Expected: a graph that reads a variable of another store than its executor's gets the value of that variable, or the
# executor says that it cannot; a variable of another store that a graph changes has a value after the call.
# Seen: in a graph a variable is known by its path alone. Where both stores have one of the same path and shape, the first
# that is read is taken for the other as well, without an error; of other paths each has its own value. A variable of
# another store that the graph changes loses its value in the call: its buffer is given away and nothing is put back.
#
# Why it matters: two models that were built by the same function have the same paths. A loss through a second model
# (a teacher, a discriminator) is then computed with the weights of the first, and training goes on in silence.
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
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

func variable(path string, value float32) *model.Variable {
	v, err := model.NewStore().CreateVariable(path, tensors.FromScalar(value))
	if err != nil {
		panic(err)
	}
	return v
}

func main() {
	backend, err := gobackend.New("")
	if err != nil {
		panic(err)
	}
	student := model.NewStore()
	own, err := student.CreateVariable("/dense/weights", tensors.FromScalar(float32(1)))
	if err != nil {
		panic(err)
	}
	both := func(other *model.Variable, change bool) string {
		exec, err := model.NewExec(backend, student, func(_ *model.Scope, x *Node) []*Node {
			read := other.NodeValue(x)
			if change {
				other.SetNodeValue(AddScalar(read, 1))
			}
			return []*Node{own.NodeValue(x), read}
		})
		if err != nil {
			panic(err)
		}
		outputs, err := exec.Call(float32(0))
		if err != nil {
			return "an error"
		}
		return fmt.Sprint(outputs[0].Value(), " and ", outputs[1].Value())
	}
	fmt.Println("another path:", both(variable("/teacher/weights", 10), false))
	fmt.Println("the same path:", both(variable("/dense/weights", 10), false))
	changed := variable("/teacher/weights", 10)
	fmt.Printf("changed: %s, ", both(changed, true))
	fmt.Println("has a value after it:", changed.HasValue())
}
END
seen=$(GOFLAGS=-mod=mod go run .)
echo "a variable of the executor's store is 1, and one of another store is 10:"
echo "$seen"
[[ $seen == "another path: 1 and 10
the same path: 10 and 10
changed: 1 and 10, has a value after it: false" ]]
