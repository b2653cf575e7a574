package files

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/d2l-go/book/d2l/d2ltest"
)

func TestDeleteOldest(t *testing.T) {
	all := func(string) bool { return true }
	for limit, want := range map[int64][]string{
		100 * fileBlock: {"a", "b", "last"},
		9 * fileBlock:   {"a", "b", "last"},
		8 * fileBlock:   {"b", "last"},
		5 * fileBlock:   {"last"},
		2 * fileBlock:   {},
	} {
		root := t.TempDir()
		// Three folders of three blocks each: the folder itself, a small file and one of a block.
		for age, name := range []string{"last", "b", "a"} {
			d2ltest.Put(t, filepath.Join(root, name, "small"), []byte("1"))
			d2ltest.Put(t, filepath.Join(root, name, "block"), make([]byte, fileBlock))
			used := time.Now().Add(time.Duration(-age) * time.Hour)
			if name == "last" {
				used = time.Unix(0, 0)
			}
			d2ltest.NoError(t, os.Chtimes(filepath.Join(root, name), used, used))
		}
		d2ltest.NoError(t, DeleteOldest(root, all, "last", limit))
		d2ltest.WantFiles(t, root, want...)
	}
	d2ltest.NoError(t, DeleteOldest("/nowhere/at/all", all, "last", 0))

	// Files are entries too; those that are not ours stay.
	root := t.TempDir()
	for age, name := range []string{"new", "old", "other"} {
		path, used := filepath.Join(root, name), time.Now().Add(time.Duration(-age)*time.Hour)
		d2ltest.Put(t, path, make([]byte, fileBlock))
		d2ltest.NoError(t, os.Chtimes(path, used, used))
	}
	d2ltest.NoError(t, DeleteOldest(root, func(name string) bool { return name != "other" }, "", fileBlock))
	d2ltest.WantFiles(t, root, "new", "other")
}
