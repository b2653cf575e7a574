package d2l

import (
	"os"
	"path/filepath"
	"strings"
	"time"
)

// writeFile writes a file whole or not at all: readers see the old content or
// the new, whatever interrupts the writing. It makes the folder if need be, and
// takes the place of no folder, device or pipe.
func writeFile(path string, content []byte) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if info, err := os.Stat(path); err == nil {
		if err := checkFile(info); err != nil {
			return err
		}
	}
	removeLeftovers(path)
	temporary, err := os.CreateTemp(dir, temporaryPrefix(path)+"*"+temporarySuffix)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			temporary.Close()
			os.Remove(temporary.Name())
		}
	}()
	if _, err := temporary.Write(content); err != nil {
		return err
	}
	if err := temporary.Chmod(0o644); err != nil {
		return err
	}
	if err := temporary.Sync(); err != nil {
		return err
	}
	if err := temporary.Close(); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), path)
}

// The names of temporary files are so that no reader, nor a user's own file, has one.
const temporarySuffix = ".d2l-part"

func temporaryPrefix(path string) string { return "." + filepath.Base(path) + "." }

// leftoverAge is how old a temporary file is before it is taken for the leftover of
// a program that was killed: no program takes so long to write one.
const leftoverAge = time.Hour

// removeLeftovers removes what programs that were killed while they wrote this file
// have left, so that it does not pile up. Failing in that harms nobody.
func removeLeftovers(path string) {
	dir := filepath.Dir(path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), temporaryPrefix(path)) || !strings.HasSuffix(entry.Name(), temporarySuffix) {
			continue
		}
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > leftoverAge {
			os.Remove(filepath.Join(dir, entry.Name()))
		}
	}
}

// otherPath is what to do if writeFile fails on a path that the user chose.
const otherPath = "make room there, or name a path that you may write to"
