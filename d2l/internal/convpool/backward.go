package convpool

import "github.com/gomlx/gomlx/core/graph"

// backward computes what dX, dWeights and dBiases have in common, from dY.
func (p *pass) backward(dY *graph.Node) {
	dPhases := materialized(graph.Stack(p.unpool(materialized(dY)), 1))
	p.dPhases = graph.Reshape(dPhases, p.x.Shape().Dim(0), 4*p.Channels, -1)
}

// unpool returns the gradient with respect to each phase before its activation, from
// that with respect to the output. Of several equal maxima the first one gets it all,
// as in PyTorch.
func (p *pass) unpool(dY *graph.Node) []*graph.Node {
	dPhases := make([]*graph.Node, len(p.phases))
	var taken *graph.Node // Where an earlier phase is the maximum.
	for i, y := range p.phases {
		share := graph.DivScalar(dY, 4)
		if p.Max {
			// NaN counts as a maximum, so that the gradient reaches it.
			isMax := graph.LogicalOr(graph.Equal(y, p.pooled), graph.NotEqual(y, y))
			share = graph.Where(isMax, dY, graph.ZerosLike(dY))
			if taken != nil {
				share = graph.Where(taken, graph.ZerosLike(dY), share)
				isMax = graph.LogicalOr(taken, isMax)
			}
			taken = isMax
		}
		dPhases[i] = graph.Mul(activations[p.Activation].slope(y), share)
	}
	return dPhases
}

func (p *pass) dX() *graph.Node {
	dPatches := graph.DotGeneral(p.kernel, []int{1}, []int{0}, p.dPhases, []int{1}, []int{0})
	dX := pixels(sumPatches(dPatches, p.window(), 4*p.in, p.rows, p.cols))
	return unpad(dX, p.Padding, p.height, p.width)
}

func (p *pass) dWeights() *graph.Node {
	seen := p.patches
	if seen == nil { // Patches are many times the image: they are not made before they are needed.
		seen = patches(blocks(graph.OptimizationBarriers(p.x, p.dPhases)[0]), p.window())
	}
	dKernel := graph.ReduceSum(graph.DotGeneral(seen, []int{2}, []int{0}, p.dPhases, []int{2}, []int{0}), 0)
	return sumBlockKernel(dKernel, p.window(), p.KernelSize, p.in, p.Channels)
}

func (p *pass) dBiases() *graph.Node {
	return graph.ReduceSum(graph.Reshape(p.dPhases, p.x.Shape().Dim(0), 4, p.Channels, -1), 0, 1, 3)
}
