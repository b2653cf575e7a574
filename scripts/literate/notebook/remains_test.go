package notebook

import (
	"encoding/json"
	"strings"
	"testing"
)

// codeCell returns a notebook with one code cell.
func codeCell(t *testing.T, source string, metadata map[string]any, outputs ...map[string]any) *Notebook {
	t.Helper()
	if outputs == nil {
		outputs = []map[string]any{}
	}
	if metadata == nil {
		metadata = map[string]any{}
	}
	return parsed(t, map[string]any{"cells": []any{map[string]any{
		"cell_type": "code", "id": "a", "source": source, "metadata": metadata, "outputs": outputs, "execution_count": nil,
	}}, "metadata": map[string]any{}, "nbformat": 4, "nbformat_minor": 5})
}

func parsed(t *testing.T, v any) *Notebook {
	t.Helper()
	content, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	n, err := Parse("x.ipynb", content)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func printed(text string) map[string]any {
	return map[string]any{"output_type": "stream", "name": "stdout", "text": text}
}

func shown(kind, text string) map[string]any {
	return map[string]any{"output_type": "display_data", "metadata": map[string]any{}, "data": map[string]any{kind: text}}
}

func TestMachinePaths(t *testing.T) {
	for text, want := range map[string]string{
		"saved to /home/anna/book/x.png.":        "/home/anna/book/x.png",
		"in /tmp or so":                          "/tmp",
		"/Users/anna":                            "/Users/anna",
		"see file:///home/anna/x":                "/home/anna/x",
		"(/root/go/pkg/mod)":                     "/root/go/pkg/mod",
		"open /tmp/gonb_1a2b3c4d/main.go:12: no": "/tmp/gonb_1a2b3c4d/main.go:12",
		"package gonb_1a2b3c4d":                  "gonb_1a2b3c4d",
		"TMPDIR=/var/folders/zz/T":               "/var/folders/zz/T",
		`"C:\\Users\\anna"`:                      `C:\\Users\\anna`,
		`at c:\Windows\x`:                        `c:\Windows\x`,
		"panic.go:1 /usr/local/go/src/runtime/panic.go:860 +0x13a": "/usr/local/go/src/runtime/panic.go:860",
		"/go/pkg/mod/github.com/gomlx/gomlx@v0.28.8/x.go:3":        "/go/pkg/mod/github.com/gomlx/gomlx@v0.28.8/x.go:3",
		"/usr/local/gopher /go/pkg/model":                          "",
		"in /srv/book/notebooks":                                   "/srv/book/notebooks",
		"in /scratch":                                              "/scratch",
		"/bookshelf and /srv/bookshelf":                            "",
		"https://example.org/home/anna":                            "",
		"https://example.org/tmp/x, http://a/tmp":                  "",
		"and/or/root, ../tmp/x, ~/tmp, a.b/tmp":                    "",
		"X:\\nY:\\n":                                               "",
		"gonb_cache, gonb_123":                                     "",
		"/rootless /tmpfs":                                         "",
		"../out/lenet.params":                                      "",
	} {
		for place, n := range map[string]*Notebook{
			"its source":   codeCell(t, "x := 1 // "+text, nil),
			"its metadata": codeCell(t, "x()", map[string]any{"note": []any{text}}),
			"output 1":     codeCell(t, "x()", nil, printed("one\n"+text+"\n")),
			"output 2":     codeCell(t, "x()", nil, printed("one\n"), shown("text/html", text)),
		} {
			found, err := n.Remains("/srv/book", "/scratch/", "", "/")
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case want == "" && len(found) > 0:
				t.Errorf("%q in %s: %+v", text, place, found)
			case want != "" && (len(found) != 1 || !strings.HasSuffix(found[0].Text, place+" holds a path of the machine: "+want)):
				t.Errorf("%q in %s: %+v, want %q", text, place, found, want)
			}
		}
	}
}

// Prose may speak of folders that are everywhere, and not of this machine's own.
func TestRemainsInProse(t *testing.T) {
	for text, want := range map[string]string{
		"Files in /tmp, and/or /root of a tree":      "",
		"as /home/anna/x or C:\\Users\\anna\\x":      "",
		"/usr/local/go/src and /go/pkg/mod/x":        "",
		"in /srv/book/notebooks.":                    "/srv/book/notebooks",
		"[a picture](/home/otto/x.png) by /tmp/otto": "/home/otto/x.png",
	} {
		n := parsed(t, map[string]any{"cells": []any{
			map[string]any{"cell_type": "markdown", "id": "a", "source": text, "metadata": map[string]any{}},
			map[string]any{"cell_type": "raw", "id": "b", "source": text, "metadata": map[string]any{}},
		}, "metadata": map[string]any{}, "nbformat": 4, "nbformat_minor": 5})
		found, err := n.Remains("/srv/book", "/tmp", "/root/", "/usr/local/go", "/home/otto")
		if err != nil {
			t.Fatal(err)
		}
		if want == "" && len(found) > 0 || want != "" && (len(found) != 2 || found[0].Run || !strings.HasSuffix(found[0].Text, "its source holds a path of the machine: "+want)) {
			t.Errorf("%q: %+v, want %q", text, found, want)
		}
	}
}

func TestRemains(t *testing.T) {
	failed := map[string]any{"output_type": "error", "ename": "ERROR", "evalue": "exit status 1\n", "traceback": []any{"main.go:3"}}
	for name, c := range map[string]struct {
		n    *Notebook
		want string
	}{
		"nothing":              {codeCell(t, "x()", nil, printed("a\n")), ""},
		"an error":             {codeCell(t, "x()", nil, failed), "cell a (code cell 1: x()): output 1 is an error: ERROR: exit status 1"},
		"no code":              {codeCell(t, " \n", nil), "cell a (code) holds no code"},
		"path in SVG":          {codeCell(t, "x()", nil, shown("image/svg+xml", "<desc>/tmp/a</desc>")), "output 1 holds a path of the machine: /tmp/a"},
		"base64":               {codeCell(t, "x()", nil, shown("image/png", "=/tmp/")), ""},
		"base64 within SVG":    {codeCell(t, "x()", nil, shown("image/svg+xml", `<image href="data:image/png;base64,AA+/tmp/A==">`)), ""},
		"path in the metadata": {parsed(t, map[string]any{"cells": []any{}, "metadata": map[string]any{"a": "/tmp/x"}}), "the notebook's metadata holds a path of the machine: /tmp/x"},
	} {
		found, err := c.n.Remains()
		if err != nil {
			t.Fatal(err)
		}
		if c.want == "" && len(found) > 0 || c.want != "" && (len(found) != 1 || !strings.HasSuffix(found[0].Text, c.want)) {
			t.Errorf("%s: %+v, want %q", name, found, c.want)
		}
	}
}
