package main

import (
	"encoding/json"
	"os"
	"strings"
)

// npmPackages are those of a package-lock.json, which holds the licence that each names.
func npmPackages(lock string) (all []dependency, err error) {
	text, err := os.ReadFile(lock)
	if err != nil {
		return nil, err
	}
	var locked struct {
		Packages map[string]struct{ Version, License string }
	}
	if err := json.Unmarshal(text, &locked); err != nil {
		return nil, err
	}
	for path, p := range locked.Packages {
		if path != "" { // the package itself
			all = append(all, dependency{"npm", path[strings.LastIndex(path, "node_modules/")+len("node_modules/"):], p.Version, p.License})
		}
	}
	return all, nil
}
