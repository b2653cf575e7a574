package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// The committed chapter is clean, and what a machine leaves in it is named, with
// the cell.
func TestCheckClean(t *testing.T) {
	const printed = `"conv0 output shape: (1, 6, 28, 28)\n",`
	for name, c := range map[string]struct {
		pairs   []string
		want    string // empty if nothing is wrong
		cleaned bool   // by clean
	}{
		"as it is":          {nil, "", true},
		"a count":           {[]string{`"execution_count": null`, `"execution_count": 12`}, "): execution_count 12", true},
		"stderr":            {[]string{`"name": "stdout"`, `"name": "stderr"`}, "cell shapes (code cell 3: pixels := make([]float32, 28*28)): what it wrote to stderr: conv0", true},
		"folded in Jupyter": {[]string{`"metadata": {},`, `"metadata": {"jupyter": {"source_hidden": true}},`}, "metadata jupyter", true},
		"Go's version":      {[]string{`"mimetype":`, `"version": "go1.26.8", "mimetype":`}, "metadata language_info.version of the notebook", true},
		"a path":            {[]string{printed, printed + ` "see /tmp/gonb_12345678/main.go:3\n",`}, "cell shapes (code cell 3: pixels := make([]float32, 28*28)): output 1 holds a path of the machine: /tmp/gonb_12345678/main.go", false},
		"this folder":       {[]string{printed, `"HERE\n",`}, "holds a path of the machine: ", false},
		"a panic":           {[]string{printed, printed + ` "\t/usr/local/go/src/runtime/panic.go:860 +0x13a\n",`}, "output 1 holds a path of the machine: /usr/local/go/src/runtime/panic.go:860\n  Mend the cell, and run it anew: scripts/chapter notebooks/lenet.ipynb && cp out/lenet.ipynb notebooks/lenet.ipynb", false},
		"folders in prose":  {[]string{`"## Summary`, `"In /tmp, and/or /root of a tree: ## Summary`}, "", true},
		"an error":          {[]string{`"output_type": "stream"`, `"ename": "ERROR", "evalue": "exit status 1", "traceback": [], "output_type": "error"`}, "output 1 is an error: ERROR: exit status 1", false},
	} {
		t.Run(name, func(t *testing.T) {
			chapterProject(t, chapterPath, c.pairs...)
			replaceHere(t)
			problems, err := checkClean()
			if err != nil || (len(problems) == 0) != (c.want == "") || !strings.Contains(strings.Join(problems, "\n"), c.want) {
				t.Errorf("%q, %v, want %q", problems, err, c.want)
			}
			found(t, "clean")
			if problems, err = checkClean(); err != nil || (len(problems) == 0) != c.cleaned {
				t.Errorf("after clean: %q, %v", problems, err)
			}
			if said, _ := found(t, "clean"); said != "" {
				t.Errorf("cleaned twice: %s", said)
			}
		})
	}
}

// replaceHere writes the current folder into the notebook.
func replaceHere(t *testing.T) {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(chapterPath)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(chapterPath, []byte(strings.Replace(string(content), "HERE", here+"/x", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestFolders(t *testing.T) {
	chapterProject(t, chapterPath, `"conv0 output shape`, `"see /homes/anna/x, conv0 output shape`)
	t.Setenv("TMPDIR", "/scratch/1")
	t.Setenv("HOME", "/homes/anna")
	t.Setenv("GOMODCACHE", "/big disk/mod")
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	got := folders()
	if len(got) != 5 || !slices.Equal(slices.Delete(slices.Clone(got), 3, 4), []string{"/scratch/1", here, "/homes/anna", "/big disk/mod"}) {
		t.Fatalf("%q", got)
	}
	if _, err := os.Stat(got[3] + "/bin/go"); err != nil {
		t.Errorf("%s is no folder of Go's: %v", got[3], err)
	}
	problems, err := checkClean()
	if want := "output 1 holds a path of the machine: /homes/anna/x"; err != nil || len(problems) != 1 || !strings.Contains(problems[0], want) {
		t.Errorf("%q, %v, want %q", problems, err, want)
	}
}

func TestText(t *testing.T) {
	chapterProject(t, "out/broken.ipynb")
	if said, _ := found(t, "text", chapterPath); !strings.Contains(said, "──── shapes, printed to stdout\nconv0") {
		t.Error(said)
	}
	if err := os.WriteFile("out/broken.ipynb", []byte("<<<<<<<\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if said, _ := found(t, "text", "out/broken.ipynb"); said != "<<<<<<<\n" {
		t.Error(said)
	}
}
