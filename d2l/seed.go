package d2l

import (
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/d2l-go/book/d2l/internal/xla"
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
// elsewhere sums are computed in another order, and the last digits differ. On a GPU
// that order changes from run to run unless UseDeterministicAlgorithms is on as well.
//
// Book: none; npx.random.seed is the closest.
func Seed(seed uint64) {
	seeds.Lock()
	defer seeds.Unlock()
	seeds.source = rand.New(rand.NewPCG(seed, 0))
}

// UseDeterministicAlgorithms chooses whether GPUs compute sums in the same order in
// every run, so that a seed gives the same bits. It is off at first: large nets are
// slower with it. A CPU always does, and the choice has no effect there.
//
// The choice is for the process. Call it at the start of the program, before TryGPU or
// anything else that uses a GPU: it panics if a GPU has been used with the other
// choice. A value of --xla_gpu_deterministic_ops in the environment variable XLA_FLAGS
// takes precedence. If the GPU's plugin does not have this option, it does not start,
// and the error says so.
//
// Book: none; PyTorch has torch.use_deterministic_algorithms.
func UseDeterministicAlgorithms(mode bool) {
	configureGPU(fmt.Sprintf("UseDeterministicAlgorithms(%v)", mode), func(s *xla.GPUSettings) { s.Deterministic = mode })
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
