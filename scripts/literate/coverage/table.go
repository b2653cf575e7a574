package coverage

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// ours is the kind of the code cells that the chapter does not have.
const ours = "ours"

// kinds are those of the chapter's parts.
var kinds = []string{"chapter", "section", "code", "output", "figure", "exercise"}

var header = []string{"kind", "which", "cell", "symbols"}

// table is a table of coverage: for each part of the chapter a row.
type table struct {
	path   string
	rows   []row
	counts map[string]int // How many parts of a kind the chapter has.
}

type row struct {
	line    int
	kind    string   // One of kinds, or ours.
	which   string   // The part: a title, a number and words, or a printed line.
	cells   []string // notebook#cell; of an exercise, those of its solution follow.
	symbols []string // Such as d2l.Net or d2l.Net.Outputs.
}

// String names the row in messages.
func (r row) String() string { return fmt.Sprintf("%s \"%s\"", r.kind, r.which) }

// readTable reads a table and returns what is wrong with its form; nil if no rows
// can be told apart.
func readTable(path string, content []byte) (*table, []string) {
	t := &table{path: path}
	problems := t.readCounts(content)
	in := csv.NewReader(bytes.NewReader(content))
	in.Comment = '#'
	in.FieldsPerRecord = -1 // Counted below, for a better message.
	for first := true; ; first = false {
		fields, err := in.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			line := 1
			if parse := (*csv.ParseError)(nil); errors.As(err, &parse) {
				line, err = parse.Line, parse.Err
			}
			return nil, append(problems, at(path, line, "is not CSV: %v; a text with a comma or a quote stands in quotes", err))
		}
		line, _ := in.FieldPos(0)
		if first {
			if !slices.Equal(fields, header) {
				problems = append(problems, at(path, line, "the first row names the columns, %s", strings.Join(header, ",")))
			}
			continue
		}
		if len(fields) != len(header) {
			problems = append(problems, at(path, line, "has %d columns instead of %s; a text with a comma stands in quotes",
				len(fields), strings.Join(header, ",")))
			continue
		}
		t.rows = append(t.rows, row{line, fields[0], fields[1], strings.Fields(fields[2]), strings.Fields(fields[3])})
	}
	return t, append(problems, t.checkCounts()...)
}

const countsPrefix = "# the chapter has: "

var count = regexp.MustCompile(`^(\d+) (\w+)`)

// readCounts reads how many parts the chapter has from the first line. Without
// it a row could be lost unseen.
func (t *table) readCounts(content []byte) []string {
	first, _, _ := strings.Cut(string(content), "\n")
	list, ok := strings.CutPrefix(first, countsPrefix)
	if !ok {
		return []string{at(t.path, 1, "does not begin with what the chapter has, such as %s1 chapter, 4 sections", countsPrefix)}
	}
	counts := map[string]int{}
	for part := range strings.SplitSeq(list, ",") {
		m := count.FindStringSubmatch(strings.TrimSpace(part))
		if m == nil || !slices.Contains(kinds, strings.TrimSuffix(m[2], "s")) {
			return []string{at(t.path, 1, "%q is not a number and one of %s", strings.TrimSpace(part), strings.Join(kinds, ", "))}
		}
		counts[strings.TrimSuffix(m[2], "s")] = atoi(m[1])
	}
	t.counts = counts
	return nil
}

func (t *table) checkCounts() []string {
	if t.counts == nil {
		return nil
	}
	var problems []string
	for _, kind := range kinds {
		want, stated := t.counts[kind]
		got := 0
		for _, r := range t.rows {
			if r.kind == kind {
				got++
			}
		}
		switch {
		case !stated:
			problems = append(problems, at(t.path, 1, "does not say how many parts of the kind %s the chapter has", kind))
		case got != want:
			problems = append(problems, at(t.path, 1, "the chapter has %d of the kind %s, and the table has rows for %d", want, kind, got))
		}
	}
	return problems
}
