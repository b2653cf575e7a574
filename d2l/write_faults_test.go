package d2l

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// saver is something that is saved to a file.
type saver struct {
	name string // Of the file.
	save func(path string) error
	want string // In the error where there is no room.
}

func savers() ([]saver, error) {
	net := smallNet()
	if err := net.Initialize(CPU(0), Xavier); err != nil {
		return nil, err
	}
	if _, err := net.Forward(waves(1, 1, 5, 1, 8, 8)); err != nil {
		return nil, err
	}
	figure, err := Plot([][]float64{{1, 2}}, [][]float64{{3, 4}}, PlotOptions{})
	if err != nil {
		return nil, err
	}
	return []saver{
		{"net.params", net.SaveParameters, "saving parameters to"},
		{"net.safetensors", net.SaveSafetensors, "saving weights to"},
		{"figure.svg", figure.Save, "saving the figure to"},
		{"figure.png", figure.Save, "saving the figure to"},
		{"samples", func(path string) error {
			os.Setenv("XDG_CACHE_HOME", strings.TrimSuffix(path, "/d2l-go/data/d2l-test-set/samples"))
			_, err := keep(false, sampleFile())
			return err
		}, "samples of d2l-test-set cannot be kept"},
	}, nil
}

const dirVariable = "D2L_TEST_DIR"

// childSavesToFullDisk says what is wrong with how saving ends if there is no room.
func childSavesToFullDisk() string {
	all, err := savers()
	if err != nil {
		return err.Error()
	}
	var report strings.Builder
	tell := func(format string, args ...any) { fmt.Fprintf(&report, format+"\n", args...) }
	dirs := map[string]string{}
	for _, s := range all {
		dir := filepath.Join(os.Getenv(dirVariable), s.name)
		if s.name == "samples" {
			dir = filepath.Join(dir, "d2l-go", "data", "d2l-test-set")
		}
		dirs[s.name] = dir
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err.Error()
		}
		if os.Getenv("D2L_TEST_TMPFS") != "" {
			if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4k"); err != nil {
				return "no mount: " + err.Error()
			}
		}
		if err := os.WriteFile(filepath.Join(dir, s.name), []byte("old"), 0o644); err != nil {
			return err.Error()
		}
	}
	if os.Getenv("D2L_TEST_TMPFS") == "" {
		if err := limitFiles(1000); err != nil {
			return err.Error()
		}
	}
	for _, s := range all {
		path := filepath.Join(dirs[s.name], s.name)
		err := s.save(path)
		tell("%s: %v", s.name, err)
		if content, err := os.ReadFile(path); string(content) != "old" {
			tell("%s: the old file holds %q (%v)", s.name, content, err)
		}
		if entries, err := os.ReadDir(dirs[s.name]); len(entries) != 1 {
			tell("%s: the folder holds %v (%v)", s.name, entries, err)
		}
	}
	return report.String()
}

// Where there is no room, what is saved is an error that says so, and what was there
// before stays.
func TestFullDisk(t *testing.T) {
	for _, c := range []struct {
		name, variable, cause string
		flags                 uintptr
	}{
		{"files are limited", "", "file too large", 0},
		{"no space left", "D2L_TEST_TMPFS=yes", "no space left on device", syscall.CLONE_NEWNS | syscall.CLONE_NEWUSER},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := t.TempDir()
			t.Setenv("D2L_DATA", data)
			put(t, filepath.Join(data, "samples"), sample)
			command := child("full disk", dirVariable+"="+t.TempDir(), c.variable)
			if c.flags != 0 {
				command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: c.flags,
					UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
					GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
				}
			}
			output, err := command.Output()
			if exit := new(exec.ExitError); c.flags != 0 && err != nil && !errors.As(err, &exit) {
				t.Skip("this machine gives a process no name space of its own: ", err)
			}
			noError(t, err)
			report := strings.TrimSpace(string(output))
			if strings.HasPrefix(report, "no mount") {
				t.Skip(report)
			}
			all, err := savers()
			noError(t, err)
			lines := strings.Split(report, "\n")
			if len(lines) != len(all) {
				t.Fatalf("the child says %s", report)
			}
			for i, s := range all {
				wantParts(t, lines[i], s.name+": "+s.want, c.cause, "make room")
			}
		})
	}
}

// A file is replaced by another, not written over: who reads the old one reads all of it.
func TestSavedWhole(t *testing.T) {
	data, _ := places(t)
	put(t, filepath.Join(data, "samples"), sample)
	all, err := savers()
	noError(t, err)
	for _, s := range all {
		t.Run(s.name, func(t *testing.T) {
			dir := t.TempDir()
			if s.name == "samples" {
				dir = filepath.Join(dir, "d2l-go", "data", "d2l-test-set")
			}
			path := filepath.Join(dir, s.name)
			put(t, path, []byte("old"))
			reader := must(os.Open(path))(t)
			defer reader.Close()
			noError(t, s.save(path))
			old := make([]byte, 100)
			if n, _ := reader.Read(old); string(old[:n]) != "old" {
				t.Errorf("who had opened the old file reads %q", old[:n])
			}
			if must(os.Stat(path))(t).Size() < 1000 {
				t.Error("the new file is not in place")
			}
			wantFiles(t, dir, s.name)
		})
	}
}
