// Package faults checks the table of what may go wrong: that each of its rows says
// what the user sees and names tests that are there.
package faults

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
)

// A reference is written `file#test`: of Go `d2l/x_test.go#TestName/subtest`, of
// Python `scripts/x/y_test.py#ClassTest.test_name`.
var reference = regexp.MustCompile("`([^`#]+)#([^`]+)`")

// head is the first cell of a table of faults; other tables are passed over.
const head = "what goes wrong"

// Check returns what is wrong with the table in a Markdown file, each with its place.
func Check(files fs.FS, path string) ([]string, error) {
	content, err := fs.ReadFile(files, path)
	if err != nil {
		return nil, err
	}
	var found []string
	rows := 0
	report := func(line int, format string, args ...any) {
		found = append(found, fmt.Sprintf("%s:%d: %s", path, line+1, fmt.Sprintf(format, args...)))
	}
	inTable, ofFaults := false, false
	for i, line := range strings.Split(string(content), "\n") {
		if !strings.HasPrefix(line, "|") {
			inTable = false
			continue
		}
		cells := cellsOf(line)
		if !inTable {
			inTable, ofFaults = true, cells[0] == head
			continue
		}
		if !ofFaults {
			continue
		}
		if strings.Trim(line, "|-: ") == "" {
			continue
		}
		rows++
		if len(cells) != 3 || cells[0] == "" || cells[1] == "" || cells[2] == "" {
			report(i, "a row has three cells: what goes wrong, what the user sees, the test")
			continue
		}
		references := reference.FindAllStringSubmatch(cells[2], -1)
		if references == nil {
			report(i, "no test is named; write it as `file#test`")
		}
		for _, r := range references {
			problem, err := missing(files, r[1], r[2])
			if err != nil {
				return nil, err
			}
			if problem != "" {
				report(i, "%s", problem)
			}
		}
	}
	if rows == 0 {
		found = append(found, path+": there is no table of faults in it")
	}
	return found, nil
}

func cellsOf(line string) []string {
	const bar = "\x00"
	line = strings.ReplaceAll(strings.TrimSpace(line), `\|`, bar)
	cells := strings.Split(strings.Trim(line, "|"), "|")
	for i, cell := range cells {
		cells[i] = strings.TrimSpace(strings.ReplaceAll(cell, bar, "|"))
	}
	return cells
}

// missing says what is not there of a test in a file; it is empty for one that is.
func missing(files fs.FS, file, test string) (string, error) {
	content, err := fs.ReadFile(files, file)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		return fmt.Sprintf("there is no file %s", file), nil
	}
	if err != nil {
		return "", err
	}
	lacks := ""
	switch {
	case strings.HasSuffix(file, "_test.go"):
		lacks = missingGo(content, test)
	case strings.HasSuffix(file, "_test.py"):
		lacks = missingPython(string(content), test)
	default:
		return fmt.Sprintf("%s is no file of tests, which end in _test.go or _test.py", file), nil
	}
	if lacks != "" {
		return fmt.Sprintf("%s has no test %s: %s", file, test, lacks), nil
	}
	return "", nil
}
