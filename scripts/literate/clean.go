package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/d2l-go/book/scripts/literate/notebook"
)

// clean takes from notebooks what changes from run to run and from machine to
// machine.
func clean(out io.Writer, args []string) error {
	paths, err := notebooks(args)
	if err != nil {
		return err
	}
	for _, path := range paths {
		n, err := notebook.Read(path)
		if err != nil {
			return err
		}
		content, changes, err := n.Clean()
		if err != nil {
			return err
		}
		if len(changes) == 0 {
			continue
		}
		if err := notebook.WriteFile(path, content); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: taken away or changed:\n  %s\n", path, strings.Join(changes, "\n  "))
	}
	return nil
}

// checkClean is one of the checks.
func checkClean() ([]problem, error) {
	return inEach(func(path string, n *notebook.Notebook) (found []problem, err error) {
		content, changes, err := n.Clean()
		if err != nil {
			return nil, err
		}
		if len(changes) > 0 {
			found = append(found, fmt.Sprintf("%s is not clean; go run ./scripts/literate clean %[1]s takes away or changes:\n  %s", path, strings.Join(changes, "\n  ")))
		}
		if n, err = notebook.Parse(path, content); err != nil {
			return nil, err
		}
		remains, err := n.Remains(folders()...)
		if err != nil {
			return nil, err
		}
		for _, r := range remains {
			text := fmt.Sprintf("%s, %s", path, r.Text)
			if r.Run {
				text += fmt.Sprintf("\n  Mend the cell, and run it anew: scripts/chapter %s && cp out/%s %[1]s", path, n.Name())
			}
			found = append(found, text)
		}
		return found, nil
	})
}

// folders are paths of this machine that have no place in a notebook.
func folders() []string {
	all := []string{os.TempDir()}
	for _, folder := range []func() (string, error){os.Getwd, os.UserHomeDir} {
		if path, err := folder(); err == nil {
			all = append(all, path)
		}
	}
	// The compiler and the modules are in the traces of a panic.
	if out, err := exec.Command("go", "env", "GOROOT", "GOMODCACHE").Output(); err == nil {
		all = append(all, strings.Split(strings.TrimSpace(string(out)), "\n")...)
	}
	return all
}
