package cells

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestKinds(t *testing.T) {
	for _, c := range []struct{ cell, kinds string }{ // One letter a line: Go, Command, More, cLause.
		{"%env A=1\n!ls \\\n  -l\n//gonb:%%\nx := 1", "CCMCG"},
		{"!echo `'\" /*\n%%\nx", "CCG"}, // What a command has opened ends with it.
		{"x := `\n!a\n%%\npackage p\n//gonb:%%`\n!ls", "GGGGGC"},
		{"var t struct {\n\tA int `\n%d`\n}\n/*\n!a\n*/ /* */\n// /* `\n!ls '`'\n'`'\n!b", "GGGGGGGGCGC"},
		{"x := a %\n!b\ny := f(\n!a,\n!b)\nz := []bool{\n!a}\nfor ;\n!done; {\n}\n!ls", "GGGGGGGGGGC"},
		{"package p; import `\n%x`\npackage_ := 1\npackage q\n//line x.go:7\n!ls", "LGGLGC"},
		{"\t%env\n %%\n%\n!\n\n% ", "GGGGGC"},
		{"x := `\n%%", "GG"},
		{"", "G"},
	} {
		got := ""
		for _, kind := range Kinds(strings.Split(c.cell, "\n")) {
			got += string("GCML"[kind])
		}
		if got != c.kinds {
			t.Errorf("%s\n%s, expected %s", c.cell, got, c.kinds)
		}
	}
	if got := WithoutClause("package p; import `a`"); got != "           import `a`" {
		t.Errorf("%q", got)
	}
}

func TestImportName(t *testing.T) {
	for path, want := range map[string]string{
		"math/rand/v2": "rand", "gopkg.in/yaml.v3": "yaml", "github.com/gomlx/go-xla": "xla", "v2": "v2",
	} {
		if got := ImportName(path); got != want {
			t.Errorf("%s: %s, expected %s", path, got, want)
		}
	}
}

type writes []string

func (w *writes) Write(p []byte) (int, error) {
	*w = append(*w, string(p))
	return len(p), nil
}

func TestCopy(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"aé世🙂", []string{"a", "é", "世", "🙂"}},
		{"\xff\x80é\xe4\xb8", []string{"\xff", "\x80", "é", "\xe4\xb8"}},
	} {
		var got writes
		err := Copy(&got, iotest.OneByteReader(strings.NewReader(c.text)))
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%q, %v, expected %q", got, err, c.want)
		}
	}
	long := strings.Repeat("a"+strings.Repeat("世", 999), 99)
	var got bytes.Buffer
	if err := Copy(&got, strings.NewReader(long)); err != nil || got.String() != long {
		t.Error(err, got.Len())
	}
}

func TestOnlyDeclares(t *testing.T) {
	for cell, want := range map[string]bool{
		"//d2l:save\n\n// F is shown.\nfunc F() int { return 1 }": true,
		"type T int\n\nfunc (T) init() {}":                        true,
		"import \"fmt\"\nconst a = 1\nfunc f() { fmt.Print(a) }":  true,
		"!ls\nfunc f() {}":                    true,
		"var a = f()":                         false,
		"var a int":                           false,
		"func f() {}\nvar a = 1":              false,
		"func init() {}":                      false,
		"func init_seed() {}":                 false,
		"func main() {}":                      false,
		"func f() {}\n\n%%\nf()":              false,
		"func f() {}\nf()":                    false,
		"%exec f\nfunc f() {}":                false,
		"import _ \"image/png\"\nfunc f() {}": false,
		"import \"fmt\"":                      false,
		"!ls":                                 false,
		"":                                    false,
		"func f( {}":                          false,
	} {
		if got := OnlyDeclares(strings.Split(cell, "\n")); got != want {
			t.Errorf("%q: got %v, want %v", cell, got, want)
		}
	}
}
