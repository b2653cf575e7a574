package d2l

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "new", "folder", "file")
	for _, content := range []string{"first", "second"} {
		noError(t, writeFile(path, []byte(content)))
		if got := string(must(os.ReadFile(path))(t)); got != content {
			t.Errorf("the file holds %q, expected %q", got, content)
		}
	}
	wantFiles(t, filepath.Dir(path), "file")
	if mode := must(os.Stat(path))(t).Mode(); mode.Perm() != 0o644 {
		t.Errorf("the file's mode is %v", mode)
	}
}

func TestWriteFileErrors(t *testing.T) {
	dir := t.TempDir()
	noError(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o644))
	noError(t, os.MkdirAll(filepath.Join(dir, "folder", "inside"), 0o755))
	for name, path := range map[string]string{
		"a file where a folder should be":   filepath.Join(dir, "file", "x"),
		"a folder where the file should be": filepath.Join(dir, "folder"),
	} {
		if err := writeFile(path, []byte("x")); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	wantFiles(t, dir, "file", "folder")
}
