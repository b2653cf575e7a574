package notebook

import (
	"strings"
	"testing"
)

func TestLabel(t *testing.T) {
	for source, want := range map[string]string{
		"%%\ntrain()\nmore()":                           "cell a (code cell 1: train())",
		"import (\n\t\"fmt\"\n\n\t\"os\"\n)\n\n%%\nx()": "cell a (code cell 1: x())",
		"import \"fmt\"\nvar x = 1":                     "cell a (code cell 1: var x = 1)",
		"//d2l:save\n// F does.\nfunc F() {}":           "cell a (code cell 1: // F does.)",
		"import \"fmt\"":                                "cell a (code cell 1: import \"fmt\")",
		"%%":                                            "cell a (code cell 1: %%)",
		" \n":                                           "cell a (code)",
		strings.Repeat("ä", 61):                         "cell a (code cell 1: " + strings.Repeat("ä", 57) + "...)",
	} {
		if got := codeCell(t, source, nil).Cells[0].Label(); got != want {
			t.Errorf("%q: %s, want %s", source, got, want)
		}
	}
}
