package notebook

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func cleaned(t *testing.T, n *Notebook) (*Notebook, []string) {
	t.Helper()
	content, changes, err := n.Clean()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(n.Path, content)
	if err != nil {
		t.Fatal(err)
	}
	if twice, more, err := again.Clean(); err != nil || len(more) > 0 || !bytes.Equal(twice, content) {
		t.Errorf("cleaned again: %q, %v", more, err)
	}
	return again, changes
}

func TestCleanCell(t *testing.T) {
	stream := func(name, text string) map[string]any {
		return map[string]any{"output_type": "stream", "name": name, "text": text}
	}
	result := map[string]any{"output_type": "execute_result", "execution_count": 3, "metadata": map[string]any{}, "data": map[string]any{"text/plain": "a"}}
	passing := map[string]any{"output_type": "display_data", "metadata": map[string]any{}, "data": map[string]any{}, "transient": map[string]any{"display_id": "1"}}
	author := map[string]any{"tags": []any{"hide"}, "slideshow": map[string]any{"slide_type": "skip"}, "editable": false, "d2l": map[string]any{"tolerance": map[string]any{"loss": 0.1}}}
	for name, c := range map[string]struct {
		n       *Notebook
		changes []string // without the cell's name
		source  string
		outputs int
	}{
		"blank end":      {codeCell(t, "x()\n \n\n", nil), []string{"blank lines at its end"}, "x()", 0},
		"end of line":    {codeCell(t, "x()\n", nil), []string{"blank lines at its end"}, "x()", 0},
		"blank within":   {codeCell(t, "x()\n\ny()  ", nil), nil, "x()\n\ny()  ", 0},
		"only blank":     {codeCell(t, " \n ", nil), []string{"blank lines at its end"}, "", 0},
		"left behind":    {codeCell(t, "x()", map[string]any{"execution": 1, "jupyter": map[string]any{"source_hidden": true}, "vscode": 1}), []string{"metadata execution", "metadata jupyter", "metadata vscode"}, "x()", 0},
		"nothing chosen": {codeCell(t, "x()", map[string]any{"tags": []any{}, "editable": true, "slideshow": map[string]any{"slide_type": ""}}), []string{"metadata editable", "metadata slideshow", "metadata tags"}, "x()", 0},
		"the author's":   {codeCell(t, "x()", author), nil, "x()", 0},
		"stderr":         {codeCell(t, "x()", nil, stream("stderr", "warning\nmore")), []string{"what it wrote to stderr: warning"}, "x()", 0},
		"in pieces": {codeCell(t, "x()", nil, stream("stdout", "a"), stream("stderr", "b"), stream("stdout", "c"), passing, stream("stdout", "d")),
			[]string{"what it wrote to stderr: b", "the output to stdout in pieces", "transient data of an output"}, "x()", 3},
		"result": {codeCell(t, "x()", nil, result), []string{"execution_count 3"}, "x()", 1},
	} {
		again, changes := cleaned(t, c.n)
		var got []string
		for _, change := range changes[1:] { // the first is about the writing of the JSON above
			what, ok := strings.CutPrefix(change, c.n.Cells[0].Label()+": ")
			if !ok {
				t.Errorf("%s: %q does not name the cell", name, change)
			}
			got = append(got, what)
		}
		if !slices.Equal(got, c.changes) {
			t.Errorf("%s: %q, want %q", name, got, c.changes)
		}
		if cell := again.Cells[0]; cell.Source != c.source || len(cell.Outputs) != c.outputs {
			t.Errorf("%s: cleaned to %q with %d outputs", name, cell.Source, len(cell.Outputs))
		}
	}
	if again, _ := cleaned(t, codeCell(t, "x()", author)); again.Cells[0].Metadata.D2L.Tolerance["loss"] != 0.1 {
		t.Error("the author's tolerance is gone")
	}
}

