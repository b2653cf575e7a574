package mnist

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/d2l-go/book/d2l/internal/fetch"
)

// badAnswers are what a server may send instead of the file, and what the user then reads.
var badAnswers = []struct {
	name   string
	answer http.HandlerFunc
	want   string
}{
	{"not found", http.NotFound, "404 Not Found"},
	{"forbidden", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, "403 Forbidden"},
	{"a web page", serveBytes([]byte("<html>Please log in</html>")), "it is a web page, not the file"},
	{"a redirect to a web page", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/login" {
			http.Redirect(w, r, "/login", http.StatusFound)
			return
		}
		io.WriteString(w, "<html>Please log in</html>")
	}, "it is a web page, not the file"},
	{"a redirect loop", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Path, http.StatusFound)
	}, "stopped after 10 redirects"},
	{"nothing", serveBytes(nil), "its content has 0 bytes, expected 2100"},
	{"no answer", func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
	}, "the server has not sent 64 kB in 1s"},
	{"silence after a part", func(w http.ResponseWriter, r *http.Request) {
		w.Write(zipped(sample)[:30])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}, "the server has not sent 64 kB in 1s"},
	{"a slow trickle", func(w http.ResponseWriter, r *http.Request) {
		for _, b := range emptyParts(1000) {
			select {
			case <-r.Context().Done():
				return
			case <-time.After(20 * time.Millisecond):
				w.Write([]byte{b})
				w.(http.Flusher).Flush()
			}
		}
	}, "the server has not sent 64 kB in 1s"},
	{"connection cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100000")
		w.Write(zipped(sample)[:30])
	}, "unexpected EOF"},
	{"connection closed at once", func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }, "EOF"},
	{"no HTTP", raw("220 mail server ready\r\n"), "malformed HTTP"},
	{"archive cut", serveBytes(zipped(sample)[:30]), "unexpected EOF"},
	{"more than the archive", serveBytes(append(zipped(sample), "garbage"...)), "damaged after 2100 bytes"},
	{"two archives", serveBytes(append(zipped(sample), zipped(sample)...)), "more than 2100 bytes"},
	{"another file", serveBytes(zipped(bytes.ToUpper(sample))), "SHA-256"},
	{"a swelling archive", serveBytes(zipped(make([]byte, 1<<24))), "more than 2100 bytes"},
	{"an archive of endless empty parts", func(w http.ResponseWriter, _ *http.Request) {
		for part := emptyParts(1000); ; {
			if _, err := w.Write(part); err != nil {
				return
			}
		}
	}, "the archive is larger than its content would ever be"},
}

func TestMissing(t *testing.T) {
	data, cache := testDirs(t)
	url, _ := serve(t, http.NotFound)
	_, err := sampleFile(url).load()
	wantError(t, err, "samples of d2l-test-set is not on this machine", data, cache, "/usr/share/datasets/d2l-test-set",
		"ask for it, or put it", "set D2L_DATA", url, "404 Not Found")
	wantFiles(t, cache)
}

// shortenStallTimeout makes downloads give up after a second.
func shortenStallTimeout(t *testing.T) {
	saved := fetch.StallTimeout
	fetch.StallTimeout = time.Second
	t.Cleanup(func() { fetch.StallTimeout = saved })
}

// If an address does not have the file, the user reads why, and the file comes from the next one.
func TestMirror(t *testing.T) {
	shortenStallTimeout(t)
	for _, c := range badAnswers {
		t.Run(c.name, func(t *testing.T) {
			_, cache := testDirs(t)
			bad, _ := serve(t, c.answer)
			good, _ := serve(t, serveBytes(zipped(sample)))
			var content []byte
			printed := captured(t, &os.Stderr, func() { content = must(sampleFile(bad, good).load())(t) })
			if !bytes.Equal(content, sample) {
				t.Errorf("%d bytes, expected the file", len(content))
			}
			wantParts(t, printed, "fetching "+bad, "trying the next address", c.want, "fetching "+good)
			wantFiles(t, cache, "samples")
		})
	}
}

// Answers that are odd, but from which the file comes out right.
func TestOddAnswers(t *testing.T) {
	archive := zipped(sample)
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
	}{
		{"more bytes than promised", raw(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%sgarbage",
			len(archive), archive))},
		{"the archive called a compressed page", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(archive)
		}},
		{"two parts", serveBytes(append(zipped(sample[:1000]), zipped(sample[1000:])...))},
		{"byte by byte", func(w http.ResponseWriter, _ *http.Request) {
			for i := range archive {
				w.Write(archive[i : i+1])
				w.(http.Flusher).Flush()
			}
		}},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/elsewhere" {
				http.Redirect(w, r, "/elsewhere", http.StatusMovedPermanently)
				return
			}
			w.Write(archive)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, cache := testDirs(t)
			url, _ := serve(t, c.answer)
			if content := must(sampleFile(url).load())(t); !bytes.Equal(content, sample) {
				t.Errorf("%d bytes, expected the file", len(content))
			}
			wantFiles(t, cache, "samples")
		})
	}
}

