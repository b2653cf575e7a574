package mnist

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
)

func TestFound(t *testing.T) {
	data, cache := testDirs(t)
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
func TestOrder(t *testing.T) {
	data, cache := testDirs(t)
	want := []string{data, filepath.Join(data, "d2l-test-set"), cache, "/usr/share/datasets/d2l-test-set"}
	if got := sampleFile().dirs(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("looked for in %q, expected %q", got, want)
	}
}

// There is a warning if the folder that the user names does not have the file, and only then, however the folder is
// written.
func TestFromElsewhere(t *testing.T) {
	data, cache := testDirs(t)
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
		printed := captured(t, &os.Stderr, func() {
			if _, path, err := f.find(); err != nil || path != c.path {
				t.Errorf("%s: found %q (%v), expected %s", c.given, path, err, c.path)
			}
		})
		want := ""
		if c.warning {
			want = fmt.Sprintf("d2l: D2L_DATA=%s has no samples of d2l-test-set; it is read from %s\n", c.given, c.path)
		}
		if printed != want {
			t.Errorf("%s, where the file is %s: it prints %q, expected %q", c.given, c.path, printed, want)
		}
		noError(t, os.Remove(c.path))
	}
}

// Data sets have files of the same name. A folder that the user names may hold those of another set, but a folder of
// the set's own must not.
func TestOfAnotherSet(t *testing.T) {
	other := bytes.Clone(sample)
	other[0] ^= 1
	sha256s["another-set"] = map[string]string{"samples": digest(other)}
	t.Cleanup(func() { delete(sha256s, "another-set") })

	data, cache := testDirs(t)
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
		data, cache = testDirs(t)
		path := filepath.Join(data, "d2l-test-set", "samples")
		if inCache {
			path = filepath.Join(cache, "samples")
		}
		put(t, path, other)
		_, _, err := sampleFile().find()
		wantError(t, err, path+" cannot be used: it is the file of another-set", "delete it")
	}
}

// symlink returns a function that makes a link to target.
func symlink(target string) func(path string) error {
	return func(path string) error { return os.Symlink(target, path) }
}

// Anything but a regular file is refused wherever it is, and not fetched instead.
func TestNoFile(t *testing.T) {
	for _, c := range []struct {
		name, want string
		put        func(path string) error
	}{
		{"a named pipe", "it is a named pipe, not a file", func(path string) error { return syscall.Mkfifo(path, 0o644) }},
		{"a link to /dev/zero", "it is a device, not a file", symlink("/dev/zero")},
		{"a link to /dev/full", "it is a device, not a file", symlink("/dev/full")},
		{"a folder", "it is a folder, not a file", func(path string) error { return os.Mkdir(path, 0o755) }},
		{"a socket", "it is a socket, not a file", func(path string) error {
			s, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
			defer syscall.Close(s)
			return errors.Join(err, syscall.Bind(s, &syscall.SockaddrUnix{Name: path}))
		}},
		{"a link to itself", "too many levels of symbolic links", func(path string) error {
			return os.Symlink(filepath.Base(path), path)
		}},
	} {
		for _, place := range []string{"D2L_DATA", "the cache"} {
			for _, name := range []string{"samples", "samples.gz"} {
				t.Run(fmt.Sprintf("%s for %s in %s", c.name, name, place), func(t *testing.T) {
					data, cache := testDirs(t)
					dir := data
					if place == "the cache" {
						dir = cache
						noError(t, os.MkdirAll(dir, 0o755))
					}
					t.Chdir(dir) // The path of a socket must be short.
					noError(t, c.put(name))
					url, requests := serve(t, serveBytes(zipped(sample)))
					_, err := sampleFile(url).load()
					wantError(t, err, filepath.Join(dir, name)+" cannot be used: ", c.want,
						"delete it to have it fetched again", "set D2L_DATA")
					if *requests != 0 {
						t.Errorf("it was fetched %d times", *requests)
					}
				})
			}
		}
	}
}