func TestCleanNotebook(t *testing.T) {
	n := parsed(t, map[string]any{
		"cells": []any{map[string]any{"cell_type": "code", "id": "a", "source": "x()", "metadata": map[string]any{}, "outputs": []any{}, "execution_count": 7}},
		"metadata": map[string]any{
			"kernelspec":    map[string]any{"name": "gonb"},
			"language_info": map[string]any{"name": "go", "version": "go1.26.8", "pygments_lexer": "", "codemirror_mode": nil},
			"widgets":       map[string]any{},
			"vscode":        map[string]any{"interpreter": map[string]any{"hash": "1"}},
			"title":         "A title",
			"authors":       []any{map[string]any{"name": "Anna"}},
			"jupytext":      map[string]any{"formats": "ipynb,md"},
			"unknown":       1,
		}, "nbformat": 4, "nbformat_minor": 5,
	})
	content, changes, err := n.Clean()
	if err != nil {
		t.Fatal(err)
	}
	want := "{\n \"cells\": [\n  {\n   \"cell_type\": \"code\",\n   \"execution_count\": null,\n   \"id\": \"a\",\n   \"metadata\": {},\n   \"outputs\": [],\n   \"source\": [\n    \"x()\"\n   ]\n  }\n ],\n" +
		" \"metadata\": {\n  \"authors\": [\n   {\n    \"name\": \"Anna\"\n   }\n  ],\n  \"jupytext\": {\n   \"formats\": \"ipynb,md\"\n  },\n  \"kernelspec\": {\n   \"name\": \"gonb\"\n  },\n  \"language_info\": {\n   \"name\": \"go\"\n  },\n  \"title\": \"A title\",\n  \"unknown\": 1\n },\n \"nbformat\": 4,\n \"nbformat_minor\": 5\n}\n"
	if string(content) != want {
		t.Errorf("%s\nwant\n%s", content, want)
	}
	wantChanges := []string{
		"the file is not written as nbformat writes it: keys in order, indented by 1, text in lines",
		"metadata vscode of the notebook",
		"metadata widgets of the notebook",
		"metadata language_info.codemirror_mode of the notebook",
		"metadata language_info.pygments_lexer of the notebook",
		"metadata language_info.version of the notebook",
		"cell a (code cell 1: x()): execution_count 7",
	}
	if !slices.Equal(changes, wantChanges) {
		t.Errorf("%q", changes)
	}
}

// odd holds what nbformat writes in ways of its own: ends of lines as Python knows
// them, characters that JSON may escape, numbers, and kinds of data.
const odd = `{"nbformat_minor": 5, "nbformat": 4, "metadata": {"a": {}, "b": [], "n": [1, -2, 1.50, 1e2, 1e-5, 0.0001, 1e16, 12345678901234567890, 0.1, -0.0]},
"cells": [{"cell_type": "raw", "id": "z", "metadata": {}, "source": ""},
{"cell_type": "markdown", "id": "m", "metadata": {}, "source": ["ä\r\n", "b\rc\u2028d\u0085e\ff\u000bg\u001ch\n\n"], "attachments": {"p.png": {"image/png": "iVBO\nRw0K", "text/plain": "a\nb"}}},
{"cell_type": "code", "id": "c", "metadata": {"x": "<&>\u007f\u0001\b\t\"\\/\ud83d\ude00"}, "execution_count": 1, "source": ["a\n", "b"], "outputs": [
{"output_type": "display_data", "metadata": {}, "data": {"application/json": ["a\n", "b"], "application/x+json": {"z": 1, "a": "x\ny"}, "application/javascript": "a\nb", "application/x-tex": "a\nb",
"image/png": ["iVBO\n", "Rw0K"], "image/svg+xml": "<svg>\n</svg>\n", "text/html": ["a\n", "b"], "text/plain": ""}},
{"output_type": "stream", "name": "stdout", "text": "a\nb\n"}]}]}`

// nbformat's own writing, by the copy in the project's environment if it is there.
func TestFormattedAsNbformat(t *testing.T) {
	python, err := filepath.Abs("../../../.venv/bin/python")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(python); err != nil {
		t.Skip("nbformat is not there; scripts/setup installs it")
	}
	chapterFile, err := os.ReadFile(chapter)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"odd": odd, "the chapter": string(chapterFile)} {
		write := exec.Command(python, "-c", "import sys, nbformat; sys.stdout.buffer.write((nbformat.writes(nbformat.from_dict(nbformat.v4.reads(sys.stdin.buffer.read().decode()))) + '\\n').encode())")
		write.Stdin = strings.NewReader(content)
		write.Stderr = os.Stderr
		want, err := write.Output()
		if err != nil {
			t.Fatal(err)
		}
		tree, err := wholeTree([]byte(content))
		if err != nil {
			t.Fatal(err)
		}
		if got := formatted(tree); !bytes.Equal(got, want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}

func TestPythonNumbers(t *testing.T) {
	for in, want := range map[string]string{"1": "1", "1.50": "1.5", "1e2": "100.0", "1E-5": "1e-05", "0.0001": "0.0001", "1e16": "1e+16", "123456.5e1": "1234565.0", "-0.0": "-0.0", "0.0": "0.0", "1e999": "1e999"} {
		if got := pythonNumber(json.Number(in)); string(got) != want {
			t.Errorf("%s became %s, want %s", in, got, want)
		}
	}
}
