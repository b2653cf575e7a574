// Package build builds the programs of cells. The kernel, GoNB, is built with it (scripts/kernel/gonb.patch).
//
// Much of the time of "go build" goes into finding out that nothing has changed but the cell. So what it told the
// compiler and the linker once is told them again, as long as nothing else has changed.
package build

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// folder holds, in that of the program, what the compiler and the linker are told and what they make.
const folder = ".build"

var errInterrupted = errors.New("interrupted while it was built")

// Builder builds one kernel's programs, one after the other.
type Builder struct {
	Dir string // of the program: a module of its own, in which main.go is the cells'

	mu        sync.Mutex // of plan, and its files
	plan      *plan
	recording sync.WaitGroup
	again     int // How many programs were built by a plan.
}

// Build makes the program out from main.go, and returns what the go command says if it cannot be. A program that is not
// to run needs no linking: out may then be missing.
func (b *Builder) Build(out string, run bool) (said string, err error) {
	made, refused, err := b.byPlan(out, run)
	if made || err != nil {
		return "", err
	}
	if !refused {
		b.recording.Wait() // It may have begun with this main.go.
		before, start := own(b.Dir), time.Now()
		printed, err := b.command("go", "build", "-x", "-o", out).CombinedOutput()
		if err == nil {
			b.recording.Go(func() { b.record(string(printed), before, start) })
			return "", nil
		}
		if Interrupted(err) {
			return "", errInterrupted
		}
	}
	// Without the commands among its words.
	words, err := b.command("go", "build", "-o", out).CombinedOutput()
	return string(words), err
}

// byPlan makes the program by the plan there is, if that holds. Where the compiler refuses the program, the go command
// is to say why.
func (b *Builder) byPlan(out string, run bool) (made, refused bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.plan == nil || !b.plan.holds(b.Dir) {
		return false, false, nil
	}
	if err := os.Remove(out); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, false, err
	}
	commands := []string{"-e", filepath.Join(folder, "commands")}
	if run {
		commands = append(commands, out)
	}
	err = b.command("sh", commands...).Run()
	if Interrupted(err) {
		return false, false, errInterrupted
	}
	if _, missing := os.Stat(out); err != nil || run && missing != nil {
		return false, true, nil
	}
	b.again++
	return true, false, nil
}

func (b *Builder) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = b.Dir
	return cmd
}

// Interrupted reports whether an error is that of a build or command that an interrupt has ended, or a shell's that one
// has ended what it ran.
func Interrupted(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return errors.Is(err, errInterrupted)
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && (status.Signaled() && status.Signal() == syscall.SIGINT || status.ExitStatus() == 128+int(syscall.SIGINT))
}

// record keeps what the go command printed that began at start, if all that it was made from is still as it was. The
// next cell may have taken the place of main.go.
func (b *Builder) record(printed, before string, start time.Time) {
	made, err := newPlan(b.Dir, printed, before, start)
	if err != nil {
		return // The next program is built by the go command again.
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.plan != nil {
		made.add(b.plan)
	}
	b.plan = nil
	if os.MkdirAll(filepath.Join(b.Dir, folder, "b001"), 0o700) == nil && made.write(b.Dir) == nil {
		b.plan = made
	}
}
