package d2l

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// Check and Must end a program, so each runs in a process of its own.
func TestCheck(t *testing.T) {
	ends := map[string]func(){
		"Check":       func() { Check(errors.New("the disk is full")) },
		"Must":        func() { Must(0, errors.New("the disk is full")) },
		"interrupted": func() { Check(fmt.Errorf("%w in epoch 1", ErrInterrupted)) },
	}
	if end, ok := ends[os.Getenv("D2L_TEST_CHECK")]; ok {
		end()
		os.Exit(0)
	}
	for name := range ends {
		program := exec.Command(os.Args[0], "-test.run=^TestCheck$")
		program.Env = append(os.Environ(), "D2L_TEST_CHECK="+name)
		output, err := program.CombinedOutput()
		var exit *exec.ExitError
		status, said := 1, "error: the disk is full\n"
		if name == "interrupted" {
			status, said = 130, "error: interrupted in epoch 1\n"
		}
		if !errors.As(err, &exit) || exit.ExitCode() != status || string(output) != said {
			t.Errorf("%s ends with %v and prints %q", name, err, output)
		}
	}
	Check(nil)
	if got := Must(7, nil); got != 7 {
		t.Errorf("Must returns %v, expected 7", got)
	}
}
