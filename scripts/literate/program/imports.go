package program

import (
	"fmt"
	"go/ast"
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
)

// importSpec is an import.
type importSpec struct {
	name string // As written; "" for the package's own.
	path string
}

func importsOf(f *ast.File) (all []importSpec) {
	for _, spec := range f.Imports {
		i := importSpec{}
		i.path, _ = strconv.Unquote(spec.Path.Value)
		if spec.Name != nil {
			i.name = spec.Name.Name
		}
		all = append(all, i)
	}
	return all
}

// lastWord is what the kernel calls an import without a name.
var lastWord = regexp.MustCompile(`\w+$`)

func (k *known) addImports(p *piece) error {
	for _, i := range importsOf(p.file) {
		switch {
		case i.name == ".":
			return errorAt(p, "it imports %s by a dot; import it by its name", i.path)
		case i.path == "C":
			return errorAt(p, "it imports C, which cells cannot")
		case i.name == "_":
			k.imports["_ "+i.path] = i
		case i.name != "":
			k.imports[i.name] = i
		default:
			k.imports[lastWord.FindString(i.path)] = i
		}
	}
	p.imports = slices.SortedFunc(maps.Values(k.imports), compareImports)
	return nil
}

func compareImports(a, b importSpec) int {
	if c := strings.Compare(a.path, b.path); c != 0 {
		return c
	}
	return strings.Compare(a.name, b.name)
}

// goimports is the kernel's own.
const goimports = ".venv/bin/goimports"

// addImports adds the imports that cells leave out, and drops those that the
// program of a cell does not use, as the kernel does: by goimports.
func addImports(pieces []*piece) error {
	tmp, err := os.MkdirTemp("", "program-")
	if err != nil {
		return fmt.Errorf(": %w", err)
	}
	defer os.RemoveAll(tmp)
	command, err := filepath.Abs(goimports)
	if err != nil {
		return fmt.Errorf(": %w", err)
	}
	if _, err := os.Stat(command); err != nil {
		return fmt.Errorf(": goimports, which adds a cell's imports, is missing; run scripts/setup, which installs it: %w", err)
	}
	args := []string{"-w", "-srcdir", "."}
	for i, p := range pieces {
		// A folder each, as goimports looks at what is beside a file.
		folder := filepath.Join(tmp, strconv.Itoa(i))
		if err := os.Mkdir(folder, 0o755); err != nil {
			return fmt.Errorf(": %w", err)
		}
		file := filepath.Join(folder, "main.go")
		if err := os.WriteFile(file, []byte(p.source()), 0o644); err != nil {
			return fmt.Errorf(": %w", err)
		}
		args = append(args, file)
	}
	run := exec.Command(command, args...)
	run.Env = append(os.Environ(), "GOWORK=off")
	if said, err := run.CombinedOutput(); err != nil {
		return fmt.Errorf(": goimports: %w\n%s", err, said)
	}
	for i, p := range pieces {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(tmp, strconv.Itoa(i), "main.go"), nil, parser.ImportsOnly)
		if err != nil {
			return fmt.Errorf(": %w", err)
		}
		p.imports = importsOf(file)
	}
	return nil
}
