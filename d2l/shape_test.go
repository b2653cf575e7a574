package d2l

import "testing"

func TestShapeString(t *testing.T) {
	for _, c := range []struct {
		shape Shape
		want  string
	}{
		{nil, "()"},
		{Shape{}, "()"},
		{Shape{256}, "(256,)"},
		{Shape{1, 10}, "(1, 10)"},
		{Shape{1, 6, 28, 28}, "(1, 6, 28, 28)"},
	} {
		if got := c.shape.String(); got != c.want {
			t.Errorf("%v prints as %s, expected %s", []int(c.shape), got, c.want)
		}
	}
}
