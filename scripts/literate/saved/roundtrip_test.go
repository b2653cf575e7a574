package saved

import (
	"errors"
	"go/build"
	"go/scanner"
	"go/token"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/imports"
)

// odd but legal Go.
var odd = []string{
	`// Map applies f.
func Map[T, U any](xs []T, f func(T) U) []U {
	out := make([]U, 0, len(xs))
	for _, x := range xs {
		out = append(out, f(x))
	}
	return out
}

// Pair is two things.
type Pair[K comparable, V any] struct {
	Key K "json:\"key\"" // the key
	V   V
}

// Swap is for pairs of one type.
func (p *Pair[K, _]) Swap(q *Pair[K, int]) (r Pair[K, int]) { r = *q; return }`,
	"const Raw = `one\n\ttwo // not a comment\n  d2l.Three` // a raw string\n\n// between\n\n/* and\n   between */\n\nvar A, B = Raw, /* in */ 2",
	`type (
	// List is recursive.
	List struct {
		Next *List
		Do   interface {
			~int | ~string
			comparable
		}
	}
	Alias = List // an alias
)

const (
	X = iota // first
	_
	Y, Z = iota, "z"
)`,
	"func F() { L: for { switch x := any(1).(type) { case int: _ = x; break L; default: goto L } } }; func G() (a, b int) { return 1, 2 }\nvar (H = func() int { return 3 }; I = [...]int{1: 2,}; J = map[string]struct{ N int }{\"a\": {N: 1}})",
	"//go:noinline\nfunc F(\n\ta int, // one\n\n\t// two\n\tb ...string,\n) {\n}\n",
	"var s = struct{ A int; B, C string }{A: 1}\nfunc (t T) M() int { return t.F }\ntype T struct{ F int; *U }\ntype U struct{ G, H chan<- (<-chan int) }",
	"var v = 0x1p-2 + 'é' + 1_000i\nvar w = \"\\u00e9\\x00\" + `a`[0:0:0]",
	"type T struct{}\nfunc (T) String() string { return \"\" }\nvar _ interface{ String() string } = T{}",
	"func Seq(yield func(int) bool) { for i := range 3 { if !yield(i) { return } } }\nfunc Use() { for i := range Seq { _ = i } }",
	"/* before */ func F() /* result */ int /* body */ { return /* one */ 1 /* after */ } // end",
	"var é, 变量 = 1, 2",
	"type D2L struct{ d2l int }\nfunc (d D2L) Get() int { return d.d2l }",
	"",
}

// roundTrip writes declarations from a notebook to an empty package, from there to
// another notebook, and back. If a step is refused, it returns why.
func roundTrip(t *testing.T, code string) (refusal string) {
	first := book(t, nil, Mark+"\n\n"+code)
	var out strings.Builder
	if first.save(false, &out) != nil {
		return out.String()
	}
	first.wantClean(t)

	var stubs strings.Builder
	all, err := cells(first.notebooks[0])
	if err != nil || len(all) != 1 {
		t.Fatal(err)
	}
	for _, d := range all[0].file.decls {
		if receiver, name, ok := strings.Cut(d.names[0], "."); ok {
			stubs.WriteString("func (" + receiver + ") " + name + "() {}\n\n")
		} else {
			stubs.WriteString("var " + strings.Join(d.names, ", ") + " int\n\n")
		}
	}
	second := book(t, first.files, Mark+"\n\n"+stubs.String())
	if second.update(true, &out) != nil {
		return out.String()
	}
	second.wantClean(t)
	for path, text := range second.files {
		if text != first.files[path] {
			t.Fatalf("update changed %s:\n%s\nwas\n%s", path, text, first.files[path])
		}
	}

	third := book(t, nil, second.source(0))
	third.run(t, save, false, "")
	third.wantClean(t)
	for path, text := range third.files {
		if strings.Join(tokens(text), "\n") != strings.Join(tokens(first.files[path]), "\n") {
			t.Fatalf("%s came back as\n%s\nfrom\n%s", path, text, first.files[path])
		}
	}
	return ""
}

func noGoimports(t interface{ Cleanup(func()) }) {
	goimports = func(string, []byte, *imports.Options) ([]byte, error) { return nil, errors.New("imports missing") }
	t.Cleanup(func() { goimports = imports.Process })
}

