package coverage

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestItems(t *testing.T) {
	for markdown, want := range map[string]string{
		"1. a\n2. b\n   goes on\n3. c":                      "1 2 3",
		"1. a\n   - x\n   - y\n     - deeper\n   - z\n2. b": "1 1.1 1.2 1.3 2",
		"1. a\n    1. x\n    1. y\n2. b\n    1. z":          "1 1.1 1.2 2 2.1",
		"2) b\n3.\nc 4. d\n5.e":                             "2",
		"- a\n  1. x\n1. b":                                 "1",
		"2. 3 classes or\n10 of them":                       "2",
		"1. a\n\nA paragraph.\n\n2. b":                      "1 2",
	} {
		items := map[string]bool{}
		addItems(items, strings.Split(markdown, "\n"))
		if got := strings.Join(slices.Sorted(maps.Keys(items)), " "); got != want {
			t.Errorf("%q has %s, want %s", markdown, got, want)
		}
	}
}
