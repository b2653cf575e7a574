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
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sample is the content of the file of these tests.
var sample = []byte(strings.Repeat("a small file of data ", 100))

// sampleFile returns a file of that content, to be fetched from urls.
func sampleFile(urls ...string) dataFile {
	sum := sha256.Sum256(sample)
	return dataFile{set: "d2l-test-set", name: "samples", size: int64(len(sample)), sha256: hex.EncodeToString(sum[:]), remedy: "ask for it", urls: urls}
}

func zipped(content []byte) []byte {
	var archive bytes.Buffer
	w := gzip.NewWriter(&archive)
	w.Write(content)
	w.Close()
	return archive.Bytes()
}

// places makes D2L_DATA and the cache empty folders of the test.
func places(t *testing.T) (data, cache string) {
	t.Helper()
	data, cache = t.TempDir(), t.TempDir()
	t.Setenv("D2L_DATA", data)
	t.Setenv("XDG_CACHE_HOME", cache)
	return data, filepath.Join(cache, "d2l-go", "data", "d2l-test-set")
}

// put writes a file for a test.
func put(t *testing.T, path string, content []byte) {
	t.Helper()
	noError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	noError(t, os.WriteFile(path, content, 0o644))
}

// serve answers every request with answer and counts them.
func serve(t *testing.T, answer http.HandlerFunc) (url string, requests *int) {
	t.Helper()
	requests = new(int)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*requests++
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/samples.gz", requests
}

func serveBytes(content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.Write(content) }
}

func TestDataFileFound(t *testing.T) {
	data, cache := places(t)
	f := sampleFile()
	for _, c := range []struct {
		path    string
		content []byte
	}{
		{filepath.Join(data, "samples"), sample},
		{filepath.Join(data, "samples.gz"), zipped(sample)},
		{filepath.Join(data, "d2l-test-set", "samples.gz"), zipped(sample)},
		{filepath.Join(cache, "samples"), sample},
	} {
		put(t, c.path, c.content)
		content, path, err := f.find()
		noError(t, err)
		if path != c.path || !bytes.Equal(content, sample) {
			t.Errorf("found %s with %d bytes, expected %s", path, len(content), c.path)
		}
		noError(t, os.Remove(c.path))
	}
}

// The folder that the user names comes before all others.
func TestDataFileOrder(t *testing.T) {
	data, cache := places(t)
	want := []string{data, filepath.Join(data, "d2l-test-set"), cache, "/usr/share/datasets/d2l-test-set"}
	if got := sampleFile().dirs(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("looked for in %q, expected %q", got, want)
	}
}

func TestDataFileMissing(t *testing.T) {
	data, cache := places(t)
	url, _ := serve(t, http.NotFound)
	_, err := sampleFile(url).load()
	wantError(t, err, "samples of d2l-test-set is not on this machine", data, cache, "/usr/share/datasets/d2l-test-set", "ask for it, or put it", "set D2L_DATA", url, "404 Not Found")
	wantFiles(t, cache)
}

// A folder that the user names and that is none is not passed over for another
// place.
func TestDataFileNoFolder(t *testing.T) {
	data, cache := places(t)
	put(t, filepath.Join(data, "file"), nil)
	put(t, filepath.Join(cache, "samples"), sample)
	for _, dir := range []string{filepath.Join(data, "nowhere"), filepath.Join(data, "file")} {
		t.Setenv("D2L_DATA", dir)
		url, requests := serve(t, serveBytes(zipped(sample)))
		content, err := sampleFile(url).load()
		wantError(t, err, "D2L_DATA names "+dir+", which is not a folder", "samples", "unset it")
		if content != nil || *requests != 0 {
			t.Errorf("%d bytes were handed out and %d files fetched", len(content), *requests)
		}
		_, err = keep(true, sampleFile(url))
		wantError(t, err, dir)
	}
}

