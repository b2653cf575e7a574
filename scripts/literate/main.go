// Command literate keeps the notebooks, package d2l and the texts about them consistent. See usage.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/d2l-go/book/scripts/literate/notebook"
)

const usage = `usage: go run ./scripts/literate command [argument...]

Without a notebook a command takes all in notebooks/ and notebooks/later/.

  check                          reports everything that is inconsistent, and exits with 1 if something is
  update [-force] [notebook...]  writes the package's code to the cells that begin with //d2l:save
                                 -force: also over a cell that has changed
  clean [notebook...]            removes from notebooks what differs from run to run
  verify SAVED EXECUTED          compares the outputs of a new run with the saved ones
  readme                         writes the chapter's results and plot to the README
  script NOTEBOOK                prints a notebook as a Go program, as JupyterLab's export to an executable script does
  missing [NOTEBOOK]             reads the compiler's errors and names the cells to run first; the kernel calls it
`

// errFound means that problems were found and printed, errUsage that the arguments are wrong.
var errFound, errUsage = errors.New(""), errors.New(usage)

// commands has the smallest and the largest number of a command's arguments.
var commands = map[string][2]int{"check": {}, "update": {0, math.MaxInt}, "clean": {0, math.MaxInt},
	"verify": {2, 2}, "readme": {}, "script": {1, 1}, "missing": {0, 1}}

func main() {
	if err := run(os.Args[1:]); err != nil {
		switch {
		case errors.Is(err, errUsage):
			fmt.Fprint(os.Stderr, usage)
		case !errors.Is(err, errFound):
			fmt.Fprintln(os.Stderr, "literate:", err)
		}
		os.Exit(1)
	}
}

func run(args []string) error {
	name := strings.Join(args[:min(len(args), 1)], "")
	args = args[min(len(args), 1):]
	if counts, ok := commands[name]; !ok || len(args) < counts[0] || len(args) > counts[1] {
		return errUsage
	}
	if name == "missing" {
		said, err := io.ReadAll(os.Stdin)
		for _, line := range missing(string(said), strings.Join(args, "")) {
			fmt.Println(line)
		}
		return err
	}
	if name == "script" {
		n, err := notebook.Read(args[0])
		if err != nil {
			return err
		}
		program, err := script(n)
		fmt.Print(program)
		return err
	}
	root, err := findRoot()
	if err != nil {
		return err
	}
	var problems []string
	switch name {
	case "check":
		p, err := load(root, nil)
		if err != nil {
			return err
		}
		problems = p.check()
		if err := python(root, name); err != nil && !errors.Is(err, errFound) || len(problems) == 0 {
			return err
		}
	case "update":
		force := slices.Contains(args, "-force")
		p, err := load(root, slices.DeleteFunc(args, func(arg string) bool { return arg == "-force" }))
		if err != nil {
			return err
		}
		for _, c := range p.cells {
			changed, refused := false, []string(nil)
			if c.marked {
				changed, refused = p.update(c, force)
			}
			problems = append(problems, refused...)
			if !changed {
				continue
			}
			change, err := json.Marshal(map[string]any{"source": c.Source, "agreed": c.Agreed})
			if err == nil {
				err = python(root, "put", c.path, c.ID, string(change))
			}
			if err != nil {
				return err
			}
			fmt.Println(c.place + ": updated")
		}
	default:
		return python(root, append([]string{name}, args...)...)
	}
	for _, problem := range problems {
		fmt.Println(problem)
	}
	if len(problems) > 0 {
		return errFound
	}
	return nil
}

// python runs notebooks.py, which does all that needs nbformat.
func python(root string, args ...string) error {
	script := filepath.Join(root, "scripts/literate/notebooks.py")
	cmd := exec.Command(filepath.Join(root, ".venv/bin/python"), append([]string{script}, args...)...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return errFound // The script has said why.
	}
	if err != nil {
		return fmt.Errorf("%w; run scripts/setup first", err)
	}
	return nil
}

// findRoot returns the project's folder: the nearest with a go.mod.
func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
	}
	return "", errors.New("there is no go.mod here or above; run it in the project")
}
