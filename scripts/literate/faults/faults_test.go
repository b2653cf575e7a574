package faults

import (
	"slices"
	"testing"
	"testing/fstest"

	"github.com/d2l-go/book/d2l/d2ltest"
)

func TestCheck(t *testing.T) {
	const head = "# Faults\n\nWords.\n\n| fault | seen | test |\n|---|---|---|\n"
	for name, c := range map[string]struct {
		table string
		want  []string
	}{
		"sound":          {head + "| a | b \\| c | `x/a_test.go#TestA` |\n| a | b | `x/a_test.go#TestA/cut off`, `y/b_test.py#BTest.test_b` |\n", nil},
		"no table":       {"# Faults\n", []string{"faults.md: there is no table of faults in it"}},
		"two cells":      {head + "| a | `x/a_test.go#TestA` |\n", []string{"faults.md:7: a row has three cells: what goes wrong, what the user sees, the test"}},
		"nothing seen":   {head + "| a | | `x/a_test.go#TestA` |\n", []string{"faults.md:7: a row has three cells: what goes wrong, what the user sees, the test"}},
		"no test":        {head + "| a | b | later |\n", []string{"faults.md:7: no test is named; write it as `file#test`"}},
		"no file":        {head + "| a | b | `x/c_test.go#TestA` |\n", []string{"faults.md:7: there is no file x/c_test.go"}},
		"no test file":   {head + "| a | b | `x/a.go#A` |\n", []string{"faults.md:7: x/a.go is no file of tests, which end in _test.go or _test.py"}},
		"no such test":   {head + "| a | b | `x/a_test.go#TestB` |\n", []string{`faults.md:7: x/a_test.go has no test TestB: it has no "func TestB"`}},
		"no such sub":    {head + "| a | b | `x/a_test.go#TestA/flipped` |\n", []string{`faults.md:7: x/a_test.go has no test TestA/flipped: it has no "flipped"`}},
		"no such method": {head + "| a | b | `y/b_test.py#BTest.test_c` |\n", []string{`faults.md:7: y/b_test.py has no test BTest.test_c: it has no "def test_c"`}},
	} {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS{
				"faults.md":   {Data: []byte(c.table)},
				"x/a_test.go": {Data: []byte("func TestA(t *testing.T) {\n\"cut off\"\n}\n")},
				"x/a.go":      {Data: []byte("package x\n")},
				"y/b_test.py": {Data: []byte("class BTest(unittest.TestCase):\n    def test_b(self):\n")},
			}
			got, err := Check(files, "faults.md")
			d2ltest.NoError(t, err)
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, expected %q", got, c.want)
			}
		})
	}
}
