package verify

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/scripts/literate/notebook"
)

const drawn = `<svg width="4pt" height="3pt"><path d="M0,0L1,1" stroke="red"/></svg>`

type m = map[string]any

func stream(name, text string) m { return m{"output_type": "stream", "name": name, "text": text} }

func display(data m) m { return m{"output_type": "display_data", "metadata": m{}, "data": data} }

func code(id, source string, outputs ...m) m {
	if outputs == nil {
		outputs = []m{}
	}
	return m{"cell_type": "code", "id": id, "source": source, "metadata": m{}, "outputs": outputs, "execution_count": 1}
}

func tolerating(cell m, tolerance map[string]float64) m {
	cell["metadata"] = m{"d2l": m{"tolerance": tolerance}}
	return cell
}

func markdown(id, source string) m {
	return m{"cell_type": "markdown", "id": id, "source": source, "metadata": m{}}
}

func parsed(t *testing.T, cells ...m) *notebook.Notebook {
	t.Helper()
	content, err := json.Marshal(m{"cells": cells, "metadata": m{}, "nbformat": 4, "nbformat_minor": 5})
	if err != nil {
		t.Fatal(err)
	}
	n, err := notebook.Parse("a.ipynb", content)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// rectangle returns a PNG as a notebook keeps it.
func rectangle(t *testing.T, width, height int, drawn bool) string {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, width, height))
	if drawn {
		img.SetGray(1, 1, color.Gray{255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

func TestCompareOutputs(t *testing.T) {
	svg := display(m{"image/svg+xml": drawn, "text/plain": "<figure>"})
	html := display(m{"text/html": "<b>1</b>"})
	pngOf := func(w, h int, drawn bool) m { return display(m{"image/png": rectangle(t, w, h, drawn)}) }
	failed := m{"output_type": "error", "ename": "ERROR", "evalue": "exit status 2", "traceback": []string{}}
	for name, c := range map[string]struct {
		saved, executed []m
		want            string // what is said contains it; empty for no difference
	}{
		"nothing":              {nil, nil, ""},
		"the same":             {[]m{stream("stdout", "a\n"), svg, html}, []m{stream("stdout", "a\n"), svg, html}, ""},
		"in pieces":            {[]m{stream("stdout", "a\nb\n")}, []m{stream("stdout", "a\n"), stream("stdout", "b\n")}, ""},
		"printed later":        {[]m{stream("stdout", "a\n"), svg}, []m{svg, stream("stdout", "a\n")}, ""},
		"other text":           {[]m{stream("stdout", "a\n")}, []m{stream("stdout", "b\n")}, "what it prints, line 1\n  expected: \"a\"\n  got:      \"b\""},
		"not run":              {[]m{stream("stdout", "a\n")}, nil, "-a"},
		"stderr":               {[]m{stream("stdout", "a\n")}, []m{stream("stdout", "a\n"), stream("stderr", "no plugin\n")}, ""},
		"stderr that is saved": {[]m{stream("stderr", "no plugin\n")}, nil, ""},
		"an error":             {nil, []m{failed}, "it failed\n  expected: no error\n  got:      ERROR: exit status 2"},
		"an error as saved":    {[]m{failed}, []m{failed}, "it failed"},
		"another picture":      {[]m{svg}, []m{display(m{"image/svg+xml": strings.Replace(drawn, "red", "blue", 1), "text/plain": "<figure>"})}, ""},
		"no picture":           {[]m{svg}, nil, "what it shows\n  expected: image/svg+xml + text/plain\n  got:      nothing"},
		"a picture more":       {nil, []m{svg}, "what it shows\n  expected: nothing\n  got:      image/svg+xml + text/plain"},
		"twice":                {[]m{svg}, []m{svg, svg}, "got:      image/svg+xml + text/plain, then image/svg+xml + text/plain"},
		"another order":        {[]m{svg, html}, []m{html, svg}, "got:      text/html, then image"},
		"another kind":         {[]m{svg}, []m{pngOf(4, 3, true)}, "what it shows"},
		"a kind less":          {[]m{svg}, []m{display(m{"image/svg+xml": drawn})}, "what it shows"},
		"empty SVG":            {[]m{svg}, []m{display(m{"image/svg+xml": "", "text/plain": "<figure>"})}, "image/svg+xml: the picture\n  expected: 4pt × 3pt\n  got:      what cannot be read"},
		"SVG that is no XML":   {[]m{svg}, []m{display(m{"image/svg+xml": "<svg><g></svg>", "text/plain": "<figure>"})}, "cannot be read"},
		"SVG of nothing":       {[]m{svg}, []m{display(m{"image/svg+xml": `<svg width="4pt" height="3pt"></svg>`, "text/plain": "<figure>"})}, "expected: something drawn\n  got:      4pt × 3pt of one colour"},
		"SVG of another size":  {[]m{svg}, []m{display(m{"image/svg+xml": strings.Replace(drawn, "3pt", "5pt", 1), "text/plain": "<figure>"})}, "size of the picture\n  expected: 4pt × 3pt\n  got:      4pt × 5pt"},
		"other text beside it": {[]m{svg}, []m{display(m{"image/svg+xml": drawn, "text/plain": "<plot>"})}, "text/plain, line 1"},
		"PNG":                  {[]m{pngOf(4, 3, true)}, []m{pngOf(4, 3, true)}, ""},
		"PNG of another size":  {[]m{pngOf(4, 3, true)}, []m{pngOf(4, 4, true)}, "expected: 4 × 3 pixels\n  got:      4 × 4 pixels"},
		"PNG of one colour":    {[]m{pngOf(4, 3, true)}, []m{pngOf(4, 3, false)}, "4 × 3 pixels of one colour"},
		"PNG cut short":        {[]m{pngOf(4, 3, true)}, []m{display(m{"image/png": "aGk="})}, "cannot be read"},
		"no picture was saved": {[]m{display(m{"image/png": "aGk="})}, []m{pngOf(4, 3, true)}, "the saved picture cannot be read"},
		"SVG of nothing saved": {[]m{display(m{"image/svg+xml": `<svg width="4pt" height="3pt"></svg>`})}, []m{display(m{"image/svg+xml": drawn})}, "image/svg+xml: in the saved picture nothing is drawn (4pt × 3pt)"},
		"nothing, as saved":    {[]m{pngOf(4, 3, false)}, []m{pngOf(4, 3, false)}, "image/png: in the saved picture nothing is drawn (4 × 3 pixels)"},
		"other HTML":           {[]m{svg, html}, []m{svg, display(m{"text/html": "<b>2</b>"})}, "output 2 of 2, text/html, line 1"},
	} {
		saved := parsed(t, markdown("prose", "Text."), code("a", "%%\ntrain()", c.saved...))
		got, _ := Compare(saved, parsed(t, markdown("prose", "Text."), code("a", "%%\ntrain()", c.executed...)))
		switch {
		case c.want == "" && len(got) > 0:
			t.Errorf("%s: %q", name, got)
		case c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)):
			t.Errorf("%s: %q, want %q", name, got, c.want)
		case c.want != "" && !strings.HasPrefix(got[0], "a.ipynb, cell a (code cell 1: train()): "):
			t.Errorf("%s: %q does not name the cell", name, got[0])
		}
	}
}

func TestCompareUsesTheSavedTolerance(t *testing.T) {
	near := code("a", "train()", stream("stdout", strings.Replace(trained, "0.471", "0.480", 1)))
	if got, _ := Compare(parsed(t, tolerating(code("a", "train()", stream("stdout", trained)), tolerance)), parsed(t, near)); len(got) > 0 {
		t.Error(got)
	}
	if got, _ := Compare(parsed(t, code("a", "train()", stream("stdout", trained))), parsed(t, tolerating(near, tolerance))); len(got) != 1 {
		t.Error(got)
	}
}

func TestCompareOtherCells(t *testing.T) {
	saved := parsed(t, markdown("m", "Text."), code("a", "x()\ny()"), code("b", "z()"))
	for name, c := range map[string]struct {
		executed *notebook.Notebook
		want     string
	}{
		"a cell less":    {parsed(t, markdown("m", "Text."), code("a", "x()\ny()")), "a.ipynb is no run of a.ipynb: it ends before cell b (code cell 2: z())"},
		"a cell more":    {parsed(t, markdown("m", "Text."), code("a", "x()\ny()"), code("b", "z()"), code("c", "z()")), "a.ipynb is no run of a.ipynb: it goes on with cell c (code cell 3: z())"},
		"another cell":   {parsed(t, markdown("m", "Text."), code("b", "z()"), code("a", "x()\ny()")), "a.ipynb is no run of a.ipynb: it holds another cell 2\n  expected: cell a (code cell 1: x())\n  got:      cell b (code cell 1: z())"},
		"another type":   {parsed(t, markdown("m", "Text."), markdown("a", "x()\ny()"), code("b", "z()")), "holds another cell 2"},
		"another source": {parsed(t, markdown("m", "Text."), code("a", "x()\ny(1)"), code("b", "z()")), "a.ipynb is no run of a.ipynb: it holds another cell a (code cell 1: x()): line 2\n  expected: \"y()\"\n  got:      \"y(1)\""},
		"other prose":    {parsed(t, markdown("m", "Texts."), code("a", "x()\ny()"), code("b", "z()")), "another cell m (markdown: Text.): line 1\n  expected: \"Text.\"\n  got:      \"Texts.\""},
	} {
		got, _ := Compare(saved, c.executed)
		if len(got) != 1 || !strings.Contains(got[0], c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestRemarks(t *testing.T) {
	saved := parsed(t, code("a", "train()"))
	if _, remarks := Compare(saved, saved); len(remarks) > 0 {
		t.Error(remarks)
	}
	_, remarks := Compare(saved, parsed(t, code("a", "train()", stream("stderr", "no plugin\ncpu(0) it is\n"))))
	if want := []string{"a.ipynb, cell a (code cell 1: train()) wrote to stderr:\n  no plugin\n  cpu(0) it is"}; !slices.Equal(remarks, want) {
		t.Errorf("%q", remarks)
	}
}

func TestTolerances(t *testing.T) {
	for name, c := range map[string]struct {
		cell m
		want string
	}{
		"none":              {code("a", "x()"), ""},
		"in force":          {tolerating(code("a", "x()", stream("stdout", trained)), tolerance), ""},
		"of what is shown":  {tolerating(code("a", "x()", display(m{"text/html": "<b>loss 0.4</b>"})), map[string]float64{"loss": 0.1}), ""},
		"misspelt":          {tolerating(code("a", "x()", stream("stdout", trained)), map[string]float64{"los": 0.1}), `a.ipynb, cell a (code cell 1: x()): the tolerance of "los" fits no figure`},
		"shadowed":          {tolerating(code("a", "x()", stream("stdout", "test acc 0.5\n")), map[string]float64{"acc": 0.1, "test acc": 0.1}), `"acc" fits no figure`},
		"of a picture":      {tolerating(code("a", "x()", display(m{"image/svg+xml": "<svg><text>loss 0.4</text></svg>"})), map[string]float64{"loss": 0.1}), "fits no figure"},
		"without an output": {tolerating(code("a", "x()"), map[string]float64{"loss": 0.1}), "fits no figure"},
		"negative":          {tolerating(code("a", "x()", stream("stdout", trained)), map[string]float64{"loss": -0.1}), `the tolerance of "loss" is -0.1; give by how much`},
		"nothing":           {tolerating(code("a", "x()", stream("stdout", trained)), map[string]float64{"loss": 0}), "is 0;"},
		"huge":              {tolerating(code("a", "x()", stream("stdout", trained)), map[string]float64{"loss": 1e9}), `the tolerance of "loss" is 1e+09, as large as the figure it is for, 0.471; give`},
		"as the figure":     {tolerating(code("a", "x()", stream("stdout", trained)), map[string]float64{"loss": 0.471}), "as large as"},
		"as some figures":   {tolerating(code("a", "x()", stream("stdout", "loss 0.1\nloss -3.2\n")), map[string]float64{"loss": 0.2}), ""},
	} {
		n := parsed(t, c.cell)
		got := Tolerances(n)
		if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if compared, _ := Compare(n, n); len(compared) < len(got) || !slices.Equal(compared[:len(got)], got) {
			t.Errorf("%s: Compare says %q", name, compared)
		}
	}
}
