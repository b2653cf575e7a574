package saved

import (
	"strings"
	"testing"
)

func TestPackageSideGone(t *testing.T) {
	p := agreed(t)
	delete(p.files, "d2l/mean.go")
	if err := p.parse(); err != nil {
		t.Fatal(err)
	}
	p.wantCheck(t, "d2l has it no longer")
	p.run(t, update, false, "d2l has it no longer")
	p.run(t, save, false, "d2l has it no longer")
	p.run(t, save, true, "")
	if p.files["d2l/mean.go"] != helpers["d2l/mean.go"] {
		t.Errorf("the file is now\n%s", p.files["d2l/mean.go"])
	}
	p.wantClean(t)
}

func TestNotebookSideGone(t *testing.T) {
	p := agreed(t)
	p.edit(t, 0, meanCell[len(Mark):], "\n\nvar one = 1\n")
	found := strings.Join(p.check(), "\n")
	if !strings.Contains(found, "it declared Mean when it agreed with d2l") {
		t.Errorf("check found\n%s", found)
	}
	p.run(t, save, false, "it declared Mean")
	p.wantClean(t)
	if p.files["d2l/mean.go"] != helpers["d2l/mean.go"] {
		t.Error("the package's side went too")
	}
}

func TestProblemsOfCells(t *testing.T) {
	for _, c := range []struct {
		cells []string
		want  string
	}{
		{[]string{strings.TrimPrefix(meanCell, Mark)}, "declares Mean, and so does d2l/mean.go:5: put the line //d2l:save first"},
		{[]string{Mark + "\n\n%%\nx()"}, "marks no declaration"},
		{[]string{Mark + "\nfunc init_seed() {}"}, "a package cannot have the notebook's init_seed"},
		{[]string{Mark + "\nvar _ = 1"}, "has no name"},
		{[]string{Mark + "\nfunc {"}, "cell cell0 (code cell 1: func {): its declarations are not Go"},
		{[]string{Mark + "\nvar Pair = [2]int{Mean, Sum}", Mark + "\nvar Pair = 1"}, "Pair is marked in notebooks/x.ipynb, cell cell0"},
		{[]string{Mark + "\nvar Mean, Sum = 1, 2"}, "d2l declares Mean and Sum apart"},
		{[]string{Mark + "\nfunc F(Mean int) int { return Mean * d2l.Mean(nil) }"}, "the local name Mean would hide d2l.Mean"},
		{[]string{"//d2l:save\t\n" + "var F = 1\n\n//d2l:save\nvar G = 2"}, "line 4, \"//d2l:save\", marks nothing: the mark is //d2l:save, in the cell's first line"},
		{[]string{"// d2l:save\nvar F = 1"}, "line 1, \"// d2l:save\", marks nothing"},
		{[]string{Mark + "\nimport . \"github.com/d2l-go/book/d2l\"\nvar F = Mean"}, "by a name and not by a dot"},
		{[]string{Mark + "\nvar F = `\n%d is a number\n`"}, "the kernel takes line 3, \"%d is a number\", for a command of its own"},
		{[]string{Mark + "\nvar F = d2l. /* here */ Mean"}, "a comment between d2l. and Mean"},
	} {
		p := book(t, helpers, c.cells...)
		if found := strings.Join(p.check(), "\n"); !strings.Contains(found, c.want) {
			t.Errorf("%q: want %q in\n%s", c.cells, c.want, found)
		}
	}
}

// What is not exported can drift apart too, if a marked declaration uses it.
func TestCopiesThatMarkedCellsUse(t *testing.T) {
	files := map[string]string{"d2l/f.go": "package d2l\n\nfunc F(x int) bool { return tooFew(x) }\n\nfunc tooFew(x int) bool { return x > 99 }\n\nvar other int\n"}
	p := book(t, files, "func tooFew(x int) bool { return x < 1 }\n\nvar other = 1", Mark+"\n\nfunc F(x int) bool { return tooFew(x) }")
	p.run(t, save, false, "it declares tooFew, and so does d2l/f.go:5")
	p.wantCheck(t, "cell cell0", "it declares tooFew, and so does d2l/f.go:5", "put the line //d2l:save first")
}

func TestUpdateNamesTheCell(t *testing.T) {
	p := book(t, nil, Mark+"\n\nfunc F() {}")
	p.run(t, update, false, "notebooks/x.ipynb, cell cell0 (code cell 1: func F() {}): F: d2l does not have it yet")
}

func TestRefusedUpdates(t *testing.T) {
	stub := Mark + "\n\nfunc F() {}"
	for _, c := range []struct{ pkg, cell, want string }{
		{"func F() { g() }\n\nfunc g() {}", stub, "it uses g, which a notebook cannot"},
		{"type T struct{ n int }\n\nfunc F() int { return new(T).n }", stub, "it uses n of T, which a notebook cannot"},
		{"func F() {\n\td2l := 1\n\tG(d2l)\n}\n\nfunc G(int) {}", stub, "the local name d2l hides the package"},
		{"func F() string {\n\treturn `\n!ls\n`\n}", stub, "a command of its own"},
		{"type T int\n\nfunc (T) F() {}", Mark + "\n\nfunc (T) F() int { return 1 }", "it does not declare T"},
		{"func F() {} // one", Mark + "\n\nfunc F() { g() }; func g() {}", "cannot be written in its place"},
	} {
		p := book(t, map[string]string{"d2l/f.go": "package d2l\n\n" + c.pkg + "\n"}, c.cell)
		before := p.source(0)
		p.run(t, update, true, c.want)
		if p.source(0) != before {
			t.Errorf("%s: a refusal changed the cell to\n%s", c.want, p.source(0))
		}
	}
}

func TestRefusedSaves(t *testing.T) {
	for _, c := range []struct{ pkg, cell, want string }{
		{"func F() {}\n", Mark + "\n\nfunc F() int { return batchSize }", "nothing was written to d2l: it has no batchSize, which F uses"},
		{"", Mark + "\n\nfunc First() { Second() }\n\nfunc Second() { _ = batchSize }", "it has no batchSize, which Second uses"},
		{"import \"math/rand/v2\"\n\nfunc F() int { return rand.Int() }\n", Mark + "\n\nimport \"math/rand\"\n\nfunc F() int { return rand.Int() }",
			"rand is math/rand in the notebook, but math/rand/v2 in d2l/f.go: import the same on both sides"},
		{"import \"math/rand/v2\"\n\nfunc F() int { return 1 }\n\nfunc G() int { return rand.Int() }\n", Mark + "\n\nimport \"math/rand\"\n\nfunc F() int { return rand.Int() }",
			"the notebook imports math/rand as rand, and d2l/f.go imports math/rand/v2 under that name"},
		{"const (\n\tCPUName = 1\n\tGPUName = 2\n)\n", Mark + "\n\nconst CPUName = 1", "d2l/f.go:3 declares GPUName with it"},
		{"", Mark + "\n\n/* c\n c */ \nfunc G() {}", "it would not read back"},
		{"func  F() {}\n", Mark + "\n\nfunc F() int { return 1 }", "d2l/f.go is not formatted"},
	} {
		p := book(t, map[string]string{"d2l/f.go": "package d2l\n\n" + c.pkg}, c.cell)
		before := p.state()
		p.run(t, save, true, c.want)
		if p.state() != before {
			t.Errorf("%s: a refusal changed\n%s", c.want, p.state())
		}
	}
}
