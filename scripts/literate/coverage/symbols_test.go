package coverage

import (
	"go/parser"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestSymbols(t *testing.T) {
	run(t, cases{
		"function renamed": {replace("d2l/fashion_mnist.go", "\nfunc LoadDataFashionMnist(", "\nfunc LoadFashionMnist("), []string{
			tablePath + ":LINE: code \"3 the data\": package d2l has no LoadDataFashionMnist; name what has taken its place in " + chapter + ", cell load",
		}},
		"method renamed": {replace("d2l/parameters.go", ") LoadParameters(", ") Load("), []string{
			tablePath + ":LINE: ours \"what the trained net predicts\": package d2l has no Net.LoadParameters; name what has taken its place in " + chapter + ", cell predict",
		}},
		"field renamed": {replace("d2l/net.go", "\n\tName  string // The layer's name", "\n\tLayer  string // The layer's name"), []string{
			tablePath + ":LINE: code \"2 the shapes layer by layer\": package d2l has no LayerOutput.Name; name what has taken its place in " + chapter + ", cell shapes",
		}},
		"symbol of another package": {tableRow("code,3", "code,3 the data,lenet.ipynb#load,fmt.Println"), []string{
			tablePath + ":LINE: code \"3 the data\": fmt.Println is not a symbol of d2l or lenet",
		}},
		"symbol not used": {source("load", "var batchSize = 256\n"), []string{
			tablePath + ":LINE: code \"3 the data\": " + chapter + ", cell load neither uses nor declares d2l.LoadDataFashionMnist",
		}},
		"method not used": {replace(chapter, `net.LoadParameters(`, `net.Load(`), []string{
			tablePath + ":LINE: ours \"what the trained net predicts\": " + chapter + ", cell predict neither uses nor declares d2l.Net.LoadParameters",
		}},
		"imported by another name": {imported(`b "github.com/d2l-go/book/d2l"`, "b."), nil},
		"imported without a name":  {imported(`. "github.com/d2l-go/book/d2l"`, ""), nil},
		"another package by its name": {source("load", "import d2l \"example.org/other\"\n\nvar trainIter, testIter = d2l.LoadDataFashionMnist(256)"), []string{
			tablePath + ":LINE: code \"3 the data\": " + chapter + ", cell load neither uses nor declares d2l.LoadDataFashionMnist",
		}},
		"symbol not declared": {replace(chapter, `"func EvaluateAccuracyGPU(`, `"func Evaluate(`), []string{
			tablePath + ":LINE: code \"4 accuracy on a GPU\": " + chapter + ", cell evaluate-accuracy-gpu neither uses nor declares d2l.EvaluateAccuracyGPU",
		}},
	})
}

// imported imports the package otherwise, in its first cell, and writes before its
// names what that asks for.
func imported(spec, qualifier string) change {
	return cells(func(list []any) []any {
		for _, cell := range list {
			cell := cell.(cellJSON)
			if cell["cell_type"] != "code" {
				continue
			}
			var source strings.Builder
			for _, line := range cell["source"].([]any) {
				source.WriteString(line.(string))
			}
			code := strings.Replace(source.String(), `"github.com/d2l-go/book/d2l"`, spec, 1)
			cell["source"] = regexp.MustCompile(`\bd2l\.`).ReplaceAllString(code, qualifier)
		}
		return list
	})
}

func TestDeclaredBy(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "", `package p
type (
	A[T any] struct{ *B; c.C; D, e int }
	F interface{ G() ; H }
)
func (a *A[T]) I() {}
func (b B) J() {}
func K[T any]() {}
const L, m = 1, 2
var n = func(x int) { y := x; _ = y }
`, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := "A A.B A.C A.D A.I A.e B.J F F.G F.H K L m n"
	if got := strings.Join(slices.Sorted(maps.Keys(declaredBy(file))), " "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
