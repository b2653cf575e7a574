package notebook

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// machinePaths are folders as they are on one machine, at the place of FOLDER in
// a text.
var machinePaths = []string{
	`/(?:home|Users)/[\w.-]+`,
	`/root`,
	`/tmp`,
	`/var/(?:folders|tmp)`,
	`/usr/local/go`,
	`/go/pkg/mod`,
	`[A-Za-z]:(?:\\{1,2}|/)(?:Users|Documents and Settings|ProgramData|Program Files|Windows|Temp)`,
	`gonb_[0-9a-f]{8}`, // in which GoNB builds cells
}

const (
	before = `(?:^|[^\w.~/-]|file://)` // An address on the web or a longer path is no path of a machine.
	within = `(?:[/\\][^\s<>"']*)?`
	after  = `(?:$|[^\w-])`
)

// base64Data is in pictures within SVG and HTML, and may hold anything.
var base64Data = regexp.MustCompile(`;base64,[A-Za-z0-9+/=\s]+`)

// everywhere are folders that many machines have: prose may speak of them.
var everywhere = []string{"/root", "/tmp", "/var/tmp", "/usr/local/go", "/go/pkg/mod"}

// Remain is what Clean cannot take away.
type Remain struct {
	Text string // The place, and what is wrong there.
	Run  bool   // The notebook must be run anew when it is mended.
}

// Remains returns what must not be committed and Clean cannot take away: paths of
// a machine, errors, and code cells without code. Folders are further paths, of
// this machine. In prose these alone count.
func (n *Notebook) Remains(folders ...string) ([]Remain, error) {
	tree, err := wholeTree(n.Bytes())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", n.Path, err)
	}
	var own []string
	for _, folder := range folders {
		if folder = strings.TrimRight(folder, "/"); folder != "" {
			own = append(own, folder)
		}
	}
	every := newMachine(own, machinePaths)
	here := newMachine(slices.DeleteFunc(own, func(folder string) bool { return slices.Contains(everywhere, folder) }), nil)
	var found []Remain
	run := false
	say := func(format string, args ...any) {
		found = append(found, Remain{fmt.Sprintf(format, args...), run})
	}
	add := func(where string, m machine, v any) {
		for _, path := range m.paths(v) {
			say("%s holds a path of the machine: %s", where, path)
		}
	}
	for i, cell := range objects(tree["cells"]) {
		c, source := n.Cells[i], here
		if run = c.Type == "code"; run {
			source = every
		}
		if c.Type == "code" && c.Number == 0 {
			say("%s holds no code", c.Label())
		}
		add(c.Label()+": its source", source, cell["source"])
		add(c.Label()+": its metadata", every, cell["metadata"])
		for j, output := range objects(cell["outputs"]) {
			where := fmt.Sprintf("%s: output %d", c.Label(), j+1)
			if c.Outputs[j].Type == "error" {
				say("%s is an error: %s", where, c.Outputs[j].Error())
			}
			add(where, every, withoutBinary(output))
		}
	}
	run = false
	add("the notebook's metadata", every, tree["metadata"])
	return found, nil
}

// Error returns an error output in one line.
func (o Output) Error() string {
	return strings.Trim(o.EName+": "+strings.TrimSpace(o.EValue), ": ")
}

// withoutBinary returns an output without data that is not text.
func withoutBinary(output map[string]any) map[string]any {
	data, ok := output["data"].(map[string]any)
	if !ok {
		return output
	}
	text := map[string]any{}
	for kind, v := range data {
		if kind == "image/svg+xml" || !slices.ContainsFunc([]string{"image/", "audio/", "video/", "application/pdf"}, func(s string) bool { return strings.HasPrefix(kind, s) }) {
			text[kind] = v
		}
	}
	return map[string]any{"data": text, "metadata": output["metadata"]}
}

type machine struct{ pattern *regexp.Regexp }

// newMachine finds folders, and what further patterns match.
func newMachine(folders, patterns []string) machine {
	all := slices.Clone(patterns)
	for _, folder := range folders {
		all = append(all, regexp.QuoteMeta(folder))
	}
	if len(all) == 0 {
		return machine{}
	}
	return machine{regexp.MustCompile(before + `((?:` + strings.Join(all, "|") + `)` + within + `)` + after)}
}

// paths returns the paths of a machine in a JSON value, each once.
func (m machine) paths(v any) []string {
	var found []string
	switch v := v.(type) {
	case string:
		if m.pattern == nil {
			return nil
		}
		for _, line := range strings.Split(base64Data.ReplaceAllString(v, ""), "\n") {
			for _, match := range m.pattern.FindAllStringSubmatch(line, -1) {
				found = append(found, strings.TrimRight(match[1], "`.,;:)]}"))
			}
		}
	case []any:
		for _, item := range v {
			found = append(found, m.paths(item)...)
		}
	case map[string]any:
		for _, key := range sortedKeys(v) {
			found = append(found, m.paths(key)...)
			found = append(found, m.paths(v[key])...)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}
