package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/d2l-go/book/scripts/literate/notebook"
)

// undefined matches how the compiler says that a cell's program lacks a name, N, or a method, N.N.
var undefined = regexp.MustCompile(strings.ReplaceAll(`(?m)^(?:\./)?main(?:_test)?\.go:\d+:\d+: `+
	`(?:undefined: (N)(\.N)?|use of package (N) without selector|`+
	`.+ undefined \(type \*?(N)(?:\[.+\])? has no field or method (N)\))$`, "N", `[\pL_][\pL\p{Nd}_]*`))

// missing says, for what the compiler says of a cell, which cells of its notebook have to run before it: nothing, if no
// name is undefined. The kernel's go command calls it.
func missing(said, path string) (lines []string) {
	var names []string
	misspelt := map[string]bool{} // These may be misspelt names of a package or type, and no cell's.
	for _, m := range undefined.FindAllStringSubmatch(said, -1) {
		name := m[1] + m[3]
		if m[5] != "" {
			name = m[4] + "." + m[5]
		}
		misspelt[name] = m[2]+m[5] != ""
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	where := "any cell of " + filepath.Base(path) + " as it was saved last"
	n, err := notebook.Read(path)
	if err != nil {
		n, where = &notebook.Notebook{}, "any cell that has run since the kernel started"
	}
	// find removes from names those that a cell declares, and returns them.
	find := func(declared map[string]string) (here []string) {
		names = slices.DeleteFunc(names, func(name string) bool {
			_, ok := declared[name]
			if ok {
				here = append(here, name)
			}
			return ok
		})
		return here
	}
	locals := map[*notebook.Cell]map[string]string{}
	for _, c := range n.Cells {
		if c.Number == 0 {
			continue
		}
		var global map[string]string
		global, locals[c] = namesIn(c.Source)
		if here := find(global); len(here) > 0 {
			lines = append(lines, fmt.Sprintf("%s in code cell %d (%s): run that cell first",
				are(here, "declared"), c.Number, short(global[here[0]])))
		}
	}
	if len(lines) > 0 {
		lines = append(lines, "Nothing is declared any more after a restart of the kernel; "+
			"in JupyterLab, Run > Run All Above Selected Cell fixes that.")
	}
	for _, c := range n.Cells {
		for _, name := range find(locals[c]) {
			lines = append(lines, fmt.Sprintf("%s belongs to code cell %d alone, which declares it below %%%% (%s): "+
				"declare it above, with var, to use it in other cells", name, c.Number, short(locals[c][name])))
		}
	}
	if names = slices.DeleteFunc(names, func(name string) bool { return misspelt[name] }); len(names) > 0 {
		lines = append(lines, are(names, "not declared")+" in "+where+
			": fix the spelling or, if a cell does declare it, run that cell first")
	}
	return lines
}

// are joins names: "a and b are declared".
func are(names []string, what string) string {
	last := len(names) - 1
	if last == 0 {
		return names[0] + " is " + what
	}
	return strings.Join(names[:last], ", ") + " and " + names[last] + " are " + what
}

// short shortens a line of code.
func short(line string) string {
	if r := []rune(line); len(r) > 72 {
		return string(r[:69]) + "..."
	}
	return line
}
