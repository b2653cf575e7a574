package lenet_test

import (
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
)

func TestEveryNameHasAnExample(t *testing.T) {
	d2ltest.EveryNameHasAnExample(t, "github.com/d2l-go/book/lenet", nil)
}
