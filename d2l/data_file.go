package d2l

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
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
	if dir := os.Getenv(dataVariable); dir != "" {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return nil, "", fmt.Errorf("%s names %s, which is not a folder: set it to the one that holds %s, or unset it", dataVariable, dir, f)
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
			if errors.As(err, new(errOtherSet)) && dir == os.Getenv(dataVariable) {
				continue
			}
			if err != nil {
				return nil, path, fmt.Errorf("%s cannot be used: %w; delete it to have it fetched again, or set %s to a folder with a good copy", path, err, dataVariable)
			}
			if given := os.Getenv(dataVariable); given != "" && !strings.HasPrefix(path, filepath.Clean(given)+string(filepath.Separator)) {
				warnOnce(fmt.Sprintf("d2l: %s=%s has no %s; it is read from %s", dataVariable, given, f, path))
			}
			return content, path, nil
		}
	}
	return nil, "", fmt.Errorf("%s is not in %s (%w); %s", f, strings.Join(f.dirs(), ", "), fs.ErrNotExist, f.remedy)
}

// dirs returns where the file is looked for. A folder the user names comes
// first, as itself or with a folder for each data set.
func (f dataFile) dirs() []string {
	var dirs []string
	if dir := os.Getenv(dataVariable); dir != "" {
		dirs = append(dirs, dir, filepath.Join(dir, f.set))
	}
	if dir, err := cacheDir(); err == nil {
		dirs = append(dirs, filepath.Join(dir, "data", f.set))
	}
	return append(dirs, filepath.Join("/usr/share/datasets", f.set))
}

func (f dataFile) read(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return f.decode(file, strings.HasSuffix(path, ".gz"))
}

// decode reads at most one byte more than the file should have, whatever an
// archive would swell to, and verifies what it read.
func (f dataFile) decode(r io.Reader, compressed bool) ([]byte, error) {
	if compressed {
		unzipped, err := gzip.NewReader(r)
		if err != nil {
			return nil, fmt.Errorf("not a gzip archive: %w", err)
		}
		r = unzipped
	}
	content := bytes.NewBuffer(make([]byte, 0, f.size+bytes.MinRead))
	if _, err := io.Copy(content, io.LimitReader(r, f.size+1)); err != nil {
		return nil, fmt.Errorf("damaged after %d bytes: %w", content.Len(), err)
	}
	if int64(content.Len()) != f.size {
		return nil, fmt.Errorf("its content has %s bytes, expected %d", atLeast(content.Len(), f.size), f.size)
	}
	digest := sha256.Sum256(content.Bytes())
	if sum := hex.EncodeToString(digest[:]); sum != f.sha256 {
		if other, ok := setOf[sum]; ok && other != f.set {
			return nil, errOtherSet(other)
		}
		return nil, fmt.Errorf("its content has SHA-256 %s, expected %s", sum, f.sha256)
	}
	return content.Bytes(), nil
}

func atLeast(n int, size int64) string {
	if int64(n) > size {
		return fmt.Sprintf("more than %d", size)
	}
	return fmt.Sprint(n)
}

// fetch downloads the file, verifies it, and keeps it uncompressed in the cache.
func (f dataFile) fetch() ([]byte, error) {
	dir, err := cacheDir()
	if err != nil {
		return nil, err
	}
	dir = filepath.Join(dir, "data", f.set)
	var failures []error
	for _, url := range f.urls {
		fmt.Fprintf(os.Stderr, "d2l: fetching %s\n", url)
		content, err := f.download(url)
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", url, err))
			continue
		}
		if err := writeFile(filepath.Join(dir, f.name), content); err != nil {
			return nil, fmt.Errorf("%s was fetched but cannot be kept: %w; make room or set XDG_CACHE_HOME to another folder", f, err)
		}
		return content, nil
	}
	return nil, fmt.Errorf("%s is not on this machine (looked in %s) and cannot be fetched; %s, or put it, plain or as .gz, into a folder and set %s to that; tried\n%w",
		f, strings.Join(f.dirs(), ", "), f.remedy, dataVariable, errors.Join(failures...))
}

// download waits as long as bytes keep coming, but not for a silent server.
func (f dataFile) download(url string) ([]byte, error) {
	const patience = 30 * time.Second
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	silence := time.AfterFunc(patience, cancel)
	defer silence.Stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answers %s", response.Status)
	}
	return f.decode(readerFunc(func(p []byte) (int, error) {
		silence.Reset(patience)
		return response.Body.Read(p)
	}), true)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// keep finds or fetches files of one data set and puts them uncompressed into
// the cache. It returns their folder there.
func keep(fetch bool, files ...dataFile) (string, error) {
	dir, err := cacheDir()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, "data", files[0].set)
	for _, f := range files {
		content, path, err := f.find()
		if errors.Is(err, fs.ErrNotExist) && fetch {
			content, err = f.fetch()
		}
		if err != nil {
			return "", err
		}
		kept := filepath.Join(dir, f.name)
		if path == "" || path == kept {
			continue
		}
		if err := writeFile(kept, content); err != nil {
			return "", fmt.Errorf("%s cannot be kept: %w; make room or set XDG_CACHE_HOME to another folder", f, err)
		}
	}
	return dir, nil
}
