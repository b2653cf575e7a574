package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// goModules are the modules that `go mod download` fetches in that module's folder.
func goModules(dir string) (all []dependency, err error) {
	command := exec.Command("go", "mod", "download", "-json")
	command.Dir, command.Stderr = dir, os.Stderr
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("the Go modules of %s could not be downloaded (above): %w", dir, err)
	}
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var module struct{ Path, Version, Dir string }
		if err := decoder.Decode(&module); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		licence, err := licenceOf(module.Dir)
		if err != nil {
			return nil, err
		}
		all = append(all, dependency{"go", module.Path, module.Version, licence})
	}
}

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
			name := path[strings.LastIndex(path, "node_modules/")+len("node_modules/"):]
			all = append(all, dependency{"npm", name, p.Version, p.License})
		}
	}
	return all, nil
}

// cpuPlugin is XLA's plugin as scripts/setup unpacks it, with its licence files beside it.
func cpuPlugin(dir string) ([]dependency, error) {
	licence, err := licenceOf(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return []dependency{{"plugin", "pjrt_c_api_cpu_plugin.so", "", licence}}, err
}

// wheels are the Python packages whose metadata are in the folders of a pattern.
func wheels(kind, folders string) (all []dependency, err error) {
	files, err := filepath.Glob(filepath.Join(folders, "*.dist-info/METADATA"))
	for _, file := range files {
		found, err := wheel(file)
		if err != nil {
			return nil, err
		}
		found.kind = kind
		all = append(all, found)
	}
	return all, err
}

// wheel reads a METADATA. An SPDX expression there is the authors' own word; after it come the texts of the licence
// files, and last the older fields.
func wheel(file string) (d dependency, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return d, err
	}
	header, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(text))).ReadMIMEHeader()
	if err != nil && !errors.Is(err, io.EOF) {
		return d, err
	}
	d = dependency{name: header.Get("Name"), version: header.Get("Version"), licence: header.Get("License-Expression")}
	for _, dir := range []string{filepath.Dir(file), filepath.Join(filepath.Dir(file), "licenses")} {
		if d.licence == "" {
			if d.licence, err = licenceOf(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return d, err
			}
		}
	}
	for _, old := range append(header["License"], header["Classifier"]...) {
		old = strings.TrimPrefix(strings.TrimPrefix(old, "License :: "), "OSI Approved :: ")
		if name := oldNames[strings.ToLower(old)]; d.licence == "" && name != "" {
			d.licence = name
		} else if d.licence == "" && valid(old) {
			d.licence = old
		}
	}
	return d, nil
}

// oldNames are the licences as packages name them that know nothing of SPDX.
var oldNames = map[string]string{
	"apache 2.0":                           "Apache-2.0",
	"apache license, version 2.0":          "Apache-2.0",
	"apache software license":              "Apache-2.0",
	"bsd license":                          "BSD-3-Clause",
	"isc license (iscl)":                   "ISC",
	"mit license":                          "MIT",
	"mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
	"python software foundation license":   "PSF-2.0",
}

// licenceFile matches the names of files that hold a licence.
var licenceFile = regexp.MustCompile(`(?i)^((un)?licen[cs]es?|copying)([-._].*)?$|^(mit|bsd|apache)-licen[cs]e`)

// licenceOf recognizes the licences in the files of one folder, and not below it, where vendored code may lie. Each
// file's licence holds, so they are joined by AND. Of a file 60 % must be the text of known licences; the rest may be
// a title, a copyright line or a list of authors.
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
		coverage := licensecheck.Scan(text)
		for _, match := range coverage.Match {
			if coverage.Percent >= 60 && !match.IsURL {
				found = append(found, match.ID)
			}
		}
	}
	slices.Sort(found)
	return strings.Join(slices.Compact(found), " AND "), nil
}
