package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
)

// Paths are seen from the folder in which the command is started, and flags may
// stand anywhere.
func TestArguments(t *testing.T) {
	project := t.TempDir()
	notebooks := filepath.Join(project, "notebooks")
	for _, c := range []struct{ from, args, want string }{
		{project, "notebooks/a.ipynb", "notebooks/a.ipynb"},
		{notebooks, "a.ipynb ../out/b.ipynb", "notebooks/a.ipynb out/b.ipynb"},
		{notebooks, project + "/x.ipynb /elsewhere/y.ipynb", "x.ipynb /elsewhere/y.ipynb"},
		{filepath.Dir(project), "z.ipynb", "../z.ipynb"},
		{notebooks, "a.ipynb -force", "-force notebooks/a.ipynb"},
		{notebooks, "a.ipynb -o b.go", "-o=notebooks/b.go notebooks/a.ipynb"},
		{notebooks, "a.ipynb --o=b.go", "-o=notebooks/b.go notebooks/a.ipynb"},
		{notebooks, "a.ipynb -o", "-o notebooks/a.ipynb"},
		{notebooks, "a.ipynb#net", "notebooks/a.ipynb#net"},
	} {
		if got := strings.Join(arguments(strings.Fields(c.args), c.from, project), " "); got != c.want {
			t.Errorf("%s in %s: %s, want %s", c.args, c.from, got, c.want)
		}
	}
}

func TestRunInAFolder(t *testing.T) {
	chapterProject(t, chapterPath, `"execution_count": null`, `"execution_count": 12`)
	project, err := os.Getwd()
	d2ltest.NoError(t, err)
	t.Chdir("notebooks")
	var out strings.Builder
	d2ltest.NoError(t, run(&out, "", []string{"clean", "lenet.ipynb"}))
	if want := "notebooks/lenet.ipynb: taken away or changed:"; !strings.HasPrefix(out.String(), want) {
		t.Errorf("%q, want %s", out.String(), want)
	}
	// Without a path it is all of the project, which -C names.
	t.Chdir(t.TempDir())
	out.Reset()
	d2ltest.NoError(t, run(&out, project, []string{"clean"}))
	if out.String() != "" {
		t.Errorf("cleaned twice: %s", out.String())
	}
}

func TestNoSuchFlag(t *testing.T) {
	chapterProject(t, chapterPath)
	var out strings.Builder
	for _, command := range []string{"check", "clean", "text", "verify"} {
		if err := run(&out, "", []string{command, chapterPath, "-force"}); err == nil || err.Error() != command+" has no flag -force" {
			t.Errorf("%s: %v", command, err)
		}
	}
}

func TestUsage(t *testing.T) {
	for name := range commands {
		if !slices.Contains(strings.Fields(usage), name) {
			t.Errorf("usage does not have %s", name)
		}
	}
}
