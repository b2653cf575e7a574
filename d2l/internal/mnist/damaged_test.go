package mnist

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
)

// A file that is not what it should be is neither read nor silently replaced by one from elsewhere.
func TestDamaged(t *testing.T) {
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
		{"a web page", "samples", []byte("<!DOCTYPE html>"), "it is a web page, not the file"},
		{"nothing under a compressed name", "samples.gz", nil, "its content has 0 bytes, expected 2100"},
		{"an archive's first bytes", "samples.gz", archive[:5], "damaged after 0 bytes: unexpected EOF"},
		{"other content under a compressed name", "samples.gz", flipped, "SHA-256"},
		{"archive cut off", "samples.gz", archive[:len(archive)-12], "damaged after"},
		{"archive with a wrong checksum", "samples.gz", badSum, "damaged after 2100 bytes"},
		{"archive of a flipped bit", "samples.gz", zipped(flipped), "SHA-256"},
		{"archive of too much", "samples.gz", zipped(make([]byte, 1<<20)), "its content has more than 2100 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, cache := testDirs(t)
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

// A file whose name ends as if it were an archive, or as if it were none, is read all the same, and the copy in the
// cache is plain, of that name.
func TestOtherEnding(t *testing.T) {
	for name, content := range map[string][]byte{"samples": zipped(sample), "samples.gz": sample} {
		data, cache := testDirs(t)
		for _, dir := range []string{data, cache} {
			put(t, filepath.Join(dir, name), content)
			got, path, err := sampleFile().find()
			if err != nil || !bytes.Equal(got, sample) || path != filepath.Join(dir, name) {
				t.Errorf("%s in %s: %d bytes, error %v", name, path, len(got), err)
			}
			must(sampleFile().keep(false))(t)
			if kept := must(os.ReadFile(filepath.Join(cache, "samples")))(t); !bytes.Equal(kept, sample) {
				t.Errorf("%s is kept with %d bytes", name, len(kept))
			}
			noError(t, os.RemoveAll(filepath.Join(dir, name)))
			noError(t, os.RemoveAll(filepath.Join(cache, "samples")))
		}
	}
}

// An archive is read no further than what the file should have.
func TestSwellingArchive(t *testing.T) {
	endless := &countingReader{r: zeros{}}
	archive, w := io.Pipe()
	go func() {
		zip := gzip.NewWriter(w)
		_, err := io.Copy(zip, endless)
		w.CloseWithError(err)
	}()
	_, err := sampleFile().decode(archive)
	archive.Close()
	wantError(t, err, "more than 2100 bytes")
	if endless.n > 64<<20 {
		t.Errorf("%d bytes of the archive's content were read", endless.n)
	}
}

// exact checks that a read returned the sample, or nothing and an error.
func exact(t *testing.T, what string, content []byte, err error) (good bool) {
	t.Helper()
	if err == nil && !bytes.Equal(content, sample) || err != nil && content != nil {
		t.Errorf("%s: %d bytes and error %v", what, len(content), err)
	}
	return err == nil
}

// Cut off anywhere, or with any bit flipped, a file is refused, unless its content comes out right all the same.
func TestDamagedAnywhere(t *testing.T) {
	archive := zipped(sample)
	f := sampleFile()
	for _, c := range []struct {
		name       string
		file       []byte
		compressed bool
	}{{"plain", sample, false}, {"archive", archive, true}} {
		t.Run(c.name+" cut off", func(t *testing.T) {
			for n := range len(c.file) {
				content, err := f.decode(bytes.NewReader(c.file[:n]))
				if exact(t, fmt.Sprintf("%d of %d bytes", n, len(c.file)), content, err) {
					t.Errorf("%d of %d bytes were taken for the file", n, len(c.file))
				}
			}
		})
		t.Run(c.name+" with a bit flipped", func(t *testing.T) {
			good := 0
			for bit := range 8 * len(c.file) {
				flipped := bytes.Clone(c.file)
				flipped[bit/8] ^= 1 << (bit % 8)
				content, err := f.decode(bytes.NewReader(flipped))
				if exact(t, fmt.Sprintf("bit %d", bit), content, err) {
					good++
				}
			}
			// Some bits of an archive's header do not matter: its time, its system.
			if maxGood := 64; good > maxGood || good > 0 && !c.compressed {
				t.Errorf("%d of %d flips were no error", good, 8*len(c.file))
			}
		})
	}
}

// Archives of several parts, and with more after them.
func TestArchives(t *testing.T) {
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	archive := zipped(sample)
	for _, c := range []struct {
		name, want string // No error if it is empty.
		file       []byte
	}{
		{"two parts", "", join(zipped(sample[:700]), zipped(sample[700:]))},
		{"a part with nothing in it", "", join(zipped(nil), archive, zipped(nil))},
		{"half of the parts", "its content has 700 bytes, expected 2100", zipped(sample[:700])},
		{"twice", "more than 2100 bytes", join(archive, archive)},
		{"a part more", "more than 2100 bytes", join(archive, zipped([]byte("x")))},
		{"garbage after it", "damaged after 2100 bytes: gzip: invalid header",
			join(archive, bytes.Repeat([]byte("garbage"), 9))},
		{"zeros after it", "damaged after 2100 bytes: gzip: invalid header", join(archive, make([]byte, 512))},
		{"the second part cut off", "damaged after", join(zipped(sample[:700]), zipped(sample[700:])[:20])},
		{"an archive in an archive", "expected 2100", zipped(archive)},
		{"a bomb", "more than 2100 bytes", zipped(make([]byte, 64<<20))},
		{"a bomb in a bomb", "more than 2100 bytes", zipped(zipped(make([]byte, 64<<20)))},
		{"a bomb in its second part", "more than 2100 bytes", join(archive, zipped(make([]byte, 64<<20)))},
		{"a bomb of empty parts", "the archive is larger than its content would ever be", emptyParts(10000)},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, _ := testDirs(t)
			put(t, filepath.Join(data, "samples.gz"), c.file)
			var content []byte
			var err error
			d2ltest.WantLittleMemory(t, c.file, 1<<20, func() { content, _, err = sampleFile().find() })
			if good := exact(t, c.name, content, err); good != (c.want == "") {
				t.Fatalf("error %v", err)
			}
			if c.want != "" {
				wantError(t, err, filepath.Join(data, "samples.gz")+" cannot be used", c.want, "delete it to have it fetched again")
			}
		})
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
