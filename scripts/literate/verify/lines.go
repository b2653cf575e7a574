package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pmezard/go-difflib/difflib"
)

// Lines compares what a cell prints with what was saved of it: speed, device and
// times by the rules above, the figures that tolerance names within it, and all
// else exactly. A figure that is not finite never fits. It returns no text if the
// two fit, or one of several lines that says what differs.
func Lines(saved string, tolerance map[string]float64, got string) []string {
	named := newFigures(tolerance)
	a, b := splitLines(saved), splitLines(got)
	sameA, figuresA := splitAll(named, a)
	sameB, figuresB := splitAll(named, b)
	shown := slices.Clone(b) // with the saved line where the two fit
	var wrong []string
	for _, block := range difflib.NewMatcherWithJunk(sameA, sameB, false, nil).GetMatchingBlocks() {
		for i := range block.Size {
			x, y := block.A+i, block.B+i
			fits := true
			for j, want := range figuresA[x] {
				if said := want.compare(figuresB[y][j]); said != "" {
					wrong = append(wrong, said)
					fits = false
				}
			}
			if fits {
				shown[y] = a[x]
			}
		}
	}
	if slices.Equal(a, shown) && len(wrong) == 0 {
		return nil
	}
	text := difference(a, shown)
	for _, said := range wrong {
		text += "\n  " + said
	}
	return []string{text}
}

func splitAll(f figures, lines []string) (same []string, found [][]figure) {
	for _, line := range lines {
		s, figures := f.split(line)
		same = append(same, s)
		found = append(found, figures)
	}
	return same, found
}

// difference shows how two lists of lines differ: in one line, or as a unified
// diff.
func difference(a, b []string) string {
	if len(a) == len(b) {
		differ := -1
		for i := range a {
			if a[i] != b[i] {
				if differ >= 0 {
					return unified(a, b)
				}
				differ = i
			}
		}
		if differ >= 0 {
			return fmt.Sprintf("line %d\n  expected: %q\n  got:      %q", differ+1, strings.TrimSuffix(a[differ], "\n"), strings.TrimSuffix(b[differ], "\n"))
		}
	}
	return unified(a, b)
}

// longest is how many lines of a diff are shown.
const longest = 60

func unified(a, b []string) string {
	diff := difflib.UnifiedDiff{A: a, B: b, FromFile: "expected", ToFile: "got", Context: 2}
	text, err := difflib.GetUnifiedDiffString(diff)
	if err != nil {
		panic(err) // It writes to memory.
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if more := len(lines) - longest; more > 0 {
		lines = append(lines[:longest], fmt.Sprintf("… and %d lines more", more))
	}
	return "lines\n  " + strings.Join(lines, "\n  ")
}

// splitLines returns the lines of a text. The last one says if it has no end.
func splitLines(s string) []string {
	lines := strings.SplitAfter(s, "\n")
	if last := len(lines) - 1; lines[last] == "" {
		lines = lines[:last]
	} else {
		lines[last] += " (no end of line)\n"
	}
	return lines
}
