package cells

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"unicode/utf8"
)

// ReadsInput returns whether a process, or one that it has started, waits for its standard input, as far as the system
// tells.
func ReadsInput(pid int) bool {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	for _, task := range tasks {
		call, _ := os.ReadFile(task + "/syscall")
		if strings.HasPrefix(string(call), fmt.Sprintf("%d 0x0 ", syscall.SYS_READ)) {
			return true
		}
		children, _ := os.ReadFile(task + "/children")
		for _, child := range strings.Fields(string(children)) {
			if n, err := strconv.Atoi(child); err == nil && ReadsInput(n) {
				return true
			}
		}
	}
	return false
}

// Copy copies what a program prints until it ends; no write begins or ends within a character.
func Copy(to io.Writer, from io.Reader) error {
	buf, kept := make([]byte, 32<<10), 0
	for {
		n, err := from.Read(buf[kept:])
		n += kept
		kept = 0
		if err == nil {
			for last := 1; last < utf8.UTFMax && last <= n; last++ {
				if b := buf[n-last]; utf8.RuneStart(b) {
					if !utf8.FullRune(buf[n-last : n]) {
						kept = last
					}
					break
				}
			}
		}
		if n > kept {
			if _, err := to.Write(buf[:n-kept]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		copy(buf, buf[n-kept:n])
	}
}

// Unknown returns the error for a command, such as IPython's, that the kernel does not have.
func Unknown(command string) error {
	message := fmt.Sprintf("%%%s is no command of this kernel: %%help lists those that are", command)
	if other, ok := elsewhere[strings.TrimPrefix(command, "%")]; ok {
		message += "; " + other
	}
	return errors.New(message)
}

// elsewhere is what to do instead of commands of IPython.
var elsewhere = map[string]string{
	"time":       "d2l.NewTimer measures times, and a line %% alone begins a program",
	"timeit":     "d2l.NewTimer measures times, and a line %% alone begins a program",
	"matplotlib": "plots are shown without it",
	"pip":        "Go packages are imported, and added to go.mod by !*go get module@version",
}
