// Package fetch finds the files of data sets on this machine, or downloads them, verifies them, keeps them in the
// user's cache, and extracts archives there.
package fetch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/d2l-go/book/d2l/internal/files"
	"github.com/d2l-go/book/d2l/internal/report"
)

// Variable names a folder that holds data sets, for machines without the internet.
const Variable = "D2L_DATA"

// CacheRemedy is what to do if the cache cannot be written.
const CacheRemedy = "make room or set XDG_CACHE_HOME to another folder"

// Given returns the folder that Variable names, or "". If there is no such folder, the error says that it should hold
// what is looked for.
func Given(what string) (dir string, err error) {
	given := os.Getenv(Variable)
	if given == "" {
		return "", nil
	}
	if info, err := os.Stat(given); err != nil || !info.IsDir() {
		return "", fmt.Errorf("%s names %s, which is not a folder: set it to the one that holds %s, or unset it",
			Variable, given, what)
	}
	return given, nil
}

// WarnElsewhere says on standard error that the folder that Variable names does not have what has been found elsewhere.
func WarnElsewhere(given, what, path string) {
	report.WarnOnce(fmt.Sprintf("d2l: %s=%s has no %s; it is read from %s", Variable, given, what, path))
}

// CacheDir returns the folder of a data set in the user's cache.
func CacheDir(set string) (string, error) {
	dir, err := files.CacheDir()
	return filepath.Join(dir, "data", set), err
}

// Unusable adds to the error of a file that exists what to do about it.
func Unusable(path string, err error) error {
	remedy := refetch
	switch {
	case errors.Is(err, fs.ErrPermission):
		remedy = "let this user read it"
	case errors.Is(err, syscall.ENOTDIR):
		remedy = "a file stands where a folder should be: delete that"
	}
	return fmt.Errorf("%s cannot be used: %w; %s, or set %s to a folder with a good copy", path, err, remedy, Variable)
}
