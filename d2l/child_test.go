package d2l

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

// children are what tests do in a process of its own, since it is killed, limited or
// another user's. What they return is their standard output.
var children = map[string]func() string{
	"full disk": childSavesToFullDisk,
	"load":      childLoads,
	"net":       childReadsNet,
	"write":     childWritesForEver,
}

const (
	childVariable     = "D2L_TEST_CHILD"
	childUserVariable = "D2L_TEST_CHILD_USER"
)

// nobody is a user who owns nothing.
const nobody = 65534

// runAsChild does not return in a child.
func runAsChild() {
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

// child returns a process that does what children has under that name.
func child(name string, environment ...string) *exec.Cmd {
	command := exec.Command(os.Args[0])
	command.Env = append(append(os.Environ(), childVariable+"="+name), environment...)
	return command
}

// said runs a child and returns what it says, without what it prints as a program.
func said(t *testing.T, command *exec.Cmd) string {
	t.Helper()
	output, err := command.Output()
	if err != nil {
		t.Fatalf("the child ends with %v and says %s", err, output)
	}
	return strings.TrimSpace(string(output))
}

// asNobody makes a child one that permissions hold for, which they do not for root.
func asNobody(command *exec.Cmd) *exec.Cmd {
	if os.Getuid() == 0 {
		command.Env = append(command.Env, childUserVariable+"=nobody")
	}
	return command
}

// publicDir is a folder that nobody may enter and read.
func publicDir(t *testing.T) string {
	t.Helper()
	dir := must(os.MkdirTemp("", "d2l-test-"))(t)
	t.Cleanup(func() {
		exec.Command("chmod", "-R", "u+rwX", dir).Run()
		os.RemoveAll(dir)
	})
	noError(t, os.Chmod(dir, 0o755))
	return dir
}

// limitFiles makes writing more than so many bytes to a file an error.
func limitFiles(most uint64) error {
	signal.Ignore(syscall.SIGXFSZ)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: most, Max: most})
}
