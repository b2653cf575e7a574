package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

const isc = `Copyright 2020 Somebody

Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby
granted, provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL
IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT,
INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN
AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR
PERFORMANCE OF THIS SOFTWARE.
`

func TestLicenceOf(t *testing.T) {
	apache, err := os.ReadFile("../../LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, step := range []struct{ name, text, want string }{
		{"licensed.go", isc, ""},
		{"LICENSE", "All rights reserved. Ask us.", ""},
		{"COPYING.txt", isc, "ISC"},
		{"LICENSE-APACHE", string(apache), "Apache-2.0 AND ISC"},
	} {
		write(t, dir, step.name, step.text)
		if got, err := licenceOf(dir); got != step.want || err != nil {
			t.Errorf("after %s: %q, %v, want %q", step.name, got, err, step.want)
		}
	}
}

func TestPythonPackages(t *testing.T) {
	dir := t.TempDir()
	pattern := filepath.Join(dir, "lib/python*/site-packages")
	for name, test := range map[string]struct{ header, text, want string }{
		"expression":  {"License-Expression: MIT OR Apache-2.0\nLicense: other\n", isc, "MIT OR Apache-2.0"},
		"file":        {"License: BSD\nClassifier: License :: OSI Approved :: MIT License\n", isc, "ISC"},
		"field":       {"License: Apache-2.0\n", "", "Apache-2.0"},
		"classifier":  {"License: UNKNOWN\nClassifier: Topic\nClassifier: License :: OSI Approved :: MIT License\n", "", "MIT"},
		"nothing":     {"", "", ""},
		"proprietary": {"License: Proprietary\n", "", ""},
	} {
		info := filepath.Join("lib/python3.11/site-packages", name+"-1.0.dist-info")
		text := "Metadata-Version: 2.4\nName: " + name + "\nVersion: 1.0\n" + test.header + "\nLicense: of the description\n"
		write(t, dir, filepath.Join(info, "METADATA"), text)
		if test.text != "" {
			write(t, dir, filepath.Join(info, "licenses/LICENSE"), test.text)
		}
		found, err := wheels("python", pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range found {
			if d.name == name && (d.licence != test.want || d.version != "1.0") {
				t.Errorf("%s: %+v, want the licence %q", name, d, test.want)
			}
		}
	}
	if found, err := wheels("python", pattern); len(found) != 6 || err != nil {
		t.Errorf("%d packages, %v, want 6", len(found), err)
	}
}

func TestNPMPackages(t *testing.T) {
	lock := write(t, t.TempDir(), "package-lock.json",
		`{"packages": {"": {"license": "X"}, "node_modules/a/node_modules/@b/c": {"version": "1.2.3", "license": "MIT"}}}`)
	found, err := npmPackages(lock)
	if want := (dependency{"npm", "@b/c", "1.2.3", "MIT"}); err != nil || len(found) != 1 || found[0] != want {
		t.Errorf("%+v, %v, want %+v", found, err, want)
	}
}

func TestCheck(t *testing.T) {
	a, err := parseAllowed("# A comment.\nMIT keep the notice\nISC keep the notice\n\ngo odd is MIT its page says so\n")
	if err != nil {
		t.Fatal(err)
	}
	for licence, ok := range map[string]bool{
		"MIT": true, "MIT AND ISC": true, "MIT OR GPL-3.0-only": true, "(MIT OR GPL-3.0-only) AND ISC": true,
		"MIT AND GPL-3.0-only": false, "GPL-3.0-only": false, "AGPL-3.0-or-later": false, "": false, "Proprietary": false,
	} {
		err := a.check([]dependency{{"go", "good", "v1", "MIT"}, {"go", "new", "v2", licence}})
		if (err == nil) != ok {
			t.Errorf("%q: %v, want allowed: %v", licence, err, ok)
		}
		if err != nil && (!strings.Contains(err.Error(), "go new v2: ") || strings.Contains(err.Error(), "good")) {
			t.Errorf("%q: the error does not name the dependency alone: %v", licence, err)
		}
	}
	if err := a.check([]dependency{{"go", "odd", "v1", ""}}); err != nil {
		t.Errorf("an exception is not heeded: %v", err)
	}
	if err := a.check([]dependency{{"python", "odd", "1", ""}}); err == nil {
		t.Error("an exception holds for another kind")
	}
}

func TestAllowedNeedsReasons(t *testing.T) {
	for _, line := range []string{"MIT", "Beerware2 fine", "go odd is MIT", "go odd MIT a reason"} {
		if _, err := parseAllowed("ISC a reason\n" + line); err == nil || !strings.Contains(err.Error(), "allowed.txt:2") {
			t.Errorf("%q: %v", line, err)
		}
	}
	if a, err := parseAllowed(allowedText); err != nil || len(a.licences) == 0 {
		t.Errorf("allowed.txt: %v", err)
	}
}
