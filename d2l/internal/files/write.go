package files

import (
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// WriteRemedy is what to do if Write fails on a path that the user chose.
const WriteRemedy = "make room there, or name a path that you may write to"

// Write writes a file atomically: whatever interrupts it, readers see the old content or the new. It makes missing
// folders, keeps the mode of an existing file, follows a link to a file, and refuses to replace a folder, device or
// pipe.
func Write(path string, content []byte) error {
	return WriteFrom(path, func(w io.Writer) error { return writeAll(w, content) })
}

// WriteFrom is Write for content that fill writes. If fill fails, the old content stays.
func WriteFrom(path string, fill func(w io.Writer) error) error {
	return write(path, fill, (*os.File).Sync)
}

func writeAll(w io.Writer, content []byte) error {
	_, err := w.Write(content)
	return err
}

// WriteUnsynced is Write for files that say themselves whether they are whole: it does not wait for the disk, so that
// a power cut may leave the file without some of its content.
func WriteUnsynced(path string, content []byte) error {
	return write(path, func(w io.Writer) error { return writeAll(w, content) }, func(*os.File) error { return nil })
}

func write(path string, fill func(w io.Writer) error, sync func(*os.File) error) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	mode := fs.FileMode(0o666) // Before the umask.
	existing, err := os.Stat(path)
	if err == nil {
		if err := requireRegular(existing); err != nil {
			return err
		}
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return err
		}
		mode = existing.Mode().Perm()
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
	if err := fill(temporary); err != nil {
		return err
	}
	if existing != nil {
		if err := temporary.Chmod(mode); err != nil { // The umask may have removed some bits.
			return err
		}
	}
	if err := sync(temporary); err != nil {
		return err
	}
	if err := temporary.Close(); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), path)
}

// Temporary files have names that no reader looks for and no user would choose.
const temporarySuffix = ".d2l-part"

func temporaryPrefix(path string) string { return "." + filepath.Base(path) + "." }

// temporaryName returns the path of a temporary file or folder beside path.
func temporaryName(path string) string {
	name := temporaryPrefix(path) + strconv.FormatUint(uint64(rand.Uint32()), 10) + temporarySuffix
	return filepath.Join(filepath.Dir(path), name)
}

// createTemporary makes a new file beside path. Unlike os.CreateTemp it respects the umask.
func createTemporary(path string, mode fs.FileMode) (*os.File, error) {
	for {
		file, err := os.OpenFile(temporaryName(path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if !errors.Is(err, fs.ErrExist) {
			return file, err
		}
	}
}

// isTemporary returns whether temporaryName may have been name, for path. Only digits may stand between
// prefix and suffix: a leftover of net.params is none of net.
func isTemporary(name, path string) bool {
	number, hasPrefix := strings.CutPrefix(name, temporaryPrefix(path))
	number, hasSuffix := strings.CutSuffix(number, temporarySuffix)
	return hasPrefix && hasSuffix && number != "" && strings.Trim(number, "0123456789") == ""
}

// leftoverAge is the time since the last write after which a temporary file counts as left over by a killed program:
// none waits that long between two. The time of a folder is when something was last put directly into it: it gets a
// day more.
const leftoverAge = time.Hour

// removeLeftovers removes the temporary files and folders of programs that were killed while they wrote path, so that
// they do not pile up. It ignores errors: a leftover harms nobody.
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
		info, err := entry.Info()
		if err != nil {
			continue
		}
		leftover, age := filepath.Join(dir, entry.Name()), time.Since(info.ModTime())
		switch {
		case info.Mode().IsRegular() && age > leftoverAge:
			os.Remove(leftover)
		case info.IsDir() && age > leftoverAge+24*time.Hour:
			os.RemoveAll(leftover)
		}
	}
}
