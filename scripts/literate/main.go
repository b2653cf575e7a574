// Command literate holds the notebooks, the package d2l and the book's chapter
// together. See usage.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/d2l-go/book/scripts/literate/notebook"
)

const usage = `usage: go run ./scripts/literate [-C folder] command [argument...]

Paths are seen from the current folder. Without one, a command takes all notebooks of the project.

A notebook's cell whose first line is //d2l:save shows declarations that the
package d2l ships.

  check                 says what does not fit; exits with 1 if there is something
  update [notebook...]  writes the package's code to the marked cells
  save [notebook...]    writes the marked cells' code to the package
                        -force (both): also over what has changed on the other side
  verify SAVED EXECUTED says how a new run of a notebook differs from the saved one
  clean [notebook...]   takes from notebooks what differs from run to run
  text NOTEBOOK         prints a notebook as text, for git diff
  svg NOTEBOOK#CELL      prints the picture that a cell shows
  program [-o file] [notebook...]
                        writes a notebook's cells as a Go program, to out/<notebook>.go
  missing [NOTEBOOK]    says which cells declare what the compiler, whose words it
                        reads, calls undefined; the kernel's go command calls it
`

// problem is what does not fit, its place first. It may have several lines.
type problem = string

// errFound means that problems were found and printed.
var errFound = errors.New("")

// commands are called with their arguments in the project's folder.
var commands = map[string]func(out io.Writer, args []string) error{
	"check":   check,
	"clean":   clean,
	"missing": missing,
	"program": writeProgram,
	"save":    save,
	"svg":     printSVG,
	"text":    text,
	"update":  update,
	"verify":  verifyRun,
}

// withFlags are those of commands that have flags.
var withFlags = []string{"program", "save", "update"}

func main() {
	folder := flag.String("C", "", "the `folder` of the project instead of the one around the current folder")
	flag.Usage = func() { fmt.Fprint(flag.CommandLine.Output(), usage) }
	flag.Parse()
	if commands[flag.Arg(0)] == nil {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(os.Stdout, *folder, flag.Args()); err != nil {
		if !errors.Is(err, errFound) {
			fmt.Fprintf(os.Stderr, "literate: %v\n", err)
		}
		os.Exit(1)
	}
}

// run runs a command in the project's folder.
func run(out io.Writer, folder string, args []string) error {
	from, err := os.Getwd()
	if err != nil {
		return err
	}
	if err := enter(folder); err != nil {
		return err
	}
	project, err := os.Getwd()
	if err != nil {
		return err
	}
	name, args := args[0], arguments(args[1:], from, project)
	if len(args) > 0 && strings.HasPrefix(args[0], "-") && !slices.Contains(withFlags, name) {
		return fmt.Errorf("%s has no flag %s", name, args[0])
	}
	return commands[name](out, args)
}

// enter makes the project's folder the current one: the given one, or the
// nearest with a go.mod.
func enter(folder string) error {
	if folder != "" {
		return os.Chdir(folder)
	}
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return os.Chdir(dir)
		}
		if dir == filepath.Dir(dir) {
			return errors.New("there is no go.mod here or above; run it in the project or name the folder by -C")
		}
		dir = filepath.Dir(dir)
	}
}

// notebooks returns the paths of the named notebooks or, if none is named, of
// all in the project.
func notebooks(args []string) ([]string, error) {
	if len(args) > 0 {
		return args, nil
	}
	paths, err := filepath.Glob("notebooks/*.ipynb")
	if err == nil && len(paths) == 0 {
		err = errors.New("there is no notebook in notebooks/")
	}
	return paths, err
}

// inEach returns what f finds in each notebook of the project.
func inEach(f func(path string, n *notebook.Notebook) ([]problem, error)) ([]problem, error) {
	paths, err := notebooks(nil)
	if err != nil {
		return nil, err
	}
	var found []problem
	for _, path := range paths {
		n, err := notebook.Read(path)
		if err != nil {
			return nil, err
		}
		here, err := f(path, n)
		if err != nil {
			return nil, err
		}
		found = append(found, here...)
	}
	return found, nil
}

// checks are what check does.
var checks = []func() ([]problem, error){
	checkSaved,
	checkCoverage,
	checkClean,
	checkTolerances,
	checkReadme,
	checkFaults,
}

func check(out io.Writer, args []string) error {
	if len(args) > 0 {
		return errors.New("check takes no arguments")
	}
	var all []problem
	for _, one := range checks {
		found, err := one()
		if err != nil {
			return err
		}
		all = slices.Concat(all, found)
	}
	for _, p := range all {
		fmt.Fprintln(out, p)
	}
	if len(all) > 0 {
		return errFound
	}
	return nil
}
