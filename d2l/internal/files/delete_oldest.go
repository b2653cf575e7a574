package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// fileBlock is what a file takes on disk, at least.
const fileBlock = 4 << 10

// DeleteOldest deletes those of our entries of a folder that have not been used for the longest time, and the one called
// last only after all others, until the rest takes no more than a number of bytes. When an entry was last used is said
// by its time.
func DeleteOldest(root string, ours func(name string) bool, last string, limit int64) error {
	entries, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	type entryUsed struct {
		name string
		used time.Time
		size int64
	}
	var all []entryUsed
	total := int64(0)
	for _, entry := range entries {
		if !ours(entry.Name()) {
			continue
		}
		e := entryUsed{name: entry.Name(), used: time.Now(), size: blocks(filepath.Join(root, entry.Name()))}
		if info, err := entry.Info(); err == nil && e.name != last {
			e.used = info.ModTime()
		}
		total += e.size
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b entryUsed) int { return a.used.Compare(b.used) })
	for _, e := range all {
		if total <= limit {
			break
		}
		if err := os.RemoveAll(filepath.Join(root, e.name)); err != nil {
			return err
		}
		total -= e.size
	}
	return nil
}

// blocks returns the bytes that the files below a folder take on disk.
func blocks(dir string) (total int64) {
	// What another process deletes meanwhile takes none.
	filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if info, err := entry.Info(); err == nil {
			total += (info.Size() + fileBlock - 1) / fileBlock * fileBlock
		}
		return nil
	})
	return total
}
