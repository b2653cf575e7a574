package main

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/d2l-go/book/scripts/literate/notebook"
)

// undefined matches how the compiler says that a cell's program lacks a name, N, or a method, N.N.
var undefined = regexp.MustCompile(strings.ReplaceAll(`(?m)^(?:\./)?(main(?:_test)?\.go):(\d+):\d+: `+
	`(?:undefined: (N)(\.N)?|use of package (N) without selector|`+
	`.+ undefined \(type \*?(N)(?:\[.+\])? has no field or method (N)\))$`, "N", `[\pL_][\pL\p{Nd}_]*`))

// missing says, for what the compiler says of a cell, which cells of its notebook have to run before it: nothing, if no
// name is undefined. The kernel's go command calls it.
func missing(said, path string) (lines []string) {
	var names []string
	misspelt := map[string]bool{} // These may be misspelt names of a package or type, and no cell's.
	var selected [][2]string      // Names, and what follows their dots.
	for _, m := range undefined.FindAllStringSubmatch(said, -1) {
		place := m[1:3]
		m = m[2:]
		name := m[1] + m[3]
		if sel := cmp.Or(strings.TrimPrefix(m[2], "."), selectedAt(place[0], place[1], m[1])); m[1] != "" && sel != "" {
			selected = append(selected, [2]string{name, sel})
		}
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
	var spelling []string
	// respelt adds the nearest names that a package has to spelling, and reports whether there are any.
	respelt := func(pkg string) (found bool) {
		for _, s := range selected {
			if s[0] != pkg {
				continue
			}
			near := ""
			if pkg == "d2l" {
				near = ofPyTorch[s[1]]
			}
			if near = cmp.Or(near, nearest(pkg, s[1])); near != "" {
				found = true
				spelling = append(spelling, fmt.Sprintf("package %s has no %s: the nearest name that it has is %s", pkg, s[1],
					near))
			}
		}
		return found
	}
	locals := map[*notebook.Cell]map[string]string{}
	for _, c := range n.Cells {
		if c.Number == 0 {
			continue
		}
		var global map[string]string
		global, locals[c] = namesIn(c.Source)
		here := slices.DeleteFunc(find(global), func(name string) bool {
			// An import that the compiler knows lacks the name: it is the name that is wrong.
			return strings.HasSuffix(global[name], `"`) && (respelt(name) || misspelt[name])
		})
		if len(here) > 0 {
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
			lines = append(lines, fmt.Sprintf("%s belongs to code cell %d alone, which declares it among its statements (%s): "+
				"declare it above them, with var, to use it in other cells", name, c.Number, short(locals[c][name])))
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		is, ok := inGo[name]
		if ok {
			lines = append(lines, fmt.Sprintf("%s of Python is %s in Go", name, is))
		}
		return ok || respelt(name) || misspelt[name] || slices.ContainsFunc(selected, func(s [2]string) bool {
			lacks := s[0] == name && standard(name)
			if lacks {
				lines = append(lines, fmt.Sprintf("Go's package %s has no %s, and no cell declares %[1]s", name, s[1]))
			}
			return lacks
		})
	})
	if len(names) > 0 {
		lines = append(lines, are(names, "not declared")+" in "+where+
			": fix the spelling or, if a cell does declare it, run that cell first")
	}
	return append(lines, spelling...)
}

// inGo is what names of Python that no cell declares are in Go.
var inGo = map[string]string{"None": "nil", "True": "true", "False": "false"}

// ofPyTorch is what names of PyTorch that are not like them are in d2l.
var ofPyTorch = map[string]string{
	"Linear": "Dense", "NewAdam": "Adam", "NewSGD": "SGD", "SmoothL1Loss": "HuberLoss", "CrossEntropyLoss": "SoftmaxCrossEntropyLoss",
	"BCELoss": "SigmoidBinaryCrossEntropyLoss", "BCEWithLogitsLoss": "SigmoidBinaryCrossEntropyLoss",
	"AdaptiveAvgPool2d": "GlobalAvgPool2D", "AdaptiveMaxPool2d": "GlobalMaxPool2D", "Heatmap": "ShowHeatmaps", "Heatmaps": "ShowHeatmaps",
}

// selectedAt returns what follows a name and a dot in a line of the program: where a package lacks it, that is not
// imported, and the compiler speaks of the package alone.
func selectedAt(path, line, name string) string {
	program, _ := os.ReadFile(path)
	lines := strings.Split(string(program), "\n")
	if n, _ := strconv.Atoi(line); n <= len(lines) && name != "" {
		if m := regexp.MustCompile(`\b` + name + `\.([\pL_][\pL\p{Nd}_]*)`).FindStringSubmatch(lines[n-1]); m != nil {
			return m[1]
		}
	}
	return ""
}

var exported = regexp.MustCompile(`(?m)^ *(?:func|type|var|const) (\w+)`)

// nearest returns the name of a package that is nearest to one that it lacks, or "" if there is none near or no package.
func nearest(pkg, name string) (best string) {
	doc, _ := exec.Command("go", "doc", "-short", pkg).Output()
	likest := 0.7
	for _, m := range exported.FindAllStringSubmatch(string(doc), -1) {
		if m[1] == name {
			return "" // It has the name: here, another package is imported under this one's.
		}
		if l := likeness(name, m[1]); l > likest {
			best, likest = m[1], l
		}
	}
	return best
}

// standard reports whether a package of Go's standard library has this name as its path.
func standard(name string) bool {
	out, _ := exec.Command("go", "list", "-f", "{{.Standard}}", name).Output()
	return strings.TrimSpace(string(out)) == "true"
}

// likeness is how much of the longer name both begin and end with, whatever the case and without underscores.
func likeness(a, b string) float64 {
	fold := func(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }
	if a, b = fold(a), fold(b); len(a) > len(b) {
		a, b = b, a
	}
	same := 0
	for same < len(a) && a[same] == b[same] {
		same++
	}
	end := 0
	for end < len(a)-same && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	return float64(same+end) / float64(len(b))
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
