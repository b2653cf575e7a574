package d2l

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

// exact checks that what was read is the sample, or nothing and an error.
func exact(t *testing.T, what string, content []byte, err error) (good bool) {
	t.Helper()
	if err == nil && !bytes.Equal(content, sample) || err != nil && content != nil {
		t.Errorf("%s: %d bytes and error %v", what, len(content), err)
	}
	return err == nil
}

// Cut off anywhere, or with any bit flipped, a file is refused, unless what was in it comes
// out right all the same.
func TestDataFileDamagedAnywhere(t *testing.T) {
	archive := zipped(sample)
	f := sampleFile()
	for _, c := range []struct {
		name       string
		file       []byte
		compressed bool
	}{{"plain", sample, false}, {"archive", archive, true}} {
		t.Run(c.name+" cut off", func(t *testing.T) {
			for n := range len(c.file) {
				content, err := f.decode(bytes.NewReader(c.file[:n]), c.compressed)
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
				content, err := f.decode(bytes.NewReader(flipped), c.compressed)
				if exact(t, fmt.Sprintf("bit %d", bit), content, err) {
					good++
				}
			}
			// In an archive's header are bits that say nothing: its time, its system.
			if most := 64; good > most || good > 0 && !c.compressed {
				t.Errorf("%d of %d flips were no error", good, 8*len(c.file))
			}
		})
	}
}

// Archives of several parts, and with more after them.
func TestDataFileArchives(t *testing.T) {
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
		{"garbage after it", "damaged after 2100 bytes: gzip: invalid header", join(archive, bytes.Repeat([]byte("garbage"), 9))},
		{"zeros after it", "damaged after 2100 bytes: gzip: invalid header", join(archive, make([]byte, 512))},
		{"the second part cut off", "damaged after", join(zipped(sample[:700]), zipped(sample[700:])[:20])},
		{"an archive in an archive", "expected 2100", zipped(archive)},
		{"a bomb", "more than 2100 bytes", zipped(make([]byte, 64<<20))},
		{"a bomb in a bomb", "more than 2100 bytes", zipped(zipped(make([]byte, 64<<20)))},
		{"a bomb in its second part", "more than 2100 bytes", join(archive, zipped(make([]byte, 64<<20)))},
		{"a bomb of empty parts", "the archive is larger than its content would ever be", emptyParts(10000)},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, _ := places(t)
			put(t, filepath.Join(data, "samples.gz"), c.file)
			var content []byte
			var err error
			wantLittleMemory(t, c.file, 1<<20, func() { content, _, err = sampleFile().find() })
			if good := exact(t, c.name, content, err); good != (c.want == "") {
				t.Fatalf("error %v", err)
			}
			if c.want != "" {
				wantError(t, err, filepath.Join(data, "samples.gz")+" cannot be used", c.want, "delete it to have it fetched again")
			}
		})
	}
}

// What is no file is never opened: a named pipe would wait for its writer for ever.
func TestDataFileNoFile(t *testing.T) {
	for _, c := range []struct {
		name, want string
		put        func(path string) error
	}{
		{"a named pipe", "it is a named pipe, not a file", func(path string) error { return syscall.Mkfifo(path, 0o644) }},
		{"a link to /dev/zero", "it is a device, not a file", func(path string) error { return os.Symlink("/dev/zero", path) }},
		{"a link to /dev/full", "it is a device, not a file", func(path string) error { return os.Symlink("/dev/full", path) }},
		{"a folder", "it is a folder, not a file", func(path string) error { return os.Mkdir(path, 0o755) }},
		{"a socket", "it is a socket, not a file", func(path string) error {
			s, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
			defer syscall.Close(s)
			return errors.Join(err, syscall.Bind(s, &syscall.SockaddrUnix{Name: path}))
		}},
		{"a link to itself", "too many levels of symbolic links", func(path string) error { return os.Symlink(filepath.Base(path), path) }},
	} {
		for _, place := range []string{"D2L_DATA", "the cache"} {
			for _, name := range []string{"samples", "samples.gz"} {
				t.Run(fmt.Sprintf("%s for %s in %s", c.name, name, place), func(t *testing.T) {
					data, cache := places(t)
					dir := data
					if place == "the cache" {
						dir = cache
						noError(t, os.MkdirAll(dir, 0o755))
					}
					t.Chdir(dir) // The path of a socket must be short.
					noError(t, c.put(name))
					url, requests := serve(t, serveBytes(zipped(sample)))
					_, err := sampleFile(url).load()
					wantError(t, err, filepath.Join(dir, name)+" cannot be used: ", c.want, "delete it to have it fetched again", "set D2L_DATA")
					if *requests != 0 {
						t.Errorf("it was fetched %d times", *requests)
					}
				})
			}
		}
	}
}

