package fetch

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/d2l-go/book/d2l/d2ltest"
)

// The first time the file is downloaded, then it is in the cache, under a folder of its own.
func TestDownloaded(t *testing.T) {
	_, cache := testDirs(t, false)
	server, requests := serve(t, serveBytes(sample))
	f := fileOf("lines.txt", server, sample)
	said := d2ltest.Captured(t, &os.Stderr, func() {
		for range 2 {
			path := must(f.Path())(t)
			if want := filepath.Join(cache, "lines.txt-"+f.SHA1[:8], "lines.txt"); path != want {
				t.Errorf("it is %s, expected %s", path, want)
			}
			if content := must(os.ReadFile(path))(t); !bytes.Equal(content, sample) {
				t.Errorf("%d bytes, expected the file", len(content))
			}
		}
	})
	if want := "d2l: fetching " + f.URL + "\n"; *requests != 1 || said != want {
		t.Errorf("%d requests and %q, expected one and %q", *requests, said, want)
	}
	other := fileOf("lines.txt", server, []byte("other"))
	_, err := other.Path()
	wantError(t, err, "lines.txt is not on this machine") // It is not taken for the other of this name.
	must(f.Path())(t)
}

// Whatever a server sends in place of the file, the error says what, and where to put the file by hand; nothing is
// kept.
func TestNotDownloaded(t *testing.T) {
	set(t, &StallTimeout, time.Second)
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"not found":    {http.NotFound, "the server answers 404 Not Found"},
		"another file": {serveBytes([]byte("other")), "its 5 bytes have the SHA-1 d0941e68da8f38151ff86a61fc59f7c5cf9fcaa2, expected "},
		"nothing":      {serveBytes(nil), "its 0 bytes have the SHA-1 da39a3ee"},
		"a web page":   {serveBytes([]byte("<html>Please log in</html>")), "it is a web page, not the file"},
		"too many":     {serveBytes(make([]byte, 5000)), "it has more than 4000 bytes"},
		"connection cut": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1500")
			w.Write(sample[:300])
		}, "after 300 bytes: unexpected EOF"},
		"endless": {func(w http.ResponseWriter, _ *http.Request) {
			for range 1000 {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
			panic("all of an endless file was read")
		}, "it has more than 4000 bytes"},
		"silence after a part": {func(w http.ResponseWriter, r *http.Request) {
			w.Write(sample[:300])
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, "the server has not sent 64 kB in 1s"},
	} {
		t.Run(name, func(t *testing.T) {
			set(t, &maxSize, 4000)
			data, cache := testDirs(t, true)
			server, _ := serve(t, c.answer)
			f := fileOf("lines.txt", server, sample)
			_, err := f.Path()
			wantError(t, err, "lines.txt is not on this machine (looked in "+data+", "+data+"/lines.txt-", cache,
				") and cannot be fetched; get it from "+f.URL+" on another machine", "and put it into the last of these folders",
				"set D2L_DATA to that", "; tried\n"+f.URL+": "+c.want)
			wantFiles(t, filepath.Join(cache, f.folder()))
		})
	}
}

// A download that is cut off after any number of bytes is an error, and nothing is kept.
func TestCutAnywhere(t *testing.T) {
	_, cache := testDirs(t, false)
	server, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Write(sample[:must(strconv.Atoi(r.URL.Query().Get("n")))(t)])
	})
	f := fileOf("lines.txt", server, sample)
	address := f.URL
	d2ltest.Quietly(t, func() {
		for n := 0; n < len(sample); n += 37 {
			f.URL = address + "?n=" + strconv.Itoa(n)
			_, err := f.Path()
			wantError(t, err, "cannot be fetched")
			wantFiles(t, filepath.Join(cache, f.folder()))
		}
		f.URL = address + "?n=" + strconv.Itoa(len(sample))
		must(f.Path())(t)
	})
}

// A file put by hand is found: into the folder D2L_DATA, as it is or in a copy of the cache, and into the cache. Put
// there damaged, it is refused and not replaced.
func TestPutByHand(t *testing.T) {
	server, requests := serve(t, serveBytes(sample))
	f := fileOf("lines.txt", server, sample)
	for name, place := range map[string]func(data, cache string) string{
		"D2L_DATA":                 func(data, _ string) string { return data },
		"a copy of the cache":      func(data, _ string) string { return filepath.Join(data, f.folder()) },
		"the cache, as it is said": func(_, cache string) string { return filepath.Join(cache, f.folder()) },
	} {
		t.Run(name, func(t *testing.T) {
			data, cache := testDirs(t, true)
			want := filepath.Join(place(data, cache), "lines.txt")
			put(t, want, sample)
			said := d2ltest.Captured(t, &os.Stderr, func() {
				if path := must(f.Path())(t); path != want {
					t.Errorf("found %s, expected %s", path, want)
				}
			})
			warning := "d2l: D2L_DATA=" + data + " has no lines.txt; it is read from " + want + "\n"
			if inCache := filepath.Dir(filepath.Dir(want)) == cache; inCache && said != warning || !inCache && said != "" {
				t.Errorf("it prints %q", said)
			}
			put(t, want, append(bytes.Clone(sample), 'x'))
			_, err := f.Path()
			wantError(t, err, want+" cannot be used: its 1501 bytes have the SHA-1 ", "delete it to have it fetched again",
				"set D2L_DATA to a folder with a good copy")
			noError(t, os.Remove(want))
			noError(t, os.Mkdir(want, 0o755))
			_, err = f.Path()
			wantError(t, err, want+" cannot be used: it is a folder, not a file")
		})
	}
	if *requests != 0 {
		t.Errorf("%d requests", *requests)
	}
	t.Setenv("D2L_DATA", filepath.Join(t.TempDir(), "nowhere"))
	_, err := f.Path()
	wantError(t, err, "which is not a folder: set it to the one that holds lines.txt")
}

// A disk that gets full is told from a network that fails.
func TestFullDisk(t *testing.T) {
	_, cache := testDirs(t, false)
	server, _ := serve(t, serveBytes(sample))
	said := d2ltest.Said(t, d2ltest.Child("little room", serverVariable+"="+server))
	wantParts(t, said, "lines.txt cannot be kept: ", "file too large; make room or set XDG_CACHE_HOME to another folder")
	wantFiles(t, filepath.Join(cache, fileOf("lines.txt", server, sample).folder()))
}

func TestNoRoomToExtract(t *testing.T) {
	_, cache := testDirs(t, false)
	server, _ := serve(t, serveBytes(zeros()))
	said := d2ltest.Said(t, d2ltest.Child("little room to extract", serverVariable+"="+server))
	wantParts(t, said, "zeros.tgz cannot be extracted to ", "file too large; make room or set XDG_CACHE_HOME to another folder")
	wantFiles(t, filepath.Join(cache, fileOf("zeros.tgz", server, zeros()).folder()), "zeros.tgz")
}

func TestCannotBeKept(t *testing.T) {
	_, cache := testDirs(t, false)
	noError(t, os.MkdirAll(filepath.Dir(cache), 0o755))
	noError(t, os.Symlink("nowhere", cache)) // No folder can be made there.
	server, _ := serve(t, serveBytes(sample))
	_, err := fileOf("lines.txt", server, sample).Path()
	wantError(t, err, "lines.txt cannot be kept", "XDG_CACHE_HOME")
}
