package mnist

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/d2l-go/book/d2l/internal/fetch"
	"github.com/d2l-go/book/d2l/internal/files"
)

// A file is one file of a data set. Archives of the same data differ in how they were compressed, so the uncompressed
// content is verified.
type file struct {
	set    string // Folder of the data set, such as fashion-mnist.
	name   string // Of the uncompressed file; compressed it ends in .gz.
	size   int64  // Bytes, uncompressed.
	sha256 string // Of the uncompressed bytes.
	remedy string // What to do if it cannot be fetched, besides putting the file somewhere.
	urls   []string
}

// String returns the name with its data set: data sets have files of the same name.
func (f file) String() string { return f.name + " of " + f.set }

// errOtherSet is the error of a good file that belongs to another data set.
type errOtherSet string

func (e errOtherSet) Error() string { return "it is the file of " + string(e) }

// load returns the verified content of the file: from the folder D2L_DATA, from the user's cache or from where Debian's
// package puts it, otherwise it fetches the file and keeps it in the cache.
func (f file) load() ([]byte, error) {
	content, _, err := f.find()
	if !errors.Is(err, fs.ErrNotExist) {
		return content, err
	}
	return f.fetch()
}

// find returns the content and the path of the file. The error is fs.ErrNotExist if it is nowhere, and another one if
// there is a file that is not what it should be.
func (f file) find() (content []byte, path string, err error) {
	given, err := fetch.Given(f.String())
	if err != nil {
		return nil, "", err
	}
	for _, dir := range f.dirs() {
		for _, name := range []string{f.name, f.name + ".gz"} {
			path := filepath.Join(dir, name)
			content, err := f.read(path)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			// A folder that the user names may be that of one data set only.
			if errors.As(err, new(errOtherSet)) && dir == given {
				continue
			}
			if err != nil {
				return nil, path, fetch.Unusable(path, err)
			}
			if given != "" && !slices.Contains(f.givenDirs(given), dir) {
				fetch.WarnElsewhere(given, f.String(), path)
			}
			return content, path, nil
		}
	}
	return nil, "", fmt.Errorf("%s is not in %s (%w); %s", f, strings.Join(f.dirs(), ", "), fs.ErrNotExist, f.remedy)
}

// missing is the error of a file that is nowhere; what says why it does not come, and what to do.
func (f file) missing(what, before string, err error) error {
	return fmt.Errorf("%s is not on this machine (looked in %s) and %s, or put it, plain or as .gz, into a folder and "+
		"set %s to that%s%w", f, strings.Join(f.dirs(), ", "), what, fetch.Variable, before, err)
}

// dirs returns the folders to look in, that of the user first.
func (f file) dirs() []string {
	var dirs []string
	if dir := os.Getenv(fetch.Variable); dir != "" {
		dirs = f.givenDirs(dir)
	}
	if dir, err := f.cacheDir(); err == nil {
		dirs = append(dirs, dir)
	}
	return append(dirs, filepath.Join("/usr/share/datasets", f.set))
}

// givenDirs returns where the file may be in a folder that the user names: it may be the data set's, or have a folder
// for each data set.
func (f file) givenDirs(dir string) []string { return []string{dir, filepath.Join(dir, f.set)} }

// cacheDir returns the folder of the data set in the user's cache.
func (f file) cacheDir() (string, error) { return fetch.CacheDir(f.set) }

// keep finds or, if download is set, fetches the file and puts it uncompressed into the cache. It returns its folder
// there.
func (f file) keep(download bool) (dir string, err error) {
	if dir, err = f.cacheDir(); err != nil {
		return "", err
	}
	content, path, err := f.find()
	if errors.Is(err, fs.ErrNotExist) && download {
		if _, err = f.fetch(); err == nil { // It is in the cache now.
			return dir, nil
		}
	}
	if err != nil {
		return "", err
	}
	kept := filepath.Join(dir, f.name)
	if info, err := os.Stat(kept); err != nil || path != kept || info.Size() != f.size { // It may be an archive there.
		if err := files.Write(kept, content); err != nil {
			return "", fmt.Errorf("%s cannot be kept: %w; %s", f, err, fetch.CacheRemedy)
		}
	}
	return dir, nil
}

func (f file) read(path string) ([]byte, error) {
	opened, err := files.Open(path)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	return f.decode(opened)
}

// decode reads and verifies the content, which is an archive or not, whatever the file is called. It reads at most one
// byte more than the file should have, whatever an archive would expand to, and little more of the archive than
// incompressible content takes: one of empty parts might never end.
func (f file) decode(r io.Reader) (content []byte, err error) {
	buffered := bufio.NewReader(r)
	r = buffered
	start, err := buffered.Peek(2)
	switch {
	case err != nil && err != io.EOF:
		return nil, fmt.Errorf("damaged after 0 bytes: %w", err)
	case bytes.HasPrefix(start, []byte("<")): // No file of data begins so.
		return nil, errors.New("it is a web page, not the file")
	case string(start) == "\x1f\x8b":
		archive := &io.LimitedReader{R: r, N: f.size + f.size/100 + 1<<16}
		if r, err = gzip.NewReader(archive); err != nil {
			return nil, fmt.Errorf("damaged after 0 bytes: %w", err)
		}
		defer func() {
			if archive.N <= 0 {
				content, err = nil, errors.New("the archive is larger than its content would ever be")
			}
		}()
	}
	buffer := bytes.NewBuffer(make([]byte, 0, f.size+bytes.MinRead))
	if _, err := io.Copy(buffer, io.LimitReader(r, f.size+1)); err != nil {
		return nil, fmt.Errorf("damaged after %d bytes: %w", buffer.Len(), err)
	}
	switch n := int64(buffer.Len()); {
	case n > f.size:
		return nil, fmt.Errorf("its content has more than %d bytes, expected %[1]d", f.size)
	case n < f.size:
		return nil, fmt.Errorf("its content has %d bytes, expected %d", n, f.size)
	}
	digest := sha256.Sum256(buffer.Bytes())
	if sum := hex.EncodeToString(digest[:]); sum != f.sha256 {
		if other := setOf(sum); other != "" && other != f.set {
			return nil, errOtherSet(other)
		}
		return nil, fmt.Errorf("its content has SHA-256 %s, expected %s", sum, f.sha256)
	}
	return buffer.Bytes(), nil
}
