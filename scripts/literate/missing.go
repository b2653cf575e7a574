package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/d2l-go/book/scripts/literate/gocell"
	"github.com/d2l-go/book/scripts/literate/notebook"
)

// missing is what the kernel's go command calls when a cell does not compile:
// it reads what the compiler says and prints which cells have to run first.
func missing(out io.Writer, args []string) error {
	if len(args) > 1 {
		return errors.New("missing takes one notebook")
	}
	said, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	path := ""
	if len(args) == 1 {
		path = args[0]
	}
	for _, line := range whatFirst(string(said), path) {
		fmt.Fprintln(out, line)
	}
	return nil
}

// undefined are the ways in which the compiler says that a cell's program lacks a
// name or, T and F, a method. A type may have arguments.
var undefined = []*regexp.Regexp{
	compilerSays(`undefined: (NAME)(\.NAME)?`),
	compilerSays(`use of package (NAME)() without selector`),
	compilerSays(`.+ undefined \(type \*?(NAME)()(?:\[.+\])? has no field or method (NAME)\)`),
}

// compilerSays returns the pattern of a line about a cell's program; NAME stands for
// that of any name in Go.
func compilerSays(what string) *regexp.Regexp {
	return regexp.MustCompile(`(?m)^(?:\./)?main(?:_test)?\.go:\d+:\d+: ` + strings.ReplaceAll(what, "NAME", `[\pL_][\pL\p{Nd}_]*`) + `$`)
}

// lacking is a name that a cell's program lacks.
type lacking struct {
	name string
	kind string // What follows it, for example .F: the name may be that of a package.
}

// lacks returns what the compiler says that the cell's program lacks, each once.
func lacks(said string) []lacking {
	var all []lacking
	for _, pattern := range undefined {
		for _, m := range pattern.FindAllStringSubmatch(said, -1) {
			l := lacking{m[1], m[2]}
			if len(m) == 4 {
				l = lacking{m[1] + "." + m[3], "." + m[3]}
			}
			if !slices.ContainsFunc(all, func(other lacking) bool { return other.name == l.name }) {
				all = append(all, l)
			}
		}
	}
	return all
}

// whatFirst says, for what the compiler says of a cell of a notebook, which cells
// have to run before it. Nothing, if no name is undefined.
func whatFirst(said, path string) []string {
	names := lacks(said)
	if len(names) == 0 {
		return nil
	}
	n, err := notebook.Read(path)
	if err != nil {
		return unknown(names, "any cell that has run since the kernel started")
	}
	var lines []string
	found := false
	for _, c := range n.Cells {
		if c.Number == 0 {
			continue
		}
		declared := gocell.Declared(c.Source)
		var here []string
		var first gocell.Declaration
		names = slices.DeleteFunc(names, func(l lacking) bool {
			d, ok := declared[l.name]
			switch {
			case !ok || d.Local:
				return false
			case len(here) == 0:
				first = d
			}
			here = append(here, l.name)
			return true
		})
		if len(here) > 0 {
			lines = append(lines, fmt.Sprintf("%s in code cell %d (%s): run that cell first", are(here, "declared"), c.Number, short(first.Line)))
			found = true
		}
	}
	if found {
		lines = append(lines, "Nothing is declared any more after a restart of the kernel; in JupyterLab, Run > Run All Above Selected Cell mends that.")
	}
	for _, c := range n.Cells {
		if c.Number == 0 {
			continue
		}
		declared := gocell.Declared(c.Source)
		names = slices.DeleteFunc(names, func(l lacking) bool {
			d, ok := declared[l.name]
			if ok {
				lines = append(lines, fmt.Sprintf("%s belongs to code cell %d alone, which declares it below %%%% (%s): declare it above, with var, to use it in other cells", l.name, c.Number, short(d.Line)))
			}
			return ok
		})
	}
	return append(lines, unknown(names, "any cell of "+filepath.Base(path)+" as it was saved last")...)
}

// unknown is what is said of names that no cell declares.
func unknown(names []lacking, where string) []string {
	var plain []string
	for _, l := range names {
		if l.kind == "" { // Else it is a package's or a type's that is misspelt.
			plain = append(plain, l.name)
		}
	}
	if len(plain) == 0 {
		return nil
	}
	return []string{are(plain, "not declared") + " in " + where + ": mend the spelling or, if a cell does declare it, run that cell first"}
}

// are joins names: "a and b are declared".
func are(names []string, what string) string {
	if len(names) == 1 {
		return names[0] + " is " + what
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last] + " are " + what
}

// short shortens a line of code.
func short(line string) string {
	if r := []rune(line); len(r) > 72 {
		return string(r[:69]) + "..."
	}
	return line
}
