package verify

import (
	"regexp"
	"strings"
)

// ignored is what a new run may print otherwise: speed and device, and times. N is
// a number with decimals, as measured ones are printed and counts are not.
var ignored = []string{
	"N examples/sec on DEVICE",
	"N examples/sec",
	"N sec",
	"N s",
	"N ms",
	"N µs",
}

const (
	measured  = `([-+]?\d+\.\d+|[-+]?(?i:nan|inf))`
	oneDevice = `[cg]pu\(\d+\)`
	device    = `(?:` + oneDevice + `(?: in pure Go)?|\[` + oneDevice + `(?:, ` + oneDevice + `)*\])`
)

// rule is one line of ignored.
type rule struct {
	text    string
	same    string // The text, with unsaid for what may differ.
	pattern *regexp.Regexp
}

var rules = func() []rule {
	var all []rule
	for _, text := range ignored {
		pattern := regexp.QuoteMeta(text)
		pattern = strings.Replace(pattern, "N", measured, 1)
		if strings.HasSuffix(text, "DEVICE") {
			pattern = strings.Replace(pattern, "DEVICE", device, 1)
		} else {
			pattern += `\b`
		}
		all = append(all, rule{text, strings.NewReplacer("N", unsaid, "DEVICE", unsaid).Replace(text), regexp.MustCompile(`(^|[^\pL\pN_.])` + pattern)})
	}
	return all
}()
