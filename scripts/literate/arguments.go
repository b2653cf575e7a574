package main

import (
	"path/filepath"
	"slices"
	"strings"
)

// arguments puts flags first, wherever they stand, and writes paths, which are
// seen from one folder, as seen from the project's. All that is no flag is a path,
// and so is what -o takes.
func arguments(args []string, from, project string) []string {
	var flags, paths []string
	for i := 0; i < len(args); i++ {
		name, value, given := strings.Cut(args[i], "=")
		switch {
		case !strings.HasPrefix(name, "-"):
			paths = append(paths, within(project, from, args[i]))
		case strings.TrimLeft(name, "-") != "o" || !given && i+1 == len(args):
			flags = append(flags, args[i])
		default:
			if !given {
				i++
				value = args[i]
			}
			flags = append(flags, "-o="+within(project, from, value))
		}
	}
	return slices.Concat(flags, paths)
}

// within writes a path, which is seen from a folder, as seen from the project's.
// A whole path stays one if it leads elsewhere.
func within(project, from, path string) string {
	whole := path
	if !filepath.IsAbs(path) {
		whole = filepath.Join(from, path)
	}
	seen, err := filepath.Rel(project, whole)
	if err != nil || filepath.IsAbs(path) && !filepath.IsLocal(seen) {
		return path
	}
	return seen
}
