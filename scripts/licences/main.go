// Command licences lists the licence of everything that scripts/setup and the other
// scripts fetch, and fails if one of them is not in allowed.txt. scripts/audit calls it.
package main

import (
	_ "embed"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed allowed.txt
var allowedText string

// A dependency is something that is fetched.
type dependency struct {
	kind, name, version string
	licence             string // an SPDX expression; empty if none was found
}

func main() {
	root := flag.String("root", ".", "the project's folder")
	cache := flag.String("cache", "", "the folder of the plugins")
	brief := flag.Bool("brief", false, "print the counts alone")
	flag.Parse()
	if err := run(*root, *cache, *brief); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

func run(root, cache string, brief bool) error {
	allowed, err := parseAllowed(allowedText)
	if err != nil {
		return err
	}
	all, err := fetched(root, cache)
	if err != nil {
		return err
	}
	for i, d := range all {
		all[i].licence = allowed.known(d)
	}
	if !brief {
		for _, d := range all {
			fmt.Printf("%-7s %-55s %-25s %s\n", d.kind, d.name, shorten(d.version), d.licence)
		}
		fmt.Println()
	}
	for _, line := range counts(all) {
		fmt.Println(line)
	}
	return allowed.check(all)
}

// fetched collects the dependencies of all kinds.
func fetched(root, cache string) (all []dependency, err error) {
	add := func(some []dependency, more error) {
		all = append(all, some...)
		if err == nil {
			err = more
		}
	}
	for _, module := range []string{".", "scripts/tools", "scripts/mnist", "scripts/vulndb"} {
		add(goModules(filepath.Join(root, module)))
	}
	for _, environment := range []string{".venv", ".venv-bench"} { // the second only where there is one
		add(pythonPackages(filepath.Join(root, environment)))
	}
	add(npmPackages(filepath.Join(root, "scripts/browser/package-lock.json")))
	if cache != "" {
		add(plugins(filepath.Join(cache, "pjrt")))
	}
	slices.SortFunc(all, func(a, b dependency) int { return strings.Compare(a.key(), b.key()) })
	return slices.CompactFunc(all, func(a, b dependency) bool { return a.key() == b.key() }), err
}

func (d dependency) key() string { return d.kind + " " + d.name + " " + d.version }

// counts says how many dependencies have each licence.
func counts(all []dependency) (lines []string) {
	number := map[string]int{}
	for _, d := range all {
		number[d.licence]++
	}
	for licence, n := range number {
		if licence == "" {
			licence = "no licence found"
		}
		lines = append(lines, fmt.Sprintf("%4d %s", n, licence))
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(b, a) })
	return lines
}

// shorten takes the commit of a pseudo-version away, which says nothing to a reader.
func shorten(version string) string {
	if parts := strings.Split(version, "-"); len(parts) > 1 && len(parts[len(parts)-1]) == 12 {
		return strings.Join(parts[:len(parts)-1], "-")
	}
	return version
}
