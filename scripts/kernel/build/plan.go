package build

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// plan is what the compiler and the linker were told, and what that holds for.
type plan struct {
	compile, link string            // the commands
	info          string            // what the linker is told of the modules
	names         []string          // what the compiler and the linker are told of other names of packages
	packages      map[string]string // where in Go's cache the compiled packages are: all that a program may import
	own           string            // what is in the program's folder beside main.go, and Go's variables
	files         map[string]stamp  // Go's tools, the packages, and the sources of those that may change
}

// stamp changes when a file does, or when a folder gets or loses one.
type stamp struct {
	inode             uint64
	size              int64
	modified, changed int64 // nanoseconds since 1970; a program can set the former alone
}

func stampOf(path string) (stamp, error) {
	var s syscall.Stat_t
	if err := syscall.Stat(path, &s); err != nil {
		return stamp{}, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	modified, changed := times(&s)
	return stamp{s.Ino, s.Size, modified.Nano(), changed.Nano()}, nil
}

// content is for what never changes but as a whole: Go's cache notes when it was used last by its times.
func (s stamp) content() stamp { return stamp{inode: s.inode, size: s.size} }

var (
	heredoc   = regexp.MustCompile(`(?ms)^cat >\S+/b001/importcfg\.link << 'EOF'[^\n]*\n(.*?)^EOF$`)
	compiling = regexp.MustCompile(`(?m)^(\S+/compile) -o \$WORK/b001/_pkg_\.a .*$`)
	linking   = regexp.MustCompile(`(?m)^(?:GOROOT=\S+ )?(\S+/link) -o \$WORK/b001/exe/a\.out .*$`)
	caching   = regexp.MustCompile(`(?m)^cp \$WORK(/b\d+/_pkg_\.a) (\S+) # internal$`)
	working   = regexp.MustCompile(`(?m)^WORK=(\S+)$`)
	hidden    = regexp.MustCompile(`(^|/)(internal|vendor)(/|$)`)
	buildID   = regexp.MustCompile(` -buildid[ =]\S+`)
)

// newPlan reads what "go build -x" printed, which began at start, with the folder as own says.
func newPlan(dir, printed, own string, start time.Time) (*plan, error) {
	config := heredoc.FindStringSubmatch(printed)
	compile := compiling.FindAllStringSubmatch(printed, -1)
	link := linking.FindAllStringSubmatch(printed, -1)
	work := working.FindStringSubmatch(printed)
	if config == nil || work == nil || len(compile) != 1 || len(link) != 1 ||
		!strings.Contains(compile[0][0], " -p main ") {
		return nil, errors.New("no program of Go alone was built")
	}
	// With the ID of another program the go command would take this one for it; without any, macOS does not run it.
	p := &plan{
		compile: buildID.ReplaceAllLiteralString(compile[0][0], ""),
		link: strings.Replace(buildID.ReplaceAllLiteralString(link[0][0], " -buildid=cell"),
			"$WORK/b001/exe/a.out", `"$1"`, 1),
		own:      own,
		packages: map[string]string{}, files: map[string]stamp{},
	}
	cached := map[string]string{} // what has just been compiled
	for _, match := range caching.FindAllStringSubmatch(printed, -1) {
		cached[work[1]+match[1]] = match[2]
	}
	main := work[1] + "/b001/_pkg_.a"
	watch := []string{compile[0][1], link[0][1]}
	for line := range strings.Lines(config[1]) {
		line = strings.TrimSuffix(line, "\n")
		verb, rest, _ := strings.Cut(line, " ")
		switch verb {
		case "modinfo":
			p.info = line
		case "packagefile":
			name, path, _ := strings.Cut(rest, "=")
			if path != main {
				p.packages[name] = cmp.Or(cached[path], path)
				watch = append(watch, p.packages[name])
			}
		default:
			p.names = append(p.names, line)
		}
	}
	sources, err := sources(dir, slices.Sorted(maps.Keys(p.packages)))
	if err != nil {
		return nil, err
	}
	// The system's clock for files ticks every 10 ms at the slowest.
	latest := start.Add(-20 * time.Millisecond).UnixNano()
	for _, path := range sources {
		if p.files[path], err = stampOf(path); err != nil {
			return nil, err
		}
		if p.files[path].changed > latest {
			return nil, fmt.Errorf("%s has changed since", path)
		}
	}
	for _, path := range watch {
		now, err := stampOf(path)
		if err != nil {
			return nil, err
		}
		p.files[path] = now.content()
	}
	return p, nil
}

// sources lists the files and folders of those packages that may change: those of the workspace, and of modules that
// are replaced by folders.
func sources(dir string, packages []string) ([]string, error) {
	type module struct {
		Main           bool
		GoMod, Version string
		Replace        *module
	}
	cmd := exec.Command("go", append([]string{"list", "-find", "-json=Dir,Standard,Module,EmbedFiles"}, packages...)...)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // An interrupt is for the cell.
	said, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for decoder := json.NewDecoder(strings.NewReader(string(said))); decoder.More(); {
		var p struct {
			Dir        string
			Standard   bool
			Module     *module
			EmbedFiles []string
		}
		if err := decoder.Decode(&p); err != nil {
			return nil, err
		}
		replaced := p.Module != nil && p.Module.Replace != nil && p.Module.Replace.Version == ""
		if p.Standard || p.Dir == dir || p.Module != nil && !p.Module.Main && !replaced {
			continue
		}
		files, err := os.ReadDir(p.Dir)
		if err != nil {
			return nil, err
		}
		found[p.Dir] = true
		for _, file := range files {
			found[filepath.Join(p.Dir, file.Name())] = true
		}
		for _, name := range p.EmbedFiles {
			for path := filepath.Join(p.Dir, name); len(path) > len(p.Dir); path = filepath.Dir(path) {
				found[path] = true
			}
		}
		if p.Module != nil && p.Module.GoMod != "" {
			found[p.Module.GoMod] = true
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// own is what is in the program's folder beside main.go, and the variables that Go and the shell know.
func own(dir string) string {
	var all strings.Builder
	files, err := os.ReadDir(dir)
	if err != nil {
		fmt.Fprintln(&all, err)
	}
	for _, file := range files {
		if name := file.Name(); name != "main.go" && (filepath.Ext(name) == ".go" || strings.HasPrefix(name, "go.")) {
			content, err := os.ReadFile(filepath.Join(dir, name))
			fmt.Fprintf(&all, "%s %q %v\n", name, content, err)
		}
	}
	settings := os.Getenv("GOENV") // "go env -w"
	if folder, err := os.UserConfigDir(); settings == "" && err == nil {
		settings = filepath.Join(folder, "go/env")
	}
	if content, err := os.ReadFile(settings); err == nil {
		fmt.Fprintf(&all, "%q\n", content)
	}
	for _, variable := range os.Environ() {
		for _, prefix := range []string{"GO", "CGO_", "CC", "CXX", "AR=", "PATH=", "HOME=", "XDG_CONFIG_HOME=", "D2L_GO="} {
			if strings.HasPrefix(variable, prefix) && !strings.HasPrefix(variable, "GONB_") {
				all.WriteString(variable + "\n")
				break
			}
		}
	}
	return all.String()
}

// holds is whether main.go imports what is known alone, and nothing that the go command would refuse, and nothing else
// has changed.
func (p *plan) holds(dir string) bool {
	code, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, "main.go"), nil, parser.ImportsOnly)
	if err != nil {
		return false
	}
	for _, spec := range code.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil || p.packages[name] == "" && name != "unsafe" || hidden.MatchString(name) {
			return false
		}
	}
	return own(dir) == p.own && p.unchanged()
}

func (p *plan) unchanged() bool {
	for path, then := range p.files {
		now, err := stampOf(path)
		if then.changed == 0 {
			now = now.content()
		}
		if err != nil || now != then {
			return false
		}
	}
	return true
}

// add takes the packages of an earlier plan in, if both hold at once.
func (p *plan) add(earlier *plan) {
	if p.own != earlier.own || p.compile != earlier.compile || p.link != earlier.link || !earlier.unchanged() {
		return
	}
	for name, path := range earlier.packages {
		if p.packages[name] != "" && p.packages[name] != path {
			return
		}
	}
	maps.Copy(p.packages, earlier.packages)
	maps.Copy(p.files, earlier.files)
	for _, line := range earlier.names {
		if !slices.Contains(p.names, line) {
			p.names = append(p.names, line)
		}
	}
}

// write makes the files that the commands read, and the one with the commands.
func (p *plan) write(dir string) error {
	lines := slices.Clone(p.names)
	for _, name := range slices.Sorted(maps.Keys(p.packages)) {
		lines = append(lines, "packagefile "+name+"="+p.packages[name])
	}
	config := strings.Join(lines, "\n") + "\n"
	commands := fmt.Sprintf("WORK=%s\nexport GOGC=off GOMEMLIMIT=1GiB\n%s\n[ $# = 0 ] || %s\n", folder, p.compile, p.link)
	for name, content := range map[string]string{
		"b001/importcfg": config, "b001/importcfg.link": config + p.info + "\n", "commands": commands,
	} {
		if err := os.WriteFile(filepath.Join(dir, folder, name), []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}
