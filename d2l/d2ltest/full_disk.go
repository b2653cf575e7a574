package d2ltest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A Saver saves something of 1,000 bytes or more to a file.
type Saver struct {
	Name string // Of the file; it may have folders.
	Save func(path string) error
	Want []string // In the error where there is no room.
}

const (
	fullDiskDirVariable = "D2L_TEST_DIR"
	tmpfsVariable       = "D2L_TEST_TMPFS"
)

// SaveToFullDisk saves where there is no room and reports how each Saver ends, and what has become of the old file. A
// package that calls WantFullDiskErrors has it in its children, as "full disk".
func SaveToFullDisk(savers []Saver) string {
	var report strings.Builder
	tell := func(s Saver, format string, args ...any) {
		fmt.Fprintf(&report, s.Name+": "+format+"\n", args...)
	}
	path := func(s Saver) string {
		return filepath.Join(os.Getenv(fullDiskDirVariable), strings.ReplaceAll(s.Name, "/", "-"), s.Name)
	}
	for _, s := range savers {
		dir := filepath.Dir(path(s))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err.Error()
		}
		if os.Getenv(tmpfsVariable) != "" {
			if err := mountTmpfs(dir); err != nil {
				return "no mount: " + err.Error()
			}
		}
		if err := os.WriteFile(path(s), []byte("old"), 0o644); err != nil {
			return err.Error()
		}
	}
	if os.Getenv(tmpfsVariable) == "" {
		if err := LimitFiles(1000); err != nil {
			return err.Error()
		}
	}
	for _, s := range savers {
		err := s.Save(path(s))
		tell(s, "%v", err)
		if content, err := os.ReadFile(path(s)); string(content) != "old" {
			tell(s, "the old file holds %q (%v)", content, err)
		}
		if entries, err := os.ReadDir(filepath.Dir(path(s))); len(entries) != 1 {
			tell(s, "the folder holds %v (%v)", entries, err)
		}
	}
	return report.String()
}

// WantFullDiskErrors checks that saving where there is no room is an error that says so, and leaves the old file and
// nothing else.
func WantFullDiskErrors(t *testing.T, savers []Saver) {
	t.Helper()
	for _, c := range []struct {
		name, variable, cause string
		mount                 bool
	}{
		{"files are limited", "", "file too large", false},
		{"no space left", tmpfsVariable + "=yes", "no space left on device", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			command := Child("full disk", fullDiskDirVariable+"="+t.TempDir(), c.variable)
			if c.mount {
				command.SysProcAttr = mayMount()
			}
			output, err := command.Output()
			if exit := new(exec.ExitError); c.mount && err != nil && !errors.As(err, &exit) {
				t.Skip("this machine does not let a process have its own name space: ", err)
			}
			NoError(t, err)
			report := strings.TrimSpace(string(output))
			if strings.HasPrefix(report, "no mount") {
				t.Skip(report)
			}
			lines := strings.Split(report, "\n")
			if len(lines) != len(savers) {
				t.Fatalf("the child reports %s", report)
			}
			for i, s := range savers {
				WantParts(t, lines[i], append(s.Want, s.Name+": ", c.cause)...)
			}
		})
	}
}

// WantSavedWhole checks that saving replaces a file rather than overwriting it: a program that has opened the old one
// reads all of it.
func WantSavedWhole(t *testing.T, savers []Saver) {
	t.Helper()
	for _, s := range savers {
		t.Run(s.Name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), s.Name)
			Put(t, path, []byte("old"))
			reader := Must(os.Open(path))(t)
			defer reader.Close()
			NoError(t, s.Save(path))
			old := make([]byte, 100)
			if n, _ := reader.Read(old); string(old[:n]) != "old" {
				t.Errorf("a program that had opened the old file reads %q", old[:n])
			}
			if Must(os.Stat(path))(t).Size() < 1000 {
				t.Error("the new file is not in place")
			}
			WantFiles(t, filepath.Dir(path), filepath.Base(path))
		})
	}
}
