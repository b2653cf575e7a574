#!/usr/bin/env bash
# GoMLX v0.28.8 on go-xla v0.4.5 with XLA's CPU plugin from lammps-jax-pjrt-cpu 0.11.2, and in pure Go (compute v0.1.6).
#
# Expected: the body of graph.While takes what a graph takes elsewhere, on every backend, and may read nodes from outside,
# as the documentation of NewClosure says.
# Seen: it depends on the operation. On XLA, Gather reads outer nodes and Add refuses them; in pure Go both do. A body that
# sorts cannot be built on either, though both sort outside of a loop.
#
# Why it matters: a loop that builds with one layer fails with the next, and the message ("operands are not part of the
# function") names neither the loop nor the node. Hand everything to the loop as part of its state, and sort outside.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q --no-deps --target plugin lammps-jax-pjrt-cpu==0.11.2
PLUGIN=$(find "$dir/plugin" -name pjrt_c_api_cpu_plugin.so)
export PLUGIN
go mod init probe 2>/dev/null
go mod edit -require=github.com/gomlx/gomlx@v0.28.8 -require=github.com/gomlx/go-xla@v0.4.5 \
	-require=github.com/gomlx/compute@v0.1.6
cat >main.go <<'END'
package main

import (
	"fmt"
	"os"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/gomlx/core/graph"
)

// bodies make a new row of three from row, in one round of a loop; table is outside of it.
var bodies = []struct {
	name string
	f    func(row, table *graph.Node) *graph.Node
}{
	{"Gather", func(row, table *graph.Node) *graph.Node {
		return graph.Add(row, graph.Reshape(graph.Gather(table, graph.Const(row.Graph(), [][]int32{{1}})), 3))
	}},
	{"Add", func(row, table *graph.Node) *graph.Node {
		return graph.Add(row, table)
	}},
	{"Sort", func(row, _ *graph.Node) *graph.Node { return graph.Sort(row, 0, true) }},
}

// works reports whether a loop with a body can be built and run.
func works(backend compute.Backend, f func(row, table *graph.Node) *graph.Node, table any) (err error) {
	defer func() {
		if e := recover(); e != nil {
			err = fmt.Errorf("%v", e)
		}
	}()
	_, err = graph.CallOnce(backend, func(table *graph.Node) *graph.Node {
		g := table.Graph()
		state := []*graph.Node{graph.Const(g, int32(0)), graph.Const(g, []float32{3, 1, 2})}
		inputs := func() (i, row *graph.Node) {
			return graph.Parameter(g, "i", state[0].Shape()), graph.Parameter(g, "row", state[1].Shape())
		}
		more := graph.NewClosure(g, func(*graph.Graph) []*graph.Node {
			i, _ := inputs()
			return []*graph.Node{graph.LessThan(i, graph.Const(g, int32(1)))}
		})
		round := graph.NewClosure(g, func(*graph.Graph) []*graph.Node {
			i, row := inputs()
			return []*graph.Node{graph.Add(i, graph.Const(g, int32(1))), f(row, table)}
		})
		return graph.While(more, round, state...)[1]
	}, table)
	return err
}

func main() {
	pureGo, err := gobackend.New("")
	if err != nil {
		panic(err)
	}
	plugin, err := xla.New(os.Getenv("PLUGIN"))
	if err != nil {
		panic(err)
	}
	for name, backend := range map[string]compute.Backend{"go": pureGo, "xla": plugin} {
		_, err := graph.CallOnce(backend, func(x *graph.Node) *graph.Node { return graph.Sort(x, 0, true) }, []float32{3, 1, 2})
		fmt.Println("Sort outside", name, err == nil)
	}
	for _, body := range bodies {
		var table any = []float32{1, 1, 1}
		if body.name == "Gather" {
			table = [][]float32{{1, 1, 1}, {2, 2, 2}}
		}
		for name, backend := range map[string]compute.Backend{"go": pureGo, "xla": plugin} {
			fmt.Println(body.name, name, works(backend, body.f, table) == nil)
		}
	}
}
END
seen=$(GOFLAGS=-mod=mod go run . 2>/dev/null | sort)
echo "operation in a loop's body, backend, whether it works:"
echo "$seen"
[ "$seen" = "Add go true
Add xla false
Gather go true
Gather xla true
Sort go false
Sort outside go true
Sort outside xla true
Sort xla false" ]
