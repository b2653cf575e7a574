package d2l

import (
	"fmt"
	"io/fs"
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
}

// A new file has the mode that the umask leaves, and one that is written again keeps
// what its owner has chosen.
func TestWriteFileMode(t *testing.T) {
	for _, c := range []struct{ umask, earlier, want fs.FileMode }{
		{0o022, 0, 0o644},
		{0o077, 0, 0o600},
		{0o002, 0, 0o664},
		{0o022, 0o600, 0o600},
		{0o022, 0o666, 0o666}, // More than the umask leaves.
		{0o022, 0o444, 0o444},
	} {
		t.Run(fmt.Sprintf("%o after %o", c.umask, c.earlier), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "file")
			defer syscall.Umask(syscall.Umask(int(c.umask)))
			if c.earlier != 0 {
				put(t, path, []byte("old"))
				noError(t, os.Chmod(path, c.earlier))
			}
			noError(t, writeFile(path, []byte("new")))
			if mode := must(os.Stat(path))(t).Mode(); mode != c.want {
				t.Errorf("the file's mode is %v, expected %v", mode, c.want)
			}
		})
	}
}

// A link to a file stays one, and the file is written where it is.
func TestWriteFileLink(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	put(t, filepath.Join(elsewhere, "file"), []byte("old"))
	link := filepath.Join(dir, "link")
	noError(t, os.Symlink(filepath.Join(elsewhere, "file"), link))
	noError(t, writeFile(link, []byte("new")))
	if mode := must(os.Lstat(link))(t).Mode(); mode&fs.ModeSymlink == 0 {
		t.Errorf("the link has become %v", mode)
	}
	if got := string(must(os.ReadFile(filepath.Join(elsewhere, "file")))(t)); got != "new" {
		t.Errorf("the file holds %q", got)
	}
	wantFiles(t, dir, "link")
	wantFiles(t, elsewhere, "file")
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