func TestRoundTripOfOddCode(t *testing.T) {
	noGoimports(t)
	refused := 0
	for _, code := range odd {
		if why := roundTrip(t, code); why != "" {
			refused++
			t.Logf("%s\nrefused: %s", code, why)
		}
	}
	// One declares _, which has no name, and one nothing.
	if refused > 2 {
		t.Errorf("%d of %d were refused", refused, len(odd))
	}
	went := 0
	for seed := range uint64(100) {
		for _, code := range odd {
			if roundTrip(t, sprinkle(code, seed+1)) == "" {
				went++
			}
		}
	}
	if went < 300 {
		t.Errorf("only %d of %d went there and back with comments between their tokens", went, 100*len(odd))
	}
}

// Every declaration of some packages of the standard library, as if d2l had it:
// in the notebook's form and back it must be what it was.
func TestRoundTripOfForms(t *testing.T) {
	packages := []string{"go/ast", "go/types", "net/http", "slices", "sort", "text/template", "encoding/json", "reflect", "time"}
	if testing.Short() {
		packages = packages[:1]
	}
	turned := 0
	for _, path := range packages {
		paths, err := filepath.Glob(filepath.Join(build.Default.GOROOT, "src", path, "*.go"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("no files of %s: %v", path, err)
		}
		p := &project{files: map[string]string{}, written: map[string]bool{}}
		for _, name := range paths {
			if ok, err := build.Default.MatchFile(filepath.Dir(name), filepath.Base(name)); !ok || err != nil || strings.HasSuffix(name, "_test.go") {
				continue
			}
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			p.files[filepath.Base(name)] = string(content)
		}
		if err := p.parse(); err != nil {
			t.Fatal(err)
		}
		for _, f := range p.pkg.files {
			header := "package d2l; import (d2l \"" + importPath + "\"; "
			for name, path := range f.imports() {
				header += name + " \"" + path + "\"; "
			}
			for _, d := range f.decls {
				want, err := d.compared()
				if err != nil {
					t.Fatalf("%s, %s: %v", path, d, err)
				}
				// The notebook is taken to declare itself what is not exported, and the types of methods.
				shown, err := d.toCell(func(name string) bool { return !token.IsExported(name) || strings.HasPrefix(d.String(), name+".") }, func(path string) string {
					for name, other := range f.imports() {
						if other == path {
							return name
						}
					}
					return usual(path)
				})
				if err != nil {
					continue // most of these use fields that are not exported
				}
				back, err := newSource(importPath, []*file{{path: "cell", text: header + ");\n" + shown}})
				if err != nil {
					t.Fatalf("%s, %s: %v in\n%s", path, d, err, shown)
				}
				again := back.files[0].decls
				if len(again) != 1 {
					t.Fatalf("%s, %s: %d declarations in\n%s", path, d, len(again), shown)
				}
				got, err := again[0].compared()
				if err != nil {
					t.Fatalf("%s, %s: %v in\n%s", path, d, err, shown)
				}
				if sum(got) != sum(want) {
					t.Fatalf("%s, %s came back as\n%s\nfrom\n%s\nby\n%s", path, d, got, want, shown)
				}
				if strings.Contains(shown, "d2l.") {
					turned++
				}
			}
		}
	}
	if turned < 50 {
		t.Errorf("only %d declarations used the package's names", turned)
	}
	t.Logf("%d declarations used the package's names", turned)
}

// sprinkle puts comments, blanks and ends of lines between the tokens of some code,
// where chance has it.
func sprinkle(code string, seed uint64) string {
	if seed == 0 {
		return code
	}
	chance := rand.New(rand.NewPCG(seed, 0))
	between := []string{" ", "\n", "\n\n", "\t", "/* c */", "\n/* c\n c */ ", "// c\n", "\n// c\n", "\n\n// c\n\n", ";", "/**/"}
	file := token.NewFileSet().AddFile("", -1, len(code))
	var scan scanner.Scanner
	scan.Init(file, []byte(code), nil, scanner.ScanComments)
	var out strings.Builder
	at, rate := 0, 1+chance.IntN(40)
	for {
		pos, tok, _ := scan.Scan()
		out.WriteString(code[at:file.Offset(pos)])
		at = file.Offset(pos)
		if tok == token.EOF {
			return out.String()
		}
		if chance.IntN(rate) == 0 {
			out.WriteString(between[chance.IntN(len(between))])
		}
	}
}

func FuzzRoundTrip(f *testing.F) {
	noGoimports(f)
	for i, code := range odd {
		f.Add(code, uint64(0))
		f.Add(code, uint64(i+1))
	}
	f.Add(strings.TrimPrefix(meanCell, Mark), uint64(1))
	f.Fuzz(func(t *testing.T, code string, seed uint64) { roundTrip(t, sprinkle(code, seed)) })
}