// Data sets have files of the same name. A folder that the user names may hold
// those of another set, but a folder of the set's own must not.
func TestDataFileOfAnotherSet(t *testing.T) {
	other := bytes.Clone(sample)
	other[0] ^= 1
	sum := sha256.Sum256(other)
	digest := hex.EncodeToString(sum[:])
	setOf[digest] = "another-set"
	t.Cleanup(func() { delete(setOf, digest) })

	data, cache := places(t)
	put(t, filepath.Join(data, "samples"), other)
	_, _, err := sampleFile().find()
	wantError(t, err, "samples of d2l-test-set is not in", data)
	put(t, filepath.Join(data, "samples.gz"), zipped(sample))
	_, path, err := sampleFile().find()
	noError(t, err)
	if path != filepath.Join(data, "samples.gz") {
		t.Errorf("found %s", path)
	}

	for _, inCache := range []bool{false, true} {
		data, cache = places(t)
		path := filepath.Join(data, "d2l-test-set", "samples")
		if inCache {
			path = filepath.Join(cache, "samples")
		}
		put(t, path, other)
		_, _, err := sampleFile().find()
		wantError(t, err, path+" cannot be used: it is the file of another-set", "delete it")
	}
}

// What is not the file it should be is never read, nor silently replaced by
// one from elsewhere.
func TestDataFileDamaged(t *testing.T) {
	flipped := bytes.Clone(sample)
	flipped[100] ^= 1
	badSum := zipped(sample)
	badSum[len(badSum)-5] ^= 1
	archive := zipped(sample)
	for _, c := range []struct {
		name, file string
		content    []byte
		want       string
	}{
		{"empty", "samples", nil, "its content has 0 bytes, expected 2100"},
		{"cut off", "samples", sample[:2000], "its content has 2000 bytes, expected 2100"},
		{"too long", "samples", append(bytes.Clone(sample), 'x'), "its content has more than 2100 bytes, expected 2100"},
		{"a bit flipped", "samples", flipped, "SHA-256"},
		{"compressed under a plain name", "samples", archive, "expected 2100"},
		{"plain under a compressed name", "samples.gz", sample, "not a gzip archive"},
		{"empty archive", "samples.gz", nil, "not a gzip archive"},
		{"archive cut off", "samples.gz", archive[:len(archive)-12], "damaged after"},
		{"archive with a wrong checksum", "samples.gz", badSum, "damaged after 2100 bytes"},
		{"archive of a flipped bit", "samples.gz", zipped(flipped), "SHA-256"},
		{"archive of too much", "samples.gz", zipped(make([]byte, 1<<20)), "its content has more than 2100 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, cache := places(t)
			url, requests := serve(t, serveBytes(archive))
			put(t, filepath.Join(data, c.file), c.content)
			content, err := sampleFile(url).load()
			wantError(t, err, filepath.Join(data, c.file), "cannot be used", c.want, "delete it", "D2L_DATA")
			if content != nil || *requests != 0 {
				t.Errorf("%d bytes were handed out and %d files fetched", len(content), *requests)
			}
			wantFiles(t, cache)
		})
	}
}

