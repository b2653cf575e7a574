// Command licences lists the licence of everything that scripts/setup and the other scripts fetch, and fails if one of
// them is not in allowed.txt. scripts/audit calls it. It reads only what is on this machine, of all kinds: Go modules,
// Python packages, npm packages and XLA's plugins.
package main

import (
	"cmp"
	_ "embed"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/github/go-spdx/v2/spdxexp"
)

//go:embed allowed.txt
var allowedText string

// A dependency is something that is fetched; its licence is an SPDX expression, empty if none was found.
type dependency struct{ kind, name, version, licence string }

func main() {
	root := flag.String("root", ".", "the project's folder")
	cache := flag.String("cache", "", "the folder of the plugins")
	flag.Parse()
	if err := run(*root, *cache); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

func run(root, cache string) error {
	allowed, err := parseAllowed(allowedText)
	if err != nil {
		return err
	}
	all, err := fetched(root, cache)
	if err != nil {
		return err
	}
	counts := map[string]int{}
	for _, d := range all {
		licence := cmp.Or(allowed.known(d), "no licence found")
		fmt.Printf("%-7s %-55s %-25s %s\n", d.kind, d.name, d.version, licence)
		counts[licence]++
	}
	fmt.Println()
	for _, licence := range slices.Sorted(maps.Keys(counts)) {
		fmt.Printf("%4d %s\n", counts[licence], licence)
	}
	return allowed.check(all)
}

// fetched collects the dependencies of all kinds.
func fetched(root, cache string) ([]dependency, error) {
	var all []dependency
	var failed error
	add := func(some []dependency, err error) {
		all, failed = append(all, some...), cmp.Or(failed, err)
	}
	for _, module := range []string{".", "scripts/tools", "scripts/mnist", "scripts/vulndb"} {
		add(goModules(filepath.Join(root, module)))
	}
	for _, environment := range []string{".venv", ".venv/lint", ".venv-bench"} { // those that are there
		add(wheels("python", filepath.Join(root, environment, "lib/python*/site-packages")))
	}
	add(npmPackages(filepath.Join(root, "scripts/browser/package-lock.json")))
	if cache != "" {
		add(wheels("python", filepath.Join(cache, "uv/*")))
		add(cpuPlugin(filepath.Join(cache, "pjrt/cpu")))
		add(wheels("plugin", filepath.Join(cache, "pjrt/nvidia/licenses")))
	}
	slices.SortFunc(all, func(a, b dependency) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.name, b.name), cmp.Compare(a.version, b.version))
	})
	return slices.Compact(all), failed
}

// allowed is what allowed.txt says.
type allowed struct {
	licences   []string          // by their SPDX identifiers
	exceptions map[string]string // the licence of a dependency that cannot be recognized, by "kind name"
}

// parseAllowed reads lines of an identifier and a reason, or of a kind, a name, "is", an identifier and a reason.
func parseAllowed(text string) (a allowed, err error) {
	a.exceptions = map[string]string{}
	for i, line := range strings.Split(text, "\n") {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0 || fields[0] == "#":
		case len(fields) > 4 && fields[2] == "is":
			a.exceptions[fields[0]+" "+fields[1]] = fields[3]
		case len(fields) > 1 && valid(fields[0]):
			a.licences = append(a.licences, fields[0])
		default:
			return a, fmt.Errorf("allowed.txt:%d: neither a licence of SPDX with a reason nor a dependency "+
				"with its licence and a reason: %s", i+1, line)
		}
	}
	return a, nil
}

func valid(licence string) bool {
	ok, _ := spdxexp.ValidateLicenses([]string{licence})
	return ok
}

// known is the licence of a dependency, by allowed.txt where it cannot be recognized.
func (a allowed) known(d dependency) string {
	return cmp.Or(a.exceptions[d.kind+" "+d.name], d.licence)
}

// check returns an error that names all dependencies whose licence is not allowed.
func (a allowed) check(all []dependency) error {
	var wrong []string
	for _, d := range all {
		licence := a.known(d)
		if ok, err := spdxexp.Satisfies(licence, a.licences); err != nil || !ok {
			licence = cmp.Or(licence, "no licence found")
			wrong = append(wrong, fmt.Sprintf("\n  %s %s %s: %s", d.kind, d.name, d.version, licence))
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return fmt.Errorf("these have a licence that scripts/licences/allowed.txt does not name; "+
		"read it, then add it there with the reason, or do without:%s", strings.Join(wrong, ""))
}
