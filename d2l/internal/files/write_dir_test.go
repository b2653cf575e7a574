package files

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/d2l-go/book/d2l/d2ltest"
)

// putInto returns a fill that writes one file.
func putInto(content string) func(*os.Root) error {
	return func(root *os.Root) error { return root.WriteFile("file", []byte(content), 0o644) }
}

func TestWriteDir(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "new")
	path := filepath.Join(parent, "folder")
	failed := errors.New("no more")
	err := WriteDir(path, func(root *os.Root) error { return errors.Join(putInto("half")(root), failed) })
	if !errors.Is(err, failed) {
		t.Errorf("error %v", err)
	}
	d2ltest.WantFiles(t, parent)
	d2ltest.NoError(t, WriteDir(path, func(root *os.Root) error {
		d2ltest.NoError(t, WriteDir(path, putInto("faster"))) // Another program, meanwhile.
		return putInto("slower")(root)
	}))
	if content := string(d2ltest.Must(os.ReadFile(filepath.Join(path, "file")))(t)); content != "faster" {
		t.Errorf("the file holds %q", content)
	}
	d2ltest.WantFiles(t, parent, "folder")
	d2ltest.Put(t, filepath.Join(parent, "taken"), []byte("mine"))
	if err := WriteDir(filepath.Join(parent, "taken"), putInto("x")); err == nil {
		t.Error("a file was taken for the folder")
	}
	d2ltest.WantFiles(t, parent, "folder", "taken")
}

const folderVariable = "D2L_TEST_FOLDER"

// childDiesInFolder is killed while it writes a folder.
func childDiesInFolder() string {
	WriteDir(os.Getenv(folderVariable), func(root *os.Root) error {
		return errors.Join(putInto("half")(root), syscall.Kill(os.Getpid(), syscall.SIGKILL))
	})
	return "still alive"
}

// A program that is killed leaves no folder of that name; what it leaves is removed a day later.
func TestKilledInFolder(t *testing.T) {
	parent := t.TempDir()
	path := filepath.Join(parent, "folder")
	if err := d2ltest.Child("write folder", folderVariable+"="+path).Run(); err == nil {
		t.Error("the child was not killed")
	}
	left := d2ltest.Must(os.ReadDir(parent))(t)
	if len(left) != 1 || !isTemporary(left[0].Name(), path) {
		t.Fatalf("it leaves %v", left)
	}
	d2ltest.NoError(t, WriteDir(path, putInto("whole")))
	d2ltest.WantFiles(t, parent, left[0].Name(), "folder")
	old := time.Now().Add(-26 * time.Hour)
	d2ltest.NoError(t, os.Chtimes(filepath.Join(parent, left[0].Name()), old, old))
	d2ltest.NoError(t, os.RemoveAll(path))
	d2ltest.NoError(t, WriteDir(path, putInto("whole")))
	d2ltest.WantFiles(t, parent, "folder")
}

// A file whose content fails to come keeps its old one.
func TestWriteFromFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	d2ltest.NoError(t, Write(path, []byte("old")))
	failed := errors.New("no more")
	err := WriteFrom(path, func(w io.Writer) error { return errors.Join(writeAll(w, []byte("ne")), failed) })
	if content := string(d2ltest.Must(os.ReadFile(path))(t)); content != "old" || !errors.Is(err, failed) {
		t.Errorf("error %v; the file holds %q", err, content)
	}
	d2ltest.WantFiles(t, filepath.Dir(path), "file")
}