// An archive is read no further than what the file should have.
func TestDataFileSwellingArchive(t *testing.T) {
	endless := &countingReader{r: zeros{}}
	archive, w := io.Pipe()
	go func() {
		zip := gzip.NewWriter(w)
		_, err := io.Copy(zip, endless)
		w.CloseWithError(err)
	}()
	_, err := sampleFile().decode(archive, true)
	archive.Close()
	wantError(t, err, "more than 2100 bytes")
	if endless.n > 64<<20 {
		t.Errorf("%d bytes of the archive's content were read", endless.n)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

func TestDataFileFetched(t *testing.T) {
	_, cache := places(t)
	url, requests := serve(t, serveBytes(zipped(sample)))
	f := sampleFile(url)
	for range 2 { // The second time it is in the cache.
		if content := must(f.load())(t); !bytes.Equal(content, sample) {
			t.Errorf("%d bytes, expected the file", len(content))
		}
	}
	if *requests != 1 {
		t.Errorf("fetched %d times, expected once", *requests)
	}
	wantFiles(t, cache, "samples")
	if kept := must(os.ReadFile(filepath.Join(cache, "samples")))(t); !bytes.Equal(kept, sample) {
		t.Error("the kept file differs")
	}
}

var badAnswers = []struct {
	name   string
	answer http.HandlerFunc
	want   string
}{
	{"not found", http.NotFound, "404 Not Found"},
	{"forbidden", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, "403 Forbidden"},
	{"a web page", serveBytes([]byte("<html>Please log in</html>")), "not a gzip archive"},
	{"nothing", serveBytes(nil), "not a gzip archive"},
	{"connection cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100000")
		w.Write(zipped(sample)[:30])
	}, "unexpected EOF"},
	{"archive cut", serveBytes(zipped(sample)[:30]), "unexpected EOF"},
	{"another file", serveBytes(zipped(bytes.ToUpper(sample))), "SHA-256"},
	{"a swelling archive", serveBytes(zipped(make([]byte, 1<<24))), "more than 2100 bytes"},
}

func TestDataFileMirror(t *testing.T) {
	for _, c := range badAnswers {
		t.Run(c.name, func(t *testing.T) {
			_, cache := places(t)
			bad, tried := serve(t, c.answer)
			good, _ := serve(t, serveBytes(zipped(sample)))
			if content := must(sampleFile(bad, good).load())(t); !bytes.Equal(content, sample) {
				t.Errorf("%d bytes, expected the file", len(content))
			}
			if *tried != 1 {
				t.Errorf("the first address was asked %d times", *tried)
			}
			wantFiles(t, cache, "samples")
		})
	}
}

func TestDataFileAllFail(t *testing.T) {
	_, cache := places(t)
	var urls, want []string
	for _, c := range badAnswers {
		url, _ := serve(t, c.answer)
		urls, want = append(urls, url), append(want, url, c.want)
	}
	content, err := sampleFile(urls...).load()
	wantError(t, err, want...)
	if content != nil {
		t.Errorf("%d bytes were handed out", len(content))
	}
	wantFiles(t, cache)
}

func TestDataFileCannotBeKept(t *testing.T) {
	_, cache := places(t)
	noError(t, os.MkdirAll(filepath.Dir(cache), 0o755))
	noError(t, os.Symlink("nowhere", cache)) // No folder can be made there.
	url, _ := serve(t, serveBytes(zipped(sample)))
	_, err := sampleFile(url).load()
	wantError(t, err, "was fetched but cannot be kept", "XDG_CACHE_HOME")
}

func TestKeep(t *testing.T) {
	data, cache := places(t)
	put(t, filepath.Join(data, "samples.gz"), zipped(sample))
	for range 2 {
		if dir := must(keep(false, sampleFile()))(t); dir != cache {
			t.Errorf("kept in %s, expected %s", dir, cache)
		}
		wantFiles(t, cache, "samples")
		if kept := must(os.ReadFile(filepath.Join(cache, "samples")))(t); !bytes.Equal(kept, sample) {
			t.Error("the kept file differs")
		}
		t.Setenv("D2L_DATA", "") // Then it is found where it was put.
	}
}

func TestKeepMissing(t *testing.T) {
	_, cache := places(t)
	url, requests := serve(t, serveBytes(zipped(sample)))
	_, err := keep(false, sampleFile(url))
	if !errors.Is(err, fs.ErrNotExist) || *requests != 0 {
		t.Errorf("error %v after %d requests, expected a missing file and none", err, *requests)
	}
	wantError(t, err, "samples of d2l-test-set is not in", cache, "ask for it")
	wantFiles(t, cache)

	must(keep(true, sampleFile(url)))(t)
	wantFiles(t, cache, "samples")
}
