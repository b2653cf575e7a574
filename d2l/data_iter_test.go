package d2l_test

import (
	"iter"
	"testing"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/ml/train"
)

// counted is a DataIter of n batches that counts those that it yields.
type counted struct {
	d2l.DataIter
	n, yielded int
}

func (c *counted) Len() int { return c.n }

func (c *counted) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for range c.n {
			c.yielded++
			if !yield(train.Batch{}, nil) {
				return
			}
		}
	}
}

// The Examples' DataIter takes no batch that it does not yield, and has no more than there are.
func TestFirstBatches(t *testing.T) {
	for _, c := range []struct{ n, first, want int }{{5, 3, 3}, {5, 5, 5}, {2, 3, 2}, {5, 0, 0}, {0, 3, 0}} {
		data := &counted{n: c.n}
		first, got := d2l.FirstBatches(data, c.first), 0
		for _, err := range first.Iter() {
			if err != nil {
				t.Error(err)
			}
			got++
		}
		if got != c.want || first.Len() != c.want || data.yielded != c.want {
			t.Errorf("the first %d of %d: %d batches of Len %d, %d yielded, expected %d",
				c.first, c.n, got, first.Len(), data.yielded, c.want)
		}
	}
}
