package d2l

import (
	"os"
	"path/filepath"
	"syscall"
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
	noError(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644))
	noError(t, os.Symlink("/dev/null", filepath.Join(dir, "null"))) // To take its place would be bad for all.
	for _, c := range []struct{ name, path, want string }{
		{"a file where a folder should be", "file/x", "not a directory"},
		{"a folder where the file should be", "folder", "it is a folder, not a file"},
		{"a named pipe", "pipe", "it is a named pipe, not a file"},
		{"a device", "null", "it is a device, not a file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantError(t, writeFile(filepath.Join(dir, c.path), []byte("x")), c.want)
		})
	}
	wantFiles(t, dir, "file", "folder", "null", "pipe")
}
