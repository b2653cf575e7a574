package d2ltest

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

const (
	childVariable     = "D2L_TEST_CHILD"
	childUserVariable = "D2L_TEST_CHILD_USER"
)

// nobody is the id of a user who owns no files.
const nobody = 65534

// RunAsChild, called by TestMain, runs the function of children that a test named with
// Child, and then ends the process. In the process of the tests it returns at once.
func RunAsChild(children map[string]func() string) {
	do, ok := children[os.Getenv(childVariable)]
	if !ok {
		return
	}
	if os.Getenv(childUserVariable) != "" {
		for _, err := range []error{syscall.Setgroups(nil), syscall.Setgid(nobody), syscall.Setuid(nobody)} {
			if err != nil {
				fmt.Println("becoming nobody:", err)
				os.Exit(1)
			}
		}
	}
	fmt.Print(do())
	os.Exit(0)
}

// Child returns a process that runs the function of that name of RunAsChild's children.
func Child(name string, environment ...string) *exec.Cmd {
	command := exec.Command(os.Args[0])
	command.Env = append(append(os.Environ(), childVariable+"="+name), environment...)
	return command
}

// Said runs a child and returns its result, the output of its function.
func Said(t testing.TB, command *exec.Cmd) string {
	t.Helper()
	output, err := command.Output()
	if err != nil {
		t.Fatalf("the child ended with %v and said %s", err, output)
	}
	return strings.TrimSpace(string(output))
}

// AsNobody makes a child run as a user to whom permissions apply, which they do not to root.
func AsNobody(command *exec.Cmd) *exec.Cmd {
	if os.Getuid() == 0 {
		command.Env = append(command.Env, childUserVariable+"=nobody")
	}
	return command
}

// PublicDir returns a folder that the user nobody may enter and read.
func PublicDir(t testing.TB) string {
	t.Helper()
	dir := Must(os.MkdirTemp("", "d2l-test-"))(t)
	t.Cleanup(func() {
		exec.Command("chmod", "-R", "u+rwX", dir).Run()
		os.RemoveAll(dir)
	})
	NoError(t, os.Chmod(dir, 0o755))
	return dir
}

// LimitFiles makes it an error to write more than maxSize bytes to a file.
func LimitFiles(maxSize uint64) error {
	signal.Ignore(syscall.SIGXFSZ)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: maxSize, Max: maxSize})
}
