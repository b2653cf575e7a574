// Package gocell takes the source of a notebook's code cell apart as the GoNB
// kernel does, and names what Go declares.
package gocell

import "strings"

// Code is a cell in parts. Decls and Main keep the offsets and lines that they
// have in the cell: whatever is not theirs is blank there.
type Code struct {
	Decls    string    // Go declarations, and imports.
	Main     string    // The statements below %%; empty if there is no such line.
	HasMain  bool      // There is a line %% (or %main).
	Commands []Command // Other lines that the kernel carries out itself.
}

// Command is a line such as %env or !ls.
type Command struct {
	Line int // From 1.
	Text string
}

// notGo begins a cell that is not Go; see GoNB's %help.
var notGo = []string{"%%writefile", "%%script", "%%bash", "%%sh", "%%gx"}

// Split takes a cell's source apart; ok is false for a cell that is not Go, as
// of %%bash.
func Split(source string) (code Code, ok bool) {
	first, _, _ := strings.Cut(source, "\n")
	for _, magic := range notGo {
		if word, _, _ := strings.Cut(kernelLine(first), " "); word == magic {
			return Code{}, false
		}
	}
	decls, main := []byte(blank(source)), []byte(blank(source))
	part := decls
	start, joined := 0, false
	for i, line := range strings.SplitAfter(source, "\n") {
		text := strings.TrimRight(kernelLine(line), "\r\n")
		switch {
		case joined: // to a command that ended with a backslash
			joined = strings.HasSuffix(text, `\`)
		case isMain(text):
			code.HasMain, part = true, main
		case IsCommand(line):
			code.Commands = append(code.Commands, Command{i + 1, text})
			joined = strings.HasSuffix(text, `\`)
		default:
			copy(part[start:], line)
		}
		start += len(line)
	}
	code.Decls = string(decls)
	if code.HasMain {
		code.Main = string(main)
	}
	return code, true
}

// IsCommand tells whether the kernel takes a line for a command of its own,
// wherever it stands: also in a comment or a string of several lines.
func IsCommand(line string) bool {
	line = strings.TrimRight(kernelLine(line), "\r\n")
	return len(line) > 1 && (line[0] == '%' || line[0] == '!')
}

func isMain(line string) bool {
	word, _, _ := strings.Cut(strings.ReplaceAll(line, "\t", " "), " ")
	return word == "%%" || strings.HasPrefix(word, "%main")
}

// kernelLine drops what hides a command from other tools.
func kernelLine(line string) string { return strings.TrimPrefix(line, "//gonb:") }

// blank returns as many bytes, all blank but for the ends of lines.
func blank(s string) string {
	b := []byte(s)
	for i := range b {
		if b[i] != '\n' {
			b[i] = ' '
		}
	}
	return string(b)
}
