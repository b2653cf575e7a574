package notebook

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const chapter = "../../../notebooks/lenet.ipynb"

func TestRead(t *testing.T) {
	n, err := Read(chapter)
	if err != nil {
		t.Fatal(err)
	}
	shapes := n.Cell("shapes")
	if shapes == nil || shapes.Type != "code" || shapes.Number != 3 || !strings.Contains(shapes.Source, "net.Outputs(X)") {
		t.Fatalf("cell shapes: %+v", shapes)
	}
	if got := shapes.Printed("stdout"); !strings.HasSuffix(got, "dense2 output shape: (1, 10)\n") {
		t.Errorf("cell shapes printed %q", got)
	}
	if got := n.Cell("train-lenet").Metadata.D2L.Tolerance["loss"]; got != 0.03 {
		t.Errorf("tolerance of the loss is %g", got)
	}
	if got := n.Cell("figure-vertical").Outputs[0].Data["image/svg+xml"]; !strings.HasPrefix(got, "<?xml") {
		t.Errorf("the figure is %.20q", got)
	}
}

// d2l returns a notebook whose cell has such metadata.
func d2l(metadata string) string {
	return `{"cells": [{"id": "a", "cell_type": "code", "source": "x()", "metadata": {"d2l": ` + metadata + `}}]}`
}

func TestReadErrors(t *testing.T) {
	for _, c := range []struct{ content, want string }{
		{``, "unexpected EOF"},
		{`{"cells": [`, "unexpected EOF"},
		{`{"cells": []} {}`, "something follows"},
		{`{"worksheets": []}`, "it has no cells"},
		{`{"cells": [{"cell_type": "code", "source": "", "metadata": {}}]}`, "cell 1 has no id"},
		{`{"cells": [{"id": "a", "source": "", "metadata": {}}, {"id": "a", "source": "", "metadata": {}}]}`, "two cells have the id a"},
		{`{"cells": [{"id": "a", "metadata": {}}]}`, "cell a has no source"},
		{`{"cells": [{"id": "a", "source": ""}]}`, "cell a has no metadata"},
		{`{"cells": [{"id": "a", "source": 1, "metadata": 2}]}`, "cell a: json: "},
		{d2l(`[]`), `cell a (code cell 1: x()): d2l in its metadata is []; it holds "agreed" and "tolerance"`},
		{d2l(`{"tolerence": {"loss": 0.1}}`), `cell a (code cell 1: x()): d2l in its metadata holds "tolerence", which nothing reads; it holds "agreed" and "tolerance"`},
		{d2l(`{"Tolerance": {"loss": 0.1}}`), `holds "Tolerance", which`},
		{d2l(`{"tolerance": 0.1}`), `cell a (code cell 1: x()): d2l.tolerance in its metadata is 0.1; write it as {"loss": 0.03}`},
		{d2l(`{"tolerance": {"loss": "NaN"}}`), `d2l.tolerance in its metadata is {"loss": "NaN"}; write`},
		{d2l(`{"agreed": ["F"]}`), `d2l.agreed in its metadata is ["F"]; scripts/literate writes it, take it away`},
		{"{\n\"cells\": [{\"id\": \"a\",\n" + `"metadata": {"d2l": {"tolerance": {"loss": NaN}}}, "source": ""}]}`, "line 3: invalid character 'N'"},
	} {
		_, err := Parse("x.ipynb", []byte(c.content))
		if err == nil || !strings.Contains(err.Error(), "x.ipynb is not a notebook that can be read: "+c.want) && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.content, err, c.want)
		}
	}
}

