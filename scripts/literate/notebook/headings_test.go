package notebook

import (
	"fmt"
	"testing"
)

func TestHeadings(t *testing.T) {
	const markdown = "# A\n\n```\n# no\n```\n ## no\n##no\n####### no\n## B c ##\n###\tD #e \n#\n"
	const want = "[{0 1 A} {8 2 B c} {9 3 D #e}]"
	type plain struct { // without String
		line, level int
		title       string
	}
	var got []plain
	for _, h := range Headings(markdown) {
		got = append(got, plain{h.Line, h.Level, h.Title})
	}
	if fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
	if got := fmt.Sprint(Headings(markdown)); got != "[# A ## B c ### D #e]" {
		t.Error(got)
	}
}
