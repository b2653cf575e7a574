package files

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/d2l-go/book/d2l/d2ltest"
)

func TestMain(m *testing.M) {
	d2ltest.RunAsChild(map[string]func() string{"write": childWritesForever, "write folder": childDiesInFolder})
	os.Exit(m.Run())
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "new", "folder", "file")
	for _, content := range []string{"first", "second"} {
		d2ltest.NoError(t, Write(path, []byte(content)))
		if got := string(d2ltest.Must(os.ReadFile(path))(t)); got != content {
			t.Errorf("the file holds %q, expected %q", got, content)
		}
	}
	d2ltest.WantFiles(t, filepath.Dir(path), "file")
}

// A new file has the mode that the umask leaves; an existing one keeps the mode that its owner chose.
func TestWriteMode(t *testing.T) {
	for _, c := range []struct{ umask, earlier, want fs.FileMode }{
		{0o022, 0, 0o644},
		{0o077, 0, 0o600},
		{0o002, 0, 0o664},
		{0o022, 0o600, 0o600},
		{0o022, 0o666, 0o666}, // More than the umask leaves.
		{0o022, 0o444, 0o444},
	} {
		t.Run(fmt.Sprintf("%o after %o", c.umask, c.earlier), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "file")
			defer syscall.Umask(syscall.Umask(int(c.umask)))
			if c.earlier != 0 {
				d2ltest.Put(t, path, []byte("old"))
				d2ltest.NoError(t, os.Chmod(path, c.earlier))
			}
			d2ltest.NoError(t, Write(path, []byte("new")))
			if mode := d2ltest.Must(os.Stat(path))(t).Mode(); mode != c.want {
				t.Errorf("the file's mode is %v, expected %v", mode, c.want)
			}
		})
	}
}

// A link to a file stays a link; the file that it names is written.
func TestWriteLink(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	d2ltest.Put(t, filepath.Join(elsewhere, "file"), []byte("old"))
	link := filepath.Join(dir, "link")
	d2ltest.NoError(t, os.Symlink(filepath.Join(elsewhere, "file"), link))
	d2ltest.NoError(t, Write(link, []byte("new")))
	if mode := d2ltest.Must(os.Lstat(link))(t).Mode(); mode&fs.ModeSymlink == 0 {
		t.Errorf("the link has become %v", mode)
	}
	if got := string(d2ltest.Must(os.ReadFile(filepath.Join(elsewhere, "file")))(t)); got != "new" {
		t.Errorf("the file holds %q", got)
	}
	d2ltest.WantFiles(t, dir, "link")
	d2ltest.WantFiles(t, elsewhere, "file")
}

// What is no regular file is neither replaced nor opened: a named pipe would wait for its writer forever.
func TestNoFile(t *testing.T) {
	dir := t.TempDir()
	d2ltest.NoError(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o644))
	d2ltest.NoError(t, os.MkdirAll(filepath.Join(dir, "folder", "inside"), 0o755))
	d2ltest.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644))
	d2ltest.NoError(t, os.Symlink("/dev/null", filepath.Join(dir, "null"))) // Replacing it would harm every program.
	for _, c := range []struct{ name, path, want string }{
		{"a file where a folder should be", "file/x", "not a directory"},
		{"a folder where the file should be", "folder", "it is a folder, not a file"},
		{"a named pipe", "pipe", "it is a named pipe, not a file"},
		{"a device", "null", "it is a device, not a file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(dir, c.path)
			d2ltest.WantError(t, Write(path, []byte("x")), c.want)
			_, err := Open(path)
			d2ltest.WantError(t, err, c.want)
		})
	}
	d2ltest.WantFiles(t, dir, "file", "folder", "null", "pipe")
}

// whole has the contents that childWritesForever alternates between.
var whole = [2][]byte{bytes.Repeat([]byte("first "), 1<<18), bytes.Repeat([]byte("second "), 1<<18)}

func childWritesForever() string {
	fmt.Println("ready")
	for i := 0; ; i++ {
		if err := Write(os.Getenv("D2L_TEST_PATH"), whole[i%2]); err != nil {
			return err.Error()
		}
	}
}

// Killed at any moment, a program leaves the old file or the new one. Its temporary file is never read, and a later
// program removes it.
func TestKilledWhileWriting(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	cutShort := 0
	for i := range 16 {
		command := d2ltest.Child("write", "D2L_TEST_PATH="+path)
		output := d2ltest.Must(command.StdoutPipe())(t)
		d2ltest.NoError(t, command.Start())
		d2ltest.Must(bufio.NewReader(output).ReadString('\n'))(t)
		time.Sleep(time.Duration(rand.IntN(60_000)) * time.Microsecond)
		d2ltest.NoError(t, command.Process.Kill())
		command.Wait()
		content, err := os.ReadFile(path)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if err == nil && !bytes.Equal(content, whole[0]) && !bytes.Equal(content, whole[1]) {
			t.Fatalf("killed for the %dth time, it leaves a file of %d bytes", i+1, len(content))
		}
		cutShort = len(d2ltest.Must(filepath.Glob(filepath.Join(dir, ".*")))(t))
	}
	t.Logf("of 16 programs, %d left a temporary file", cutShort)

	// A young one may belong to a program that still writes, so it stays.
	d2ltest.NoError(t, Write(path, []byte("new")))
	if n := len(d2ltest.Must(filepath.Glob(filepath.Join(dir, ".*")))(t)); n != cutShort {
		t.Errorf("%d of %d temporary files are left, though none is old", n, cutShort)
	}
	for _, name := range d2ltest.Must(filepath.Glob(filepath.Join(dir, ".*")))(t) {
		age(t, name)
	}
	d2ltest.NoError(t, Write(path, []byte("new")))
	d2ltest.WantFiles(t, dir, "file")
}

// age makes a file look older than leftoverAge.
func age(t *testing.T, path string) {
	t.Helper()
	past := time.Now().Add(-2 * leftoverAge)
	d2ltest.NoError(t, os.Chtimes(path, past, past))
}

// Only old temporary files of the same file are removed.
func TestWriteLeftovers(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "net.params")
	for _, name := range []string{
		".net.params.123.d2l-part", ".net.params", ".net.params.123", ".net.params.best.123.d2l-part",
		".net.params..d2l-part", ".other.params.123.d2l-part", "net.params.123.d2l-part",
	} {
		d2ltest.Put(t, filepath.Join(dir, name), []byte("x"))
		age(t, filepath.Join(dir, name))
	}
	d2ltest.Put(t, filepath.Join(dir, ".net.params.456.d2l-part"), []byte("at work"))
	d2ltest.NoError(t, Write(path, []byte("new")))
	d2ltest.WantFiles(t, dir, ".net.params", ".net.params..d2l-part", ".net.params.123", ".net.params.456.d2l-part",
		".net.params.best.123.d2l-part", ".other.params.123.d2l-part", "net.params", "net.params.123.d2l-part")
}
