package xla

import "testing"

func TestWithFlags(t *testing.T) {
	flags := []string{"--a=1", "--b=2"}
	for value, want := range map[string]string{
		"":             "--a=1 --b=2",
		"--c=3":        "--c=3 --a=1 --b=2",
		"--b=7":        "--b=7 --a=1",
		"--b=7 --a=8 ": "--b=7 --a=8 ",
		"flags.txt":    "flags.txt",
		"--ab=1":       "--ab=1 --a=1 --b=2",
	} {
		if got := withFlags(value, flags); got != want {
			t.Errorf("withFlags(%q) is %q, expected %q", value, got, want)
		}
	}
}
