package compiled

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/d2l-go/book/d2l/internal/files"
	"github.com/d2l-go/book/d2l/internal/report"
)

// A cache keeps at most so many bytes, and no program that is larger than that.
const (
	limit   = 128 << 20
	largest = limit / 4
)

// Variable names another folder than the one in the user's cache, or is off: then every program is compiled anew.
const Variable = "D2L_COMPILATION_CACHE"

// A cache is a folder with a file for each program: the hash of what was compiled, and that.
type cache string

// Off reports whether the user wants nothing kept.
func Off() bool { return os.Getenv(Variable) == off }

const off = "off"

// chosen returns the cache for a value of Variable, or none.
func chosen(value string) (cache, error) {
	switch {
	case value == off:
		return "", nil
	case value == "":
		folder, err := files.CacheDir()
		if err != nil { // It can be done without.
			warn(err)
			return "", nil
		}
		return cache(filepath.Join(folder, "programs")), nil
	case filepath.IsAbs(value):
		return cache(value), nil
	default:
		return "", fmt.Errorf("%s=%q is neither off nor the full path of a folder: correct or unset it", Variable, value)
	}
}

// warn says once why programs are not kept.
func warn(err error) {
	// Without the file's name, which is another with each program.
	if file := (*os.PathError)(nil); errors.As(err, &file) {
		err = file.Err
	}
	if file := (*os.LinkError)(nil); errors.As(err, &file) {
		err = file.Err
	}
	report.WarnOnce(fmt.Sprintf("d2l: what XLA compiles is not kept for other programs (%v); %s names another folder for it, or is off",
		err, Variable))
}

// load returns what was stored under a key; nil if there is nothing whole.
func (c cache) load(key string) []byte {
	path := filepath.Join(string(c), key)
	content, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	if len(content) <= sha256.Size {
		return nil
	}
	sum, program := content[:sha256.Size], content[sha256.Size:]
	if want := sha256.Sum256(program); !bytes.Equal(sum, want[:]) {
		return nil
	}
	_ = os.Chtimes(path, time.Now(), time.Now()) // It stays longest if it can be said that it was used.
	return program
}

// store keeps a program under a key, in the place of those that have not been used for the longest time.
func (c cache) store(key string, program []byte) error {
	sum := sha256.Sum256(program)
	// A file that a power cut leaves without its content is not whole: load sees that.
	if err := files.WriteUnsynced(filepath.Join(string(c), key), append(sum[:], program...)); err != nil {
		return err
	}
	return files.DeleteOldest(string(c), ours.MatchString, key, limit)
}

// ours matches the names of programs, and of what a killed process leaves of them: the user may have chosen a folder
// that holds other files.
var ours = regexp.MustCompile(`^[0-9a-f]{64}$|^\.[0-9a-f]{64}\.[0-9]+\.d2l-part$`)

// keyOf returns the name of a program: a hash of it, of the options that it is compiled with, and of all else that
// what is compiled depends on. The module's name, which counts the programs of a process, makes no difference.
func keyOf(code, options []byte, settings string) string {
	if name, ok := bytes.CutPrefix(code, []byte("module @")); ok {
		code = name[max(0, bytes.IndexAny(name, " \n")):]
	}
	hash := sha256.New()
	fmt.Fprintf(hash, "%q %q %q", code, options, settings)
	return fmt.Sprintf("%x", hash.Sum(nil))
}
