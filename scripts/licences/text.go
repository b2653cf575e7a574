package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// licenceFile matches the names of files that hold a licence.
var licenceFile = regexp.MustCompile(`(?i)^(un)?licen[cs]es?([-._].*)?$|^copying([-._].*)?$|^(mit|bsd|apache)-licen[cs]e`)

// leastCovered is the share of a file, in percent, that must be the text of known
// licences; the rest may be a title, a copyright line or a list of authors.
const leastCovered = 60

// licenceOf recognizes the licences in the files of one folder, and not below it, where
// vendored code may lie. Each file's licence holds, so they are joined by AND.
func licenceOf(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	var found []string
	for _, entry := range entries {
		if entry.IsDir() || !licenceFile.MatchString(entry.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return "", err
		}
		for _, licence := range recognize(text) {
			if !slices.Contains(found, licence) {
				found = append(found, licence)
			}
		}
	}
	slices.Sort(found)
	return strings.Join(found, " AND "), nil
}

// recognize names the licences whose text this is, by their SPDX identifiers.
func recognize(text []byte) (licences []string) {
	coverage := licensecheck.Scan(text)
	if coverage.Percent < leastCovered {
		return nil
	}
	for _, match := range coverage.Match {
		if !match.IsURL && !slices.Contains(licences, match.ID) {
			licences = append(licences, match.ID)
		}
	}
	return licences
}
