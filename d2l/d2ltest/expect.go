package d2ltest

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files in testdata")

// Must returns the value of a call that must not fail.
func Must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		NoError(t, err)
		return value
	}
}

// WantError checks that err is an error whose message has all parts.
func WantError(t testing.TB, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, expected one with %q", parts)
	}
	WantParts(t, err.Error(), parts...)
}

// WantPanic checks that f panics with a message that has all parts.
func WantPanic(t testing.TB, f func(), parts ...string) {
	t.Helper()
	defer func() {
		t.Helper()
		e := recover()
		if e == nil {
			t.Fatalf("no panic, expected one with %q", parts)
		}
		WantParts(t, fmt.Sprint(e), parts...)
	}()
	f()
}

// WantParts checks that text has all parts.
func WantParts(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in: %s", part, text)
		}
	}
}

// Put writes a file, and makes its folder if it is missing.
func Put(t testing.TB, path string, content []byte) {
	t.Helper()
	NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	NoError(t, os.WriteFile(path, content, 0o644))
}

// Gzip returns an archive of content.
func Gzip(content []byte) []byte {
	var archive bytes.Buffer
	w := gzip.NewWriter(&archive)
	w.Write(content)
	w.Close()
	return archive.Bytes()
}

// WantFiles checks which files and folders are in dir.
func WantFiles(t testing.TB, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if fmt.Sprint(names) != fmt.Sprint(want) {
		t.Errorf("%s holds %q, expected %q", dir, names, want)
	}
}

// Golden compares content with a file of testdata.
func Golden(t testing.TB, name string, content []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		NoError(t, os.WriteFile(path, content, 0o644))
	}
	if want := Must(os.ReadFile(path))(t); string(want) != string(content) {
		t.Errorf("the output differs from %s: look at both, and run go test -update there if the new one is right", path)
	}
}

// Captured returns what f prints on *file, which is os.Stdout or os.Stderr.
func Captured(t testing.TB, file **os.File, f func()) string {
	t.Helper()
	saved := *file
	defer func() { *file = saved }()
	temporary := Must(os.Create(filepath.Join(t.TempDir(), "Captured")))(t)
	defer temporary.Close()
	*file = temporary
	f()
	Must(temporary.Seek(0, io.SeekStart))(t)
	return string(Must(io.ReadAll(temporary))(t))
}

// Quietly runs f and discards what it prints.
func Quietly(t testing.TB, f func()) {
	t.Helper()
	Captured(t, &os.Stdout, func() { Captured(t, &os.Stderr, f) })
}

// WantLittleMemory checks that reading a file allocates at most maxBytes in total.
func WantLittleMemory(t testing.TB, file []byte, maxBytes int, read func()) {
	t.Helper()
	total := func() uint64 {
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.TotalAlloc
	}
	before := total()
	read()
	if allocated := total() - before; allocated > uint64(maxBytes) {
		t.Errorf("reading a file of %d bytes allocated %d bytes of memory", len(file), allocated)
	}
}
