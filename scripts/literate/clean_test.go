package main

import (
	"os"
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
		"an error":          {[]string{`"output_type": "stream"`, `"ename": "ERROR", "evalue": "exit status 1", "traceback": [], "output_type": "error"`}, "output 1 is an error: ERROR: exit status 1", false},
	} {
		t.Run(name, func(t *testing.T) {
			chapterProject(t, saved, c.pairs...)
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
	content, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(saved, []byte(strings.Replace(string(content), "HERE", here+"/x", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestText(t *testing.T) {
	chapterProject(t, "out/broken.ipynb")
	if said, _ := found(t, "text", saved); !strings.Contains(said, "──── shapes, printed to stdout\nconv0") {
		t.Error(said)
	}
	if err := os.WriteFile("out/broken.ipynb", []byte("<<<<<<<\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if said, _ := found(t, "text", "out/broken.ipynb"); said != "<<<<<<<\n" {
		t.Error(said)
	}
}