// A download that is cut off after any number of bytes is an error, and nothing is kept.
func TestCutAtAnyByte(t *testing.T) {
	_, cache := testDirs(t)
	archive := zipped(sample)
	url, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n := must(strconv.Atoi(r.URL.Query().Get("n")))(t)
		if r.URL.Query().Get("promise") != "" {
			w.Header().Set("Content-Length", strconv.Itoa(len(archive)))
		}
		w.Write(archive[:n])
	})
	for n := range len(archive) {
		for _, promise := range []string{"", "&promise=yes"} {
			content, err := fetch.Get(fmt.Sprintf("%s?n=%d%s", url, n, promise), sampleFile().decode)
			if content != nil || err == nil {
				t.Errorf("cut off after %d of %d bytes: %d bytes and error %v", n, len(archive), len(content), err)
			}
		}
	}
	wantFiles(t, cache)
	for n := range len(archive) + 1 { // With everything around it, into the cache.
		if n%8 != 0 && n != len(archive) {
			continue
		}
		content, err := sampleFile(fmt.Sprintf("%s?n=%d", url, n)).load()
		if n < len(archive) {
			wantError(t, err, "cannot be fetched")
			wantFiles(t, cache)
		} else if noError(t, err); !bytes.Equal(content, sample) {
			t.Errorf("%d bytes of the whole archive", len(content))
		}
	}
}

const urlVariable = "D2L_TEST_URL"

// childLoads loads the sample and reports how that ended.
func childLoads() string {
	content, err := sampleFile(os.Getenv(urlVariable)).load()
	if err != nil {
		return err.Error()
	}
	if !bytes.Equal(content, sample) {
		return fmt.Sprintf("%d wrong bytes", len(content))
	}
	return "loaded the sample"
}

// Two programs that fetch the same file at once, slowly, both get it, and one whole file is kept.
func TestFetchedTwiceAtOnce(t *testing.T) {
	_, cache := testDirs(t)
	archive := zipped(sample)
	var waiting sync.WaitGroup
	waiting.Add(2)
	url, requests := serve(t, func(w http.ResponseWriter, r *http.Request) {
		waiting.Done()
		waiting.Wait() // For both.
		for part := range slices.Chunk(archive, 8) {
			w.Write(part)
			w.(http.Flusher).Flush()
			time.Sleep(10 * time.Millisecond)
		}
	})
	var reports [2]string
	var children sync.WaitGroup
	for i := range reports {
		children.Go(func() {
			output, err := child("load", urlVariable+"="+url).Output()
			reports[i] = fmt.Sprintf("%s %v", output, err)
		})
	}
	children.Wait()
	if want := "loaded the sample <nil>"; reports[0] != want || reports[1] != want || *requests != 2 {
		t.Errorf("after %d requests, they report %q", *requests, reports)
	}
	wantFiles(t, cache, "samples")
	if kept := must(os.ReadFile(filepath.Join(cache, "samples")))(t); !bytes.Equal(kept, sample) {
		t.Error("the kept file differs")
	}
}

// In a process of its own, since Go reads the variables once.
func TestProxyUnreachable(t *testing.T) {
	_, cache := testDirs(t)
	listener := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	proxy := "http://" + listener.Addr().String()
	noError(t, listener.Close()) // Now nobody listens there.
	for _, url := range []string{"http://data.invalid/samples.gz", "https://data.invalid/samples.gz"} {
		report := said(t, child("load", "HTTP_PROXY="+proxy, "HTTPS_PROXY="+proxy, "NO_PROXY=", urlVariable+"="+url))
		wantParts(t, report, "cannot be fetched", url, "connection refused",
			"HTTP_PROXY or HTTPS_PROXY names a proxy that cannot be reached", "set D2L_DATA")
	}
	wantFiles(t, cache)
}

func TestFetched(t *testing.T) {
	_, cache := testDirs(t)
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

func TestAllFail(t *testing.T) {
	_, cache := testDirs(t)
	shortenStallTimeout(t)
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

func TestCannotBeKept(t *testing.T) {
	_, cache := testDirs(t)
	noError(t, os.MkdirAll(filepath.Dir(cache), 0o755))
	noError(t, os.Symlink("nowhere", cache)) // No folder can be made there.
	url, _ := serve(t, serveBytes(zipped(sample)))
	_, err := sampleFile(url).load()
	wantError(t, err, "was fetched but cannot be kept", "XDG_CACHE_HOME")
}