// D2L_DATA that names anything but a folder with the data. An error there is not passed over for the cache, nor for an
// address.
func TestDataVariable(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(path string) error
		want string // The error; the file is fetched if it is empty.
	}{
		{"nothing", func(path string) error { return nil }, "which is not a folder"},
		{"an empty folder", func(path string) error { return os.Mkdir(path, 0o755) }, ""},
		{"a file", func(path string) error { return os.WriteFile(path, sample, 0o644) }, "which is not a folder"},
		{"a named pipe", func(path string) error { return syscall.Mkfifo(path, 0o644) }, "which is not a folder"},
		{"/dev/zero", symlink("/dev/zero"), "which is not a folder"},
		{"a dangling link", symlink("nowhere"), "which is not a folder"},
		{"a folder with a broken file", func(path string) error {
			return errors.Join(os.Mkdir(path, 0o755), os.WriteFile(filepath.Join(path, "samples"), sample[:100], 0o644))
		}, "its content has 100 bytes, expected 2100"},
		{"a folder with a broken archive beside the file", func(path string) error {
			return errors.Join(os.Mkdir(path, 0o755), os.WriteFile(filepath.Join(path, "samples.gz"), nil, 0o644),
				os.WriteFile(filepath.Join(path, "samples"), sample, 0o644))
		}, ""},
		{"a folder with a file for the folder of the set", func(path string) error {
			return errors.Join(os.Mkdir(path, 0o755), os.WriteFile(filepath.Join(path, "d2l-test-set"), nil, 0o644))
		}, "a file stands where a folder should be"},
		{"a folder with a dangling link for the file", func(path string) error {
			return errors.Join(os.Mkdir(path, 0o755), os.Symlink("nowhere", filepath.Join(path, "samples")))
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, cache := testDirs(t)
			dir := filepath.Join(t.TempDir(), "data")
			noError(t, c.make(dir))
			t.Setenv("D2L_DATA", dir)
			url, requests := serve(t, serveBytes(zipped(sample)))
			if c.want != "" {
				put(t, filepath.Join(cache, "samples"), sample)
			}
			content, err := sampleFile(url).load()
			if good := exact(t, c.name, content, err); good != (c.want == "") {
				t.Fatalf("error %v", err)
			}
			if c.want != "" {
				wantError(t, err, dir, c.want, "D2L_DATA")
				_, err = sampleFile(url).keep(true)
				wantError(t, err, dir)
				if *requests != 0 {
					t.Errorf("it was fetched %d times", *requests)
				}
			}
		})
	}
}

// A folder or file that this user may not read or write. (Root may, so a child of another user tries.)
func TestPermissions(t *testing.T) {
	const denied = "permission denied; let this user read it, or set D2L_DATA"
	write := func(dir string, content []byte, mode fs.FileMode, name string) error {
		path := filepath.Join(dir, name)
		return errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(path, content, 0o644), os.Chmod(path, mode))
	}
	for _, c := range []struct {
		name   string
		forbid func(data, cache string) error
		want   []string
	}{
		{"nothing forbidden", func(data, cache string) error { return nil }, []string{"loaded the sample"}},
		{"an unreadable file", func(data, cache string) error { return write(data, sample, 0, "samples") },
			[]string{"DATA/samples cannot be used", denied}},
		{"an unreadable folder", func(data, cache string) error { return os.Chmod(data, 0) },
			[]string{"DATA/samples cannot be used", denied}},
		{"an unreadable cache", func(data, cache string) error { return os.Chmod(cache, 0) },
			[]string{"CACHE/d2l-go/data/d2l-test-set/samples cannot be used", denied}},
		{"a read-only cache", func(data, cache string) error { return os.Chmod(cache, 0o555) },
			[]string{"samples of d2l-test-set was fetched but cannot be kept: mkdir CACHE/d2l-go: permission denied; " +
				"make room or set XDG_CACHE_HOME to another folder"}},
		{"a read-only cache that has the file", func(data, cache string) error {
			dir := filepath.Join(cache, "d2l-go", "data", "d2l-test-set")
			return errors.Join(write(dir, sample, 0o444, "samples"), os.Chmod(dir, 0o555))
		}, []string{"loaded the sample"}},
		{"a read-only folder with the file", func(data, cache string) error {
			return errors.Join(write(data, zipped(sample), 0o444, "samples.gz"), os.Chmod(data, 0o555), os.Chmod(cache, 0))
		}, []string{"loaded the sample"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := d2ltest.PublicDir(t)
			data, cache := filepath.Join(dir, "data"), filepath.Join(dir, "cache")
			for _, folder := range []string{data, cache} {
				noError(t, os.Mkdir(folder, 0o777))
				noError(t, os.Chmod(folder, 0o777))
			}
			noError(t, c.forbid(data, cache))
			url, _ := serve(t, serveBytes(zipped(sample)))
			load := child("load", "D2L_DATA="+data, "XDG_CACHE_HOME="+cache, urlVariable+"="+url)
			report := said(t, d2ltest.AsNobody(load))
			for _, want := range c.want {
				wantParts(t, report, strings.NewReplacer("DATA/", data+"/", "CACHE/", cache+"/").Replace(want))
			}
		})
	}
}
