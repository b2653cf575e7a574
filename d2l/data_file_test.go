package d2l

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
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

// It is said if the folder that the user names has not got the file, and only then,
// however the folder is written.
func TestDataFileFromElsewhere(t *testing.T) {
	data, cache := places(t)
	t.Chdir(data)
	f := sampleFile()
	for _, c := range []struct {
		given, path string
		warning     bool
	}{
		{".", "samples", false},
		{".", "d2l-test-set/samples", false},
		{"./", "samples.gz", false},
		{"/", filepath.Join(data, "samples"), false},
		{"../" + filepath.Base(data), "../" + filepath.Base(data) + "/samples", false},
		{data + "/", filepath.Join(data, "d2l-test-set", "samples"), false},
		{".", filepath.Join(cache, "samples"), true},
		{data, filepath.Join(cache, "samples"), true},
	} {
		content := sample
		if strings.HasSuffix(c.path, ".gz") {
			content = zipped(sample)
		}
		put(t, c.path, content)
		if c.given == "/" {
			f.set = strings.TrimPrefix(data, "/")
		} else {
			f.set = "d2l-test-set"
		}
		t.Setenv("D2L_DATA", c.given)
		said := captured(t, &os.Stderr, func() {
			if _, path, err := f.find(); err != nil || path != c.path {
				t.Errorf("%s: found %q (%v), expected %s", c.given, path, err, c.path)
			}
		})
		want := ""
		if c.warning {
			want = fmt.Sprintf("d2l: D2L_DATA=%s has no samples of d2l-test-set; it is read from %s\n", c.given, c.path)
		}
		if said != want {
			t.Errorf("%s, where the file is %s: it says %q, expected %q", c.given, c.path, said, want)
		}
		noError(t, os.Remove(c.path))
	}
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
