package d2l

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// writeFile writes a file whole or not at all: readers see the old content or
// the new, whatever interrupts the writing. It makes the folder if need be, keeps
// the mode of an earlier file, follows a link to a file, and takes the place of no
// folder, device or pipe.
func writeFile(path string, content []byte) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	mode := fs.FileMode(0o666) // Less what the umask takes.
	earlier, err := os.Stat(path)
	if err == nil {
		if err := checkFile(earlier); err != nil {
			return err
		}
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return err
		}
		mode = earlier.Mode().Perm()
	}
	removeLeftovers(path)
	temporary, err := createTemporary(path, mode)
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
	if earlier != nil {
		if err := temporary.Chmod(mode); err != nil { // What the umask took.
			return err
		}
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

// createTemporary makes a new file beside path. os.CreateTemp has no regard for the
// umask.
func createTemporary(path string, mode fs.FileMode) (*os.File, error) {
	for {
		name := temporaryPrefix(path) + strconv.FormatUint(uint64(rand.Uint32()), 10) + temporarySuffix
		file, err := os.OpenFile(filepath.Join(filepath.Dir(path), name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if !errors.Is(err, fs.ErrExist) {
			return file, err
		}
	}
}

// isTemporary says whether a file beside path is one that createTemporary makes for
// it. Digits alone make the difference: those of net.params are not those of net.
func isTemporary(name, path string) bool {
	number, hasPrefix := strings.CutPrefix(name, temporaryPrefix(path))
	number, hasSuffix := strings.CutSuffix(number, temporarySuffix)
	return hasPrefix && hasSuffix && number != "" && strings.Trim(number, "0123456789") == ""
}

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
		if !isTemporary(entry.Name(), path) {
			continue
		}
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > leftoverAge {
			os.Remove(filepath.Join(dir, entry.Name()))
		}
	}
}

// otherPath is what to do if writeFile fails on a path that the user chose.
const otherPath = "make room there, or name a path that you may write to"
