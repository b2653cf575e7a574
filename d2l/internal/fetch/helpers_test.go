package fetch

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
)

const serverVariable = "D2L_TEST_SERVER"

func TestMain(m *testing.M) {
	d2ltest.RunAsChild(map[string]func() string{"little room": func() string {
		if err := d2ltest.LimitFiles(1000); err != nil {
			return err.Error()
		}
		path, err := fileOf("lines.txt", os.Getenv(serverVariable), sample).Path()
		return fmt.Sprint(path, err)
	}, "little room to extract": func() string {
		if err := d2ltest.LimitFiles(1000); err != nil {
			return err.Error()
		}
		dir, err := fileOf("zeros.tgz", os.Getenv(serverVariable), zeros()).Extract()
		return fmt.Sprint(dir, err)
	}})
	os.Exit(m.Run())
}

// Short names for what all tests share.
var (
	noError, wantError, wantParts = d2ltest.NoError, d2ltest.WantError, d2ltest.WantParts
	put, wantFiles                = d2ltest.Put, d2ltest.WantFiles
)

func must[T any](value T, err error) func(testing.TB) T { return d2ltest.Must(value, err) }

// sample is the content of the file of these tests.
var sample = []byte(strings.Repeat("a line of data\n", 100))

// zeros is a small archive of a large file.
func zeros() []byte {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	content := make([]byte, 5000)
	if err := errors.Join(w.WriteHeader(&tar.Header{Name: "zeros", Size: int64(len(content)), Mode: 0o644}),
		func() error { _, err := w.Write(content); return err }(), w.Close()); err != nil {
		panic(err)
	}
	return d2ltest.Gzip(archive.Bytes())
}

// fileOf returns the file of a content, with its address on a server.
func fileOf(name, server string, content []byte) File {
	sum := sha1.Sum(content)
	return File{Name: name, URL: server + "/" + name, SHA1: hex.EncodeToString(sum[:]), Remedy: "ask for it"}
}

// testDirs makes D2L_DATA, unless it is to be unset, and the cache empty folders of the test.
func testDirs(t *testing.T, given bool) (data, cache string) {
	t.Helper()
	data, cache = t.TempDir(), t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	if t.Setenv("D2L_DATA", ""); given {
		t.Setenv("D2L_DATA", data)
	}
	return data, filepath.Join(cache, "d2l-go", "data")
}

func serve(t *testing.T, answer http.HandlerFunc) (url string, requests *int) {
	return d2ltest.Serve(t, answer)
}

func serveBytes(content []byte) http.HandlerFunc { return d2ltest.ServeBytes(content) }

// set changes a variable for the time of a test.
func set[T any](t *testing.T, variable *T, value T) {
	saved := *variable
	*variable = value
	t.Cleanup(func() { *variable = saved })
}

// A member of an archive; a folder if its name ends in a slash.
type member struct{ name, content string }

// zipOf and tarOf return archives of members.
func zipOf(t *testing.T, members ...member) []byte {
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	for _, m := range members {
		must(must(w.Create(m.name))(t).Write([]byte(m.content)))(t)
	}
	noError(t, w.Close())
	return archive.Bytes()
}

func tarOf(t *testing.T, members ...member) []byte {
	var headers []tar.Header
	for _, m := range members {
		header := tar.Header{Name: m.name, Typeflag: tar.TypeReg, Mode: 0o600, Size: int64(len(m.content))}
		if strings.HasSuffix(m.name, "/") {
			header.Typeflag = tar.TypeDir
		}
		headers = append(headers, header)
	}
	return tarOfHeaders(t, headers, members)
}

func tarOfHeaders(t *testing.T, headers []tar.Header, members []member) []byte {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for i := range headers {
		noError(t, w.WriteHeader(&headers[i]))
		if i < len(members) {
			must(w.Write([]byte(members[i].content)))(t)
		}
	}
	noError(t, w.Close())
	return archive.Bytes()
}

// contents returns the files below a folder with their contents.
func contents(t *testing.T, dir string) map[string]string {
	all := map[string]string{}
	noError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			all[must(filepath.Rel(dir, path))(t)] = string(must(os.ReadFile(path))(t))
		}
		return err
	}))
	return all
}
