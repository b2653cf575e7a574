package main

import (
	"bufio"
	"errors"
	"io"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
)

// pythonPackages are those installed in an environment.
func pythonPackages(environment string) ([]dependency, error) {
	return pythonPackagesIn(filepath.Join(environment, "lib/python*/site-packages"))
}

// pythonPackagesIn are those whose metadata are in the folders of a pattern.
func pythonPackagesIn(folders string) (all []dependency, err error) {
	files, err := filepath.Glob(filepath.Join(folders, "*.dist-info/METADATA"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		found, err := pythonPackage(file)
		if err != nil {
			return nil, err
		}
		all = append(all, found)
	}
	return all, nil
}

// pythonPackage reads the METADATA of a wheel. An SPDX expression there is the authors'
// own word; after it come the texts of the licence files, and last the older fields.
func pythonPackage(file string) (dependency, error) {
	f, err := os.Open(file)
	if err != nil {
		return dependency{}, err
	}
	defer f.Close()
	header, err := textproto.NewReader(bufio.NewReader(f)).ReadMIMEHeader()
	if err != nil && !errors.Is(err, io.EOF) {
		return dependency{}, err
	}
	licence := header.Get("License-Expression")
	for _, dir := range []string{filepath.Dir(file), filepath.Join(filepath.Dir(file), "licenses")} {
		if licence == "" {
			if licence, err = licenceOf(dir); err != nil && !errors.Is(err, os.ErrNotExist) {
				return dependency{}, err
			}
		}
	}
	if licence == "" {
		licence = oldFields(header)
	}
	return dependency{"python", header.Get("Name"), header.Get("Version"), licence}, nil
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

func oldFields(header textproto.MIMEHeader) string {
	candidates := []string{header.Get("License")}
	for _, classifier := range header["Classifier"] {
		if strings.HasPrefix(classifier, "License :: ") {
			candidates = append(candidates, classifier[strings.LastIndex(classifier, ":: ")+3:])
		}
	}
	for _, candidate := range candidates {
		if name := oldNames[strings.ToLower(candidate)]; name != "" {
			return name
		}
		if valid(candidate) {
			return candidate
		}
	}
	return ""
}
