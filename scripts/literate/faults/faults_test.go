package faults

import (
	"slices"
	"testing"
	"testing/fstest"

	"github.com/d2l-go/book/d2l/d2ltest"
)

const goTests = `package x

var table = []string{"in a table"}

func names() []string { return append(table, "of a function") }

func TestA(t *testing.T) {
	t.Run("cut off", nil)
	helper() // "a comment"
	for _, name := range names() {
		t.Run(name, nil)
	}
	TestA(t)
}

func TestOther(t *testing.T) { t.Run("another's", nil) }

func (s suite) TestMethod(t *testing.T) {}

type TestType int
`

const pythonTests = `import unittest


class ATest(unittest.TestCase):
    def test_a(self):
        pass


class BTest(unittest.TestCase):
    text = "of several lines"

    def test_b(self, *,
               more=None):
        pass
# A comment.
    async def test_last(self):
        pass


def test_outside():
    pass
`

func TestCheck(t *testing.T) {
	const head = "# Faults\n\nWords.\n\n| what goes wrong | seen | test |\n|---|---|---|\n"
	of := func(tests string) string { return head + "| a | b | " + tests + " |\n" }
	for name, c := range map[string]struct {
		table string
		want  []string
	}{
		"sound":            {head + "| a | b \\| c | `x/a_test.go#TestA` |\n| a | b | `x/a_test.go#TestA/cut off`, `y/b_test.py#BTest.test_b` |\n", nil},
		"another table":    {head + "| a | b | `x/a_test.go#TestA` |\n\n| target | time |\n|---|---|\n| a | b |\n", nil},
		"no table":         {"# Faults\n", []string{"faults.md: there is no table of faults in it"}},
		"two cells":        {head + "| a | `x/a_test.go#TestA` |\n", []string{"faults.md:7: a row has three cells: what goes wrong, what the user sees, the test"}},
		"nothing seen":     {head + "| a | | `x/a_test.go#TestA` |\n", []string{"faults.md:7: a row has three cells: what goes wrong, what the user sees, the test"}},
		"no test":          {of("later"), []string{"faults.md:7: no test is named; write it as `file#test`"}},
		"no file":          {of("`x/c_test.go#TestA`"), []string{"faults.md:7: there is no file x/c_test.go"}},
		"no test file":     {of("`x/a.go#A`"), []string{"faults.md:7: x/a.go is no file of tests, which end in _test.go or _test.py"}},
		"no such test":     {of("`x/a_test.go#TestB`"), []string{`faults.md:7: x/a_test.go has no test TestB: it has no "func TestB"`}},
		"a method":         {of("`x/a_test.go#TestMethod`"), []string{`faults.md:7: x/a_test.go has no test TestMethod: it has no "func TestMethod"`}},
		"a type":           {of("`x/a_test.go#TestType`"), []string{`faults.md:7: x/a_test.go has no test TestType: it has no "func TestType"`}},
		"not Go":           {of("`x/broken_test.go#TestA`"), []string{`faults.md:7: x/broken_test.go has no test TestA: it is not Go: 1:1: expected 'package', found 'func'`}},
		"no such sub":      {of("`x/a_test.go#TestA/flipped`"), []string{`faults.md:7: x/a_test.go has no test TestA/flipped: TestA has no "flipped"`}},
		"part of a string": {of("`x/a_test.go#TestA/cut`"), []string{`faults.md:7: x/a_test.go has no test TestA/cut: TestA has no "cut"`}},
		"no string":        {of("`x/a_test.go#TestA/name`"), []string{`faults.md:7: x/a_test.go has no test TestA/name: TestA has no "name"`}},
		"in a comment":     {of("`x/a_test.go#TestA/a comment`"), []string{`faults.md:7: x/a_test.go has no test TestA/a comment: TestA has no "a comment"`}},
		"another's sub":    {of("`x/a_test.go#TestA/another's`"), []string{`faults.md:7: x/a_test.go has no test TestA/another's: TestA has no "another's"`}},
		"subs of a table":  {of("`x/a_test.go#TestA/in a table`, `x/a_test.go#TestA/of a function`"), nil},
		"another's table":  {of("`x/a_test.go#TestOther/in a table`"), []string{`faults.md:7: x/a_test.go has no test TestOther/in a table: TestOther has no "in a table"`}},
		"no such class":    {of("`y/b_test.py#CTest.test_b`"), []string{`faults.md:7: y/b_test.py has no test CTest.test_b: it has no "class CTest"`}},
		"part of a class":  {of("`y/b_test.py#BTes.test_b`"), []string{`faults.md:7: y/b_test.py has no test BTes.test_b: it has no "class BTes"`}},
		"no such method":   {of("`y/b_test.py#BTest.test_c`"), []string{`faults.md:7: y/b_test.py has no test BTest.test_c: class BTest has no "def test_c"`}},
		"another's method": {of("`y/b_test.py#BTest.test_a`"), []string{`faults.md:7: y/b_test.py has no test BTest.test_a: class BTest has no "def test_a"`}},
		"the next class's": {of("`y/b_test.py#ATest.test_b`"), []string{`faults.md:7: y/b_test.py has no test ATest.test_b: class ATest has no "def test_b"`}},
		"of no class":      {of("`y/b_test.py#BTest.test_outside`"), []string{`faults.md:7: y/b_test.py has no test BTest.test_outside: class BTest has no "def test_outside"`}},
		"after a comment":  {of("`y/b_test.py#BTest.test_last`"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS{
				"faults.md":        {Data: []byte(c.table)},
				"x/a_test.go":      {Data: []byte(goTests)},
				"x/broken_test.go": {Data: []byte("func TestA(t *testing.T) {}\n")},
				"x/a.go":           {Data: []byte("package x\n")},
				"y/b_test.py":      {Data: []byte(pythonTests)},
			}
			got, err := Check(files, "faults.md")
			d2ltest.NoError(t, err)
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, expected %q", got, c.want)
			}
		})
	}
}
