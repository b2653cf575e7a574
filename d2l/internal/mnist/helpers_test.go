package mnist

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
)

func TestMain(m *testing.M) {
	d2ltest.RunAsChild(map[string]func() string{
		"load":      childLoads,
		"full disk": func() string { return d2ltest.SaveToFullDisk(savers) },
	})
	os.Exit(m.Run())
}

// Short names for what all tests share.
var (
	noError, wantError, wantParts = d2ltest.NoError, d2ltest.WantError, d2ltest.WantParts
	put, wantFiles, captured      = d2ltest.Put, d2ltest.WantFiles, d2ltest.Captured
	child, said, zipped           = d2ltest.Child, d2ltest.Said, d2ltest.Gzip
)

func must[T any](value T, err error) func(testing.TB) T { return d2ltest.Must(value, err) }

// sample is the content of the file of these tests.
var sample = []byte(strings.Repeat("a small file of data ", 100))

// sampleFile returns a file of that content, to be fetched from urls.
func sampleFile(urls ...string) file {
	return file{
		set: "d2l-test-set", name: "samples", size: int64(len(sample)), sha256: digest(sample), remedy: "ask for it",
		urls: urls,
	}
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// testDirs makes D2L_DATA and the cache empty folders of the test.
func testDirs(t *testing.T) (data, cache string) {
	t.Helper()
	data, cache = t.TempDir(), t.TempDir()
	t.Setenv("D2L_DATA", data)
	t.Setenv("XDG_CACHE_HOME", cache)
	return data, filepath.Join(cache, "d2l-go", "data", "d2l-test-set")
}

// serve answers every request with answer and counts them.
func serve(t *testing.T, answer http.HandlerFunc) (url string, requests *int) {
	url, requests = d2ltest.Serve(t, answer)
	return url + "/samples.gz", requests
}

func serveBytes(content []byte) http.HandlerFunc { return d2ltest.ServeBytes(content) }

// emptyParts is an archive of n parts with nothing in them.
func emptyParts(n int) []byte { return bytes.Repeat(zipped(nil), n) }

// raw answers with these bytes and closes the connection.
func raw(answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		io.WriteString(connection, answer)
		connection.Close()
	}
}
