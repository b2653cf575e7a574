package d2l

import (
	"math/rand/v2"
	"sync"
)

var seeds struct {
	sync.Mutex
	source *rand.Rand // nil until Seed is called.
}

// Seed makes everything random that follows in this process repeatable: the
// initial parameters and random layers of each Net.Initialize, and the order of
// each epoch of training data. Without it every run differs.
//
// The same seed gives the same results on the same machine, device and versions;
// elsewhere sums are computed in another order, and the last digits differ.
//
// Book: none; npx.random.seed is the closest.
func Seed(seed uint64) {
	seeds.Lock()
	defer seeds.Unlock()
	seeds.source = rand.New(rand.NewPCG(seed, 0))
}

// nextSeed returns a seed for one source of randomness, never 0.
func nextSeed() int64 {
	seeds.Lock()
	defer seeds.Unlock()
	if seeds.source != nil {
		return seeds.source.Int64N(1<<62) + 1
	}
	return rand.Int64N(1<<62) + 1
}
