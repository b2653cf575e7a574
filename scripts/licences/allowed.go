package main

import (
	"fmt"
	"strings"

	"github.com/github/go-spdx/v2/spdxexp"
)

// allowed is what allowed.txt says.
type allowed struct {
	licences   []string          // by their SPDX identifiers
	exceptions map[string]string // the licence of a dependency that cannot be recognized, by "kind name"
}

// parseAllowed reads lines of an identifier and a reason, or of a kind, a name, "is", an
// identifier and a reason.
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
			return a, fmt.Errorf("allowed.txt:%d: neither a licence of SPDX with a reason nor a dependency with its licence and a reason: %s", i+1, line)
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
	if licence, ok := a.exceptions[d.kind+" "+d.name]; ok {
		return licence
	}
	return d.licence
}

// check returns an error that names all dependencies whose licence is not allowed.
func (a allowed) check(all []dependency) error {
	var wrong []string
	for _, d := range all {
		licence := a.known(d)
		if ok, err := spdxexp.Satisfies(licence, a.licences); err != nil || !ok {
			if licence == "" {
				licence = "no licence found"
			}
			wrong = append(wrong, fmt.Sprintf("%s %s %s: %s", d.kind, d.name, d.version, licence))
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return fmt.Errorf("these have a licence that scripts/licences/allowed.txt does not name; read it, then add it there with the reason, or do without:\n  %s", strings.Join(wrong, "\n  "))
}
