package fetch

import (
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/d2l-go/book/d2l/internal/files"
)

// A File is one that a program may have to download. Its bytes are known by their SHA-1, under which it has a folder
// of its own in the cache: files of the same name are no trouble.
type File struct {
	Name   string // The last part of URL.
	URL    string
	SHA1   string // 40 digits, in lower case.
	Remedy string // Who fetches it where this program cannot.
}

// maxSize bounds a download, so that a server that never ends does not fill the disk. The book's largest file has 2 GB.
// Tests lower it.
var maxSize int64 = 16 << 30

// Path returns the path of the file, verified: in the folder D2L_DATA or in the user's cache, where it is downloaded
// to if it is in neither.
func (f File) Path() (string, error) {
	given, err := Given(f.Name)
	if err != nil {
		return "", err
	}
	kept, err := f.cachePath()
	if err != nil {
		return "", err
	}
	paths := []string{kept}
	if given != "" {
		paths = []string{filepath.Join(given, f.Name), filepath.Join(given, f.folder(), f.Name), kept}
	}
	for i, path := range paths {
		err := f.verify(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", Unusable(path, err)
		}
		if given != "" && i == len(paths)-1 {
			WarnElsewhere(given, f.Name, path)
		}
		return path, nil
	}
	if !Possible {
		return "", f.missing(paths, "cells do not fetch it; "+f.Remedy+"; or get it", ": ", fs.ErrNotExist)
	}
	if err := f.download(paths); err != nil {
		return "", err
	}
	return kept, nil
}

// folder returns the name of the file's folder in the cache.
func (f File) folder() string { return f.Stem() + "-" + f.SHA1[:8] }

// Stem returns the name without the ending of an archive, which the folder in an archive often has.
func (f File) Stem() string {
	for _, ending := range []string{".zip", ".tar.gz", ".tgz", ".tar", ".gz"} {
		if stem, ok := strings.CutSuffix(f.Name, ending); ok && stem != "" {
			return stem
		}
	}
	return f.Name
}

func (f File) cachePath() (string, error) {
	dir, err := CacheDir(f.folder())
	return filepath.Join(dir, f.Name), err
}

// verify returns an error unless path is the file.
func (f File) verify(path string) error {
	opened, err := files.Open(path)
	if err != nil {
		return err
	}
	defer opened.Close()
	return f.copyVerified(io.Discard, opened)
}

// copyVerified copies the file from r to w. It returns an error, after having copied a part or all, if r has
// something else.
func (f File) copyVerified(w io.Writer, r io.Reader) error {
	var start firstByte
	sum := sha1.New()
	n, err := io.Copy(io.MultiWriter(&start, sum, w), io.LimitReader(r, maxSize+1))
	switch digest := hex.EncodeToString(sum.Sum(nil)); {
	case err != nil:
		return fmt.Errorf("after %d bytes: %w", n, err)
	case n > maxSize:
		return fmt.Errorf("it has more than %d bytes, which no data set should have", maxSize)
	case digest != f.SHA1 && start == "<":
		return errors.New("it is a web page, not the file")
	case digest != f.SHA1:
		return fmt.Errorf("its %d bytes have the SHA-1 %s, expected %s", n, digest, f.SHA1)
	}
	return nil
}

// firstByte is a writer that keeps the first byte of all.
type firstByte string

func (b *firstByte) Write(p []byte) (int, error) {
	if *b == "" && len(p) > 0 {
		*b = firstByte(p[:1])
	}
	return len(p), nil
}

// download fetches the file, verifies it on the way, and keeps it in the cache, which is the last of the paths where
// it has been looked for.
func (f File) download(paths []string) error {
	var failed error // Of the network, not of the disk.
	err := files.WriteFrom(paths[len(paths)-1], func(w io.Writer) error {
		disk := &diskWriter{w: w}
		_, err := Get(f.URL, func(body io.Reader) (struct{}, error) { return struct{}{}, f.copyVerified(disk, body) })
		if disk.err == nil {
			failed = err
		}
		return err
	})
	if failed != nil {
		return f.missing(paths, "cannot be fetched; get it", "; tried\n"+f.URL+": ", failed)
	}
	if err != nil {
		return fmt.Errorf("%s cannot be kept: %w; %s", f.Name, err, CacheRemedy)
	}
	return nil
}

// diskWriter remembers whether writing failed.
type diskWriter struct {
	w   io.Writer
	err error
}

func (d *diskWriter) Write(p []byte) (n int, err error) {
	n, d.err = d.w.Write(p)
	return n, d.err
}

// missing is the error of a file that is nowhere; why says why it does not come.
func (f File) missing(paths []string, why, before string, err error) error {
	var dirs []string
	for _, path := range paths {
		dirs = append(dirs, filepath.Dir(path))
	}
	return fmt.Errorf("%s is not on this machine (looked in %s) and %s from %s on another machine, by a browser, "+
		"and put it into the last of these folders, or into any and set %s to that%s%w", f.Name,
		strings.Join(slices.Compact(dirs), ", "), why, f.URL, Variable, before, err)
}

// Extract returns the folder of what the file, an archive, has in it: in the user's cache, and made there as a whole
// unless it exists.
func (f File) Extract() (dir string, err error) {
	path, err := f.Path()
	if err != nil {
		return "", err
	}
	if dir, err = CacheDir(f.folder()); err != nil {
		return "", err
	}
	dir = filepath.Join(dir, "extracted")
	switch info, err := os.Stat(dir); {
	case err == nil && info.IsDir():
		return dir, nil
	case err == nil:
		return "", fmt.Errorf("%s is no folder, but %s has to be extracted there: delete it", dir, f.Name)
	case !errors.Is(err, fs.ErrNotExist):
		return "", Unusable(dir, err)
	}
	if err := files.WriteDir(dir, func(root *os.Root) error { return extract(path, root) }); err != nil {
		if errors.As(err, new(*fs.PathError)) { // Of the disk, not of the archive.
			err = fmt.Errorf("%w; %s", err, CacheRemedy)
		}
		return "", fmt.Errorf("%s cannot be extracted to %s: %w", path, dir, err)
	}
	return dir, nil
}
