package d2l

import (
	"path/filepath"
	"reflect"
	"testing"
)

// A token may have spaces of any kind, and lines any end; a vector is found by its token, and zeros for any other.
func TestLoadTokenEmbedding(t *testing.T) {
	for name, content := range map[string]string{
		"GloVe":            "the 1 2\n. . 3 4.5\nzwölf\u00a0 -5 6e-1\n",
		"fastText":         "3 2\nthe 1 2 \n. . 3 4.5 \nzwölf\u00a0 -5 6e-1 ",
		"another system's": "the 1 2\r\n. . 3 4.5\r\nzwölf\u00a0 -5 6e-1\r\n\r\n",
		"byte order mark":  "\ufeffthe 1 2\n. . 3 4.5\nzwölf\u00a0 -5 6e-1\n",
		"both":             "\ufeff3 2\nthe 1 2\n. . 3 4.5\nzwölf\u00a0 -5 6e-1\n",
		"twice":            "zwölf\u00a0 7 7\nthe 1 2\n. . 3 4.5\nzwölf\u00a0 -5 6e-1\n",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "vec.txt")
			put(t, path, []byte(content))
			for _, place := range []string{dir, path} {
				e := must(LoadTokenEmbedding(place))(t)
				got := e.Vectors("zwölf\u00a0", "nobody", ". .", "the").Value()
				if want := [][]float32{{-5, 0.6}, {0, 0}, {3, 4.5}, {1, 2}}; !reflect.DeepEqual(got, want) {
					t.Errorf("the vectors are %v", got)
				}
				tokens, all := e.Tokens(), e.IdxToVec().Value().([][]float32)
				if i := e.Index(". ."); tokens[i] != ". ." || all[i][1] != 4.5 || e.Index("nobody") != 0 || tokens[0] != Unk {
					t.Errorf("%d is %v, of %v", i, all[i], tokens)
				}
				if e.Len() != len(tokens) || e.Len() != len(all) || all[0][0] != 0 {
					t.Errorf("%d tokens, %d vectors", len(tokens), len(all))
				}
			}
		})
	}
}

func TestLoadTokenEmbeddingFaults(t *testing.T) {
	dir := t.TempDir()
	_, err := LoadTokenEmbedding(dir)
	wantError(t, err, "reading vectors of tokens", "vec.txt")
	for content, want := range map[string]string{
		"":                   "there is none",
		"3 2\n":              "there is none",
		"the 1 2\na 1\n":     "line 2: it has 1 number, expected a token and 2, divided by single spaces",
		"the 1 2\n\na 1 x\n": `line 3: "x" is no number that is finite, expected a token and 2 of them`,
		"the 1 NaN\n":        `line 1: "NaN" is no number that is finite`,
		"the 1 1e39\n":       `line 1: "1e39" is no number that is finite`,
		"2 2\nthe 1 2\n":     "the first line says that there are 2, and there are 1: the file may be cut off",
		"<html> <body>\n":    `line 1 is "<html> <body>", and is no token with a vector`,
		"word\n":             "line 1: it has 0 numbers, expected a token and 1, divided by single spaces",
	} {
		path := filepath.Join(dir, "some.txt")
		put(t, path, []byte(content))
		_, err := LoadTokenEmbedding(path)
		wantError(t, err, path, want)
	}
}