// styles are one notebook as nbformat, other editors and programs write it.
var styles = map[string]string{
	"nbformat": "{\n \"cells\": [\n  {\n   \"id\": \"a\",\n   \"metadata\": {},\n   \"source\": [\n    \"x\\n\",\n    \"y\"\n   ]\n  }\n ]\n}\n",
	"tabs":     "{\n\t\"cells\": [\n\t\t{\n\t\t\t\"source\": [\n\t\t\t\t\"x\\n\",\n\t\t\t\t\"y\"\n\t\t\t],\n\t\t\t\"metadata\": {},\n\t\t\t\"id\": \"a\"\n\t\t}\n\t]\n}",
	"one line": `{"cells":[{"id":"a","metadata":{},"source":["x\n","y"]}]}`,
	"a string": "{\n \"cells\": [\n  {\n   \"id\": \"a\",\n   \"metadata\": {},\n   \"source\": \"x\\ny\"\n  }\n ]\n}\n",
}

func TestEditsKeepTheStyle(t *testing.T) {
	for name, content := range styles {
		n, err := Parse(name, []byte(content))
		if err != nil {
			t.Fatal(err)
		}
		c := n.Cells[0]
		n.SetSource(c, c.Source)
		if n.Changed() {
			t.Errorf("%s: the same source changes the file", name)
		}
		n.SetSource(c, "z\n\"\\u2028 <&>\u2028\n\tw\n")
		if err := n.SetAgreed(c, map[string]string{"F": "1"}); err != nil {
			t.Fatal(err)
		}
		again, err := Parse(name, n.Bytes())
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, n.Bytes())
		}
		if got := again.Cells[0]; got.Source != c.Source || got.Metadata.D2L.Agreed["F"] != "1" {
			t.Errorf("%s: %+v", name, got)
		}
		again.SetSource(again.Cells[0], "x\ny")
		if err := again.SetAgreed(again.Cells[0], nil); err != nil {
			t.Fatal(err)
		}
		if got := string(again.Bytes()); got != content {
			t.Errorf("%s: there and back gave\n%s\nfrom\n%s", name, got, content)
		}
	}
}

// What the package writes of the chapter's cells is what nbformat wrote.
func TestEncodingIsNbformats(t *testing.T) {
	n, err := Read(chapter)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range n.Cells {
		if got, want := string(n.encoded(c.source, splitLines(c.Source))), string(n.raw[c.source.start:c.source.end]); got != want {
			t.Errorf("cell %s:\n%s\nwant\n%s", c.ID, got, want)
		}
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.ipynb")
	for _, content := range []string{"one", "two"} {
		if err := WriteFile(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != content {
			t.Errorf("%q, %v", got, err)
		}
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// It fails at the very end, as a folder does not become a file.
	if err := WriteFile(dir, []byte("three")); err == nil || !strings.Contains(err.Error(), dir+" was left as it was") {
		t.Errorf("no error for a folder: %v", err)
	}
	if files, _ := filepath.Glob(filepath.Join(filepath.Dir(dir), ".*")); len(files) > 0 {
		t.Errorf("left beside the folder: %q", files)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("left behind: %v", files)
	}
	if err := WriteFile(filepath.Join(dir, "no", "a"), nil); err == nil {
		t.Error("no error for a folder that is missing")
	}
}

// Other metadata keeps its numbers as they are written.
func TestAgreedKeepsNumbers(t *testing.T) {
	const metadata = `{"x":[1.50,12345678901234567890,1e3],"d2l":{"tolerance":{"loss":0.030}}}`
	n, err := Parse("x.ipynb", []byte(`{"cells": [{"id": "a", "source": "", "metadata": `+metadata+`}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := n.SetAgreed(n.Cells[0], map[string]string{"F": "1"}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"x":[1.50,12345678901234567890,1e3]`, `"tolerance":{"loss":0.030}`} {
		if !strings.Contains(string(n.Bytes()), want) {
			t.Errorf("%s has no %s", n.Bytes(), want)
		}
	}
}

func TestUnescapeSeparators(t *testing.T) {
	for _, s := range []string{"\u2028", `\u2028`, `\\u2028`, "\\\u2029\\", `\"`} {
		var got string
		b := encode(s, "", "")
		if err := json.Unmarshal(b, &got); err != nil || got != s || strings.ContainsRune(s, '\u2028') && strings.Contains(string(b), `\u2028`) {
			t.Errorf("%q became %s, %v", s, b, err)
		}
	}
}