// D2L_DATA that names anything but a folder with the data.
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
		{"/dev/zero", func(path string) error { return os.Symlink("/dev/zero", path) }, "which is not a folder"},
		{"a dangling link", func(path string) error { return os.Symlink("nowhere", path) }, "which is not a folder"},
		{"a folder with a broken file", func(path string) error {
			return errors.Join(os.Mkdir(path, 0o755), os.WriteFile(filepath.Join(path, "samples"), sample[:100], 0o644))
		}, "its content has 100 bytes, expected 2100"},
		{"a folder with a broken archive beside the file", func(path string) error {
			return errors.Join(os.Mkdir(path, 0o755), os.WriteFile(filepath.Join(path, "samples.gz"), nil, 0o644), os.WriteFile(filepath.Join(path, "samples"), sample, 0o644))
		}, ""},
		{"a folder with a file for the folder of the set", func(path string) error {
			return errors.Join(os.Mkdir(path, 0o755), os.WriteFile(filepath.Join(path, "d2l-test-set"), nil, 0o644))
		}, "a file stands where a folder should be"},
		{"a folder with a dangling link for the file", func(path string) error {
			return errors.Join(os.Mkdir(path, 0o755), os.Symlink("nowhere", filepath.Join(path, "samples")))
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, cache := places(t)
			dir := filepath.Join(t.TempDir(), "data")
			noError(t, c.make(dir))
			t.Setenv("D2L_DATA", dir)
			url, _ := serve(t, serveBytes(zipped(sample)))
			content, err := sampleFile(url).load()
			if good := exact(t, c.name, content, err); good != (c.want == "") {
				t.Fatalf("error %v", err)
			}
			if c.want != "" {
				wantError(t, err, dir, c.want, "D2L_DATA")
				wantFiles(t, cache)
			}
		})
	}
}

// A place that this user may not read or write. (Root may, so the test is another user.)
func TestDataFilePermissions(t *testing.T) {
	for _, c := range []struct {
		name   string
		forbid func(data, cache string) error
		want   []string // No error if it is empty.
	}{
		{"nothing forbidden", func(data, cache string) error { return nil }, nil},
		{"an unreadable file", func(data, cache string) error {
			return errors.Join(os.WriteFile(filepath.Join(data, "samples"), sample, 0o644), os.Chmod(filepath.Join(data, "samples"), 0))
		}, []string{"DATA/samples cannot be used", "permission denied; let this user read it, or set D2L_DATA"}},
		{"an unreadable folder", func(data, cache string) error { return os.Chmod(data, 0) },
			[]string{"DATA/samples cannot be used", "permission denied; let this user read it, or set D2L_DATA"}},
		{"an unreadable cache", func(data, cache string) error { return os.Chmod(cache, 0) },
			[]string{"CACHE/d2l-go/data/d2l-test-set/samples cannot be used", "permission denied; let this user read it, or set D2L_DATA"}},
		{"a read-only cache", func(data, cache string) error { return os.Chmod(cache, 0o555) },
			[]string{"samples of d2l-test-set was fetched but cannot be kept: mkdir CACHE/d2l-go: permission denied; make room or set XDG_CACHE_HOME to another folder"}},
		{"a read-only cache that has the file", func(data, cache string) error {
			dir := filepath.Join(cache, "d2l-go", "data", "d2l-test-set")
			return errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "samples"), sample, 0o444), os.Chmod(dir, 0o555))
		}, nil},
		{"a read-only folder with the file", func(data, cache string) error {
			return errors.Join(os.WriteFile(filepath.Join(data, "samples.gz"), zipped(sample), 0o444), os.Chmod(data, 0o555), os.Chmod(cache, 0))
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := publicDir(t)
			data, cache := filepath.Join(dir, "data"), filepath.Join(dir, "cache")
			for _, folder := range []string{data, cache} {
				noError(t, os.Mkdir(folder, 0o777))
				noError(t, os.Chmod(folder, 0o777))
			}
			noError(t, c.forbid(data, cache))
			url, _ := serve(t, serveBytes(zipped(sample)))
			report := said(t, asNobody(child("load", "D2L_DATA="+data, "XDG_CACHE_HOME="+cache, urlVariable+"="+url)))
			if len(c.want) == 0 && report != "the file" {
				t.Errorf("the child says: %s", report)
			}
			for _, want := range c.want {
				want = string(bytes.ReplaceAll(bytes.ReplaceAll([]byte(want), []byte("DATA/"), []byte(data+"/")), []byte("CACHE/"), []byte(cache+"/")))
				wantParts(t, report, want)
			}
		})
	}
}

// No file of MNIST or Fashion-MNIST is taken for another.
func TestMnistFilesForOthers(t *testing.T) {
	type real struct{ set, name, path string }
	var all []real
	for set, keep := range map[string]func(bool) (string, error){"fashion-mnist": KeepFashionMnist, "mnist": KeepMnist} {
		dir := must(keep(false))(t)
		for _, entry := range must(os.ReadDir(dir))(t) {
			all = append(all, real{set, entry.Name(), filepath.Join(dir, entry.Name())})
		}
	}
	if len(all) != 8 {
		t.Fatalf("there are %d files, expected 8", len(all))
	}
	slices.SortFunc(all, func(a, b real) int { return bytes.Compare([]byte(a.path), []byte(b.path)) })
	for _, m := range []*mnistSet{fashionMnist, mnist} {
		for _, f := range []dataFile{m.train.images, m.train.labels, m.test.images, m.test.labels} {
			for _, r := range all {
				t.Run(fmt.Sprintf("%s of %s for %s of %s", r.name, r.set, f.name, f.set), func(t *testing.T) {
					data, _ := places(t)
					path := filepath.Join(data, f.set, f.name)
					noError(t, os.MkdirAll(filepath.Dir(path), 0o755))
					noError(t, os.Symlink(r.path, path))
					content, _, err := f.find()
					switch {
					case r.set == f.set && r.name == f.name:
						noError(t, err)
					case r.name == f.name:
						wantError(t, err, path+" cannot be used: it is the file of "+r.set, "delete it")
					default:
						wantError(t, err, path+" cannot be used: its content has ", "bytes, expected", "delete it")
					}
					if err != nil && (content != nil || errors.Is(err, fs.ErrNotExist)) {
						t.Errorf("%d bytes and error %v", len(content), err)
					}
				})
			}
		}
	}
}
