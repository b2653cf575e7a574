package cells

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	// crash is how the text begins with which Go ends a program.
	crash = regexp.MustCompile(`(?m)^(?:panic: |fatal error: |runtime: goroutine stack exceeds |` +
		`SIG(?:ABRT|BUS|FPE|ILL|SEGV|TRAP): )`)
	// checked is what d2l.Check writes before it ends a program: an error, and the lines of the cells.
	checked = regexp.MustCompile(`(?s)(?:^|\n)(error: .*?(?:\n\t[^\n]*/main(?:_test)?\.go:\d+)+\n)$`)
	frame   = regexp.MustCompile(`^\t.*/main(?:_test)?\.go:(\d+)(?: \+0x[0-9a-f]+.*)?$`)
	// registers is what Go says of a crash in C code besides its name.
	registers = regexp.MustCompile(`^(?:\[signal |runtime: |PC=|signal arrived during )`)
)

// LastWords returns where in what a program writes on standard error its last words may begin, or the length of it.
// They are kept back until the program has ended.
func LastWords(written []byte) int {
	if m := crash.FindIndex(written); m != nil {
		return m[0]
	}
	if m := checked.FindSubmatchIndex(written); m != nil {
		return m[2]
	}
	return len(written)
}

// Crash returns what a reader is told of a program that has ended with these last words, line by line, the kind of the
// error and what it says; ok is false if they are no crash of Go and no error of d2l.Check. It has the lines of cells
// that led there, and no others.
func (p Program) Crash(words []byte) (text []string, kind, message string, ok bool) {
	lines := strings.Split(string(bytes.TrimRight(words, "\n")), "\n")
	if !crash.Match(words) && !(checked.Match(words)) {
		return nil, "", "", false
	}
	i := 0
	var says []string
	for ; i < len(lines) && lines[i] != "" && !frame.MatchString(lines[i]); i++ {
		if !registers.MatchString(lines[i]) {
			says = append(says, strings.TrimSuffix(lines[i], " [recovered]"))
		}
	}
	if !slices.ContainsFunc(lines, func(line string) bool {
		return strings.HasPrefix(line, "goroutine ") || frame.MatchString(line)
	}) || len(says) == 0 {
		return nil, "", "", false
	}
	kind, message, _ = strings.Cut(strings.Join(says, "\n"), ": ")
	text = append(text, red+kind+plain+": "+message)
	const most = 4 // Lines of cells.
	var shown []Place
	for _, line := range lines[i:] {
		if strings.HasPrefix(line, "goroutine ") && len(shown) > 0 || len(shown) == most {
			break // The other goroutines have not crashed.
		}
		m := frame.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		number, _ := strconv.Atoi(m[1])
		place := p.Place(number)
		if place.Line == 0 || slices.Contains(shown, place) {
			continue
		}
		called := ""
		if len(shown) > 0 {
			called = "called in "
		}
		shown = append(shown, place)
		text = append(text, green+called+strings.TrimSuffix(p.where(place), ": ")+plain)
		if place.Cell == p.Cell {
			text = append(text, excerpt(p.own(place, number, 0))...)
		}
	}
	if len(shown) > 0 && !slices.ContainsFunc(shown, func(place Place) bool { return place.Cell == p.Cell }) {
		advice := fmt.Sprintf("What cell [%d] declared fails whenever a cell runs: change it there, and run that cell again.",
			shown[0].Cell)
		text = slices.Insert(text, 0, advice)
	}
	if kind != "error" && !strings.HasPrefix(message, "d2l: ") {
		text = append(text, "(%env GOTRACEBACK all in a cell shows Go's own trace from then on; "+
			"%env GOTRACEBACK single, this again.)")
	}
	return text, kind, message, true
}
