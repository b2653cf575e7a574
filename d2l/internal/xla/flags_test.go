package xla

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
)

func TestWithFlags(t *testing.T) {
	flags := []string{"--a=1", "--b=2"}
	for user, want := range map[string]string{
		"":            "--a=1 --b=2",
		"--c=3":       "--c=3 --a=1 --b=2",
		"--b=7":       "--b=7 --a=1",
		"--b=7 --a=8": "--b=7 --a=8",
		"--ab=1":      "--ab=1 --a=1 --b=2",
	} {
		if got := withFlags(user, flags); got != want {
			t.Errorf("withFlags(%q) is %q, expected %q", user, got, want)
		}
	}
}

func TestUserFlags(t *testing.T) {
	file := filepath.Join(t.TempDir(), "flags.txt")
	put(t, file, []byte("--a=1\n--b=2\n"))
	for value, want := range map[string]string{"": "", " --a=1 ": "--a=1", file: "--a=1\n--b=2"} {
		t.Setenv("XLA_FLAGS", value)
		if got := d2ltest.Must(userFlags())(t); got != want {
			t.Errorf("the flags of %q are %q, expected %q", value, got, want)
		}
	}
	freshBackends(t)
	cpuPlugin(t)
	t.Setenv("XLA_FLAGS", "xla_a=1")
	d2ltest.WantError(t, startError(), "XLA_FLAGS is neither flags, which begin with --, nor a file", "xla_a=1", "correct")
}

// Flags are there for the plugin that starts, and for no other and no program that is started later.
func TestSetFlags(t *testing.T) {
	t.Setenv("XLA_FLAGS", "")
	for user, want := range map[string]string{"": "--dir=/d", "--b=7": "--b=7 --dir=/d"} {
		restore := d2ltest.Must(setFlags(user, []string{"--a=1", "--b=2"}))(t)
		os.Setenv("XLA_FLAGS", os.Getenv("XLA_FLAGS")+" --dir=/d") // As go-xla does.
		restore()
		if got := os.Getenv("XLA_FLAGS"); got != want {
			t.Errorf("after flags for the user's %q: %q, expected %q", user, got, want)
		}
	}
	t.Setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=false")
	freshBackends(t)
	cpuPlugin(t)
	d2ltest.NoError(t, startError())
	if got := os.Getenv("XLA_FLAGS"); got != "--xla_cpu_enable_fast_math=false" {
		t.Errorf("a started CPU leaves XLA_FLAGS=%q", got)
	}
}
