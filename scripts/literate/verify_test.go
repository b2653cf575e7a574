package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The chapter as it is saved, and a new run of it.
const (
	chapterPath = "notebooks/lenet.ipynb"
	runPath     = "out/lenet.ipynb"
)

// chapterProject makes a project of its own with the chapter's notebook the
// current folder. The notebook is changed there: of each pair of texts the first
// becomes the second.
func chapterProject(t *testing.T, path string, pairs ...string) {
	t.Helper()
	if !sound() {
		t.Skip("the project itself has problems, which TestCheck names; they would show here again and again")
	}
	content, err := os.ReadFile("../../" + chapterPath)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	files := map[string]string{"go.mod": "module x\n", chapterPath: string(content)}
	for i := 0; i < len(pairs); i += 2 {
		if !bytes.Contains(content, []byte(pairs[i])) {
			t.Fatalf("the chapter holds no %q", pairs[i])
		}
		content = bytes.Replace(content, []byte(pairs[i]), []byte(pairs[i+1]), 1)
	}
	files[path] = string(content)
	for path, content := range files {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// found returns what a command printed and whether it found something.
func found(t *testing.T, command string, args ...string) (string, bool) {
	t.Helper()
	var out strings.Builder
	err := commands[command](&out, args)
	if err != nil && !errors.Is(err, errFound) {
		t.Fatal(err)
	}
	return out.String(), err != nil
}

func TestVerify(t *testing.T) {
	for name, c := range map[string]struct {
		pairs []string
		want  string // empty if nothing is wrong
	}{
		"the same":         {nil, ""},
		"speed":            {[]string{" examples/sec on cpu(0)", "1 examples/sec on gpu(0)"}, ""},
		"printed shape":    {[]string{"conv1 output shape: (1, ", "conv1 output shape: (2, "}, "cell shapes (code cell 3: pixels"},
		"accuracy":         {[]string{"test acc 0.", "test acc 9."}, "cell train-lenet (code cell 9"},
		"a figure that is": {[]string{`"<figure>"`, `"<other>"`}, "text/plain, line 1"},
		"the code":         {[]string{"AvgPool2D", "MaxPool2D"}, "\n\nRun it anew: scripts/chapter notebooks/lenet.ipynb"},
	} {
		t.Run(name, func(t *testing.T) {
			chapterProject(t, runPath, c.pairs...)
			said, wrong := found(t, "verify", chapterPath, runPath)
			if wrong != (c.want != "") || !strings.Contains(said, c.want) {
				t.Errorf("%v, want %q: %s", wrong, c.want, said)
			}
		})
	}
}

func TestCheckTolerances(t *testing.T) {
	chapterProject(t, chapterPath, `"test acc": 0.04`, `"tets acc": 0.04`)
	problems, err := checkTolerances()
	if err != nil || len(problems) != 1 || !strings.Contains(problems[0], `the tolerance of "tets acc" fits no figure`) {
		t.Errorf("%q, %v", problems, err)
	}
}
