package d2l_test

import (
	"os"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/d2l/internal/xla"
	"github.com/d2l-go/book/lenet"
)

// TestGPUPrograms has the programs compiled with which a GPU trains and evaluates. Alone it checks little: scripts/bench
// --gpu-programs runs a part of it at a time, with an XLA that writes down what it was given, and compiles that for a GPU
// with the flags that are logged.
func TestGPUPrograms(t *testing.T) {
	if os.Getenv("D2L_TEST_REHEARSAL") == "" {
		t.Skip("for scripts/bench --gpu-programs")
	}
	t.Log("XLA_FLAGS:", strings.Join(xla.GraphFlags, " "))
	for _, c := range []struct {
		name  string
		net   *d2l.Net
		opt   d2l.Optimizer
		batch int
	}{
		{"LeNet", lenet.New(), d2l.SGD(0.9), 256},
		{"exercise 2's net", lenet.Improved(), d2l.Adam(0.003), 128},
	} {
		t.Run(c.name, func(t *testing.T) {
			d2l.Seed(1)
			train, test := d2l.LoadDataFashionMnist(c.batch)
			if err := c.net.Initialize(d2l.GPU(0), d2l.Xavier); err != nil {
				t.Fatal(err)
			}
			t.Run("training", func(t *testing.T) {
				trainer, err := d2l.NewTrainer(c.net, c.opt)
				if err != nil {
					t.Fatal(err)
				}
				for range trainer.Steps(d2l.OnDevice(train, d2l.GPU(0)), nil) {
					break
				}
				if err := trainer.Err(); err != nil {
					t.Fatal(err)
				}
			})
			t.Run("evaluation", func(t *testing.T) {
				if _, err := d2l.EvaluateAccuracyGPU(c.net, d2l.OnDevice(test, d2l.GPU(0))); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}
