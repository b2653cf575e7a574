package d2l

import (
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
	"syscall"

	"github.com/d2l-go/book/d2l/internal/files"
	"github.com/d2l-go/book/d2l/internal/report"
)

// dataVariable names a folder that holds data sets, for machines without the
// internet.
const dataVariable = "D2L_DATA"

// A dataFile is one file of a data set. Archives of the same data differ in how
// they were compressed, so what is checked is the content.
type dataFile struct {
	set    string // Folder of the data set, such as fashion-mnist.
	name   string // Name of the plain file; compressed it ends in .gz.
	size   int64  // Bytes, uncompressed.
	sha256 string // Of the uncompressed bytes.
	remedy string // What to do, besides putting the file somewhere, if it cannot be fetched.
	urls   []string
}

// String says which file it is: data sets may have files of the same name.
func (f dataFile) String() string { return f.name + " of " + f.set }

// setOf has the data set of each content that is known, by its SHA-256.
var setOf = map[string]string{}

// errOtherSet says that a file is sound, but that of another data set.
type errOtherSet string

func (e errOtherSet) Error() string { return "it is the file of " + string(e) }

// load returns the verified content of the file: from the folder D2L_DATA, from
// the user's cache or from where Debian's package puts it, otherwise it fetches
// the file and keeps it in the cache.
func (f dataFile) load() ([]byte, error) {
	content, _, err := f.find()
	if !errors.Is(err, fs.ErrNotExist) {
		return content, err
	}
	return f.fetch()
}

// find looks for the file and returns its content and path; the error is
// fs.ErrNotExist if it is nowhere, and tells of a file that is not what it
// should be.
func (f dataFile) find() (content []byte, path string, err error) {
	given := os.Getenv(dataVariable)
	if given != "" {
		if info, err := os.Stat(given); err != nil || !info.IsDir() {
			return nil, "", fmt.Errorf("%s names %s, which is not a folder: set it to the one that holds %s, or unset it", dataVariable, given, f)
		}
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
				return nil, path, unusable(path, err)
			}
			if given != "" && !slices.Contains(f.givenDirs(given), dir) {
				report.WarnOnce(fmt.Sprintf("d2l: %s=%s has no %s; it is read from %s", dataVariable, given, f, path))
			}
			return content, path, nil
		}
	}
	return nil, "", fmt.Errorf("%s is not in %s (%w); %s", f, strings.Join(f.dirs(), ", "), fs.ErrNotExist, f.remedy)
}

// unusable says what to do about a file that is there but of no use.
func unusable(path string, err error) error {
	remedy := "delete it to have it fetched again"
	switch {
	case errors.Is(err, fs.ErrPermission):
		remedy = "let this user read it"
	case errors.Is(err, syscall.ENOTDIR):
		remedy = "a file stands where a folder should be: delete that"
	}
	return fmt.Errorf("%s cannot be used: %w; %s, or set %s to a folder with a good copy", path, err, remedy, dataVariable)
}

// dirs returns where the file is looked for. A folder the user names comes
// first, as itself or with a folder for each data set.
func (f dataFile) dirs() []string {
	var dirs []string
	if dir := os.Getenv(dataVariable); dir != "" {
		dirs = f.givenDirs(dir)
	}
	if dir, err := files.CacheDir(); err == nil {
		dirs = append(dirs, filepath.Join(dir, "data", f.set))
	}
	return append(dirs, filepath.Join("/usr/share/datasets", f.set))
}

// givenDirs returns where the file may be in a folder that the user names.
func (f dataFile) givenDirs(dir string) []string { return []string{dir, filepath.Join(dir, f.set)} }

func (f dataFile) read(path string) ([]byte, error) {
	file, err := files.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return f.decode(file, strings.HasSuffix(path, ".gz"))
}

// decode reads at most one byte more than the file should have, whatever an
// archive would swell to, and verifies what it read. Of an archive it reads little
// more than what incompressible content takes: one of empty parts might never end.
func (f dataFile) decode(r io.Reader, compressed bool) (content []byte, err error) {
	if compressed {
		archive := &io.LimitedReader{R: r, N: f.size + f.size/100 + 1<<16}
		if r, err = gzip.NewReader(archive); err != nil {
			return nil, fmt.Errorf("not a gzip archive: %w", err)
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
	if int64(buffer.Len()) != f.size {
		return nil, fmt.Errorf("its content has %s bytes, expected %d", atLeast(buffer.Len(), f.size), f.size)
	}
	digest := sha256.Sum256(buffer.Bytes())
	if sum := hex.EncodeToString(digest[:]); sum != f.sha256 {
		if other, ok := setOf[sum]; ok && other != f.set {
			return nil, errOtherSet(other)
		}
		return nil, fmt.Errorf("its content has SHA-256 %s, expected %s", sum, f.sha256)
	}
	return buffer.Bytes(), nil
}

func atLeast(n int, size int64) string {
	if int64(n) > size {
		return fmt.Sprintf("more than %d", size)
	}
	return fmt.Sprint(n)
}
