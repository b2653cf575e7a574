package cells

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Place is where a line of a cell's program comes from.
type Place struct{ Cell, Line int } // The execution number of a cell, and a line of it from 1; Line 0 is of no cell.

// A Program is a cell's program, for what the compiler or the program itself says of it.
type Program struct {
	Lines []string
	Place func(line int) Place // Of a line of the program, from 1.
	Cell  int                  // Its own execution number.
	Own   []string             // The cell's lines.
}

// Colours of a terminal, as IPython uses them. What is to be read has the text's own: JupyterLab's bold red can hardly
// be read in its dark theme.
const (
	red   = "\x1b[0;31m"
	bold  = "\x1b[1m"
	green = "\x1b[0;32m"
	plain = "\x1b[0m"
)

var (
	said = regexp.MustCompile(`^(?:.*/)?main(?:_test)?\.go:(\d+)(?::(\d+))?: (.+)$`)
	// Of a package that no cell imports, the kernel found one of that name in a module that is not meant for cells.
	implicit = regexp.MustCompile(`^package \S+ imports (\S+) from implicitly required module`)
	andMore  = regexp.MustCompile(` \((?:and \d+ more errors|/.*)\)$`) // Or a folder of the machine.
)

// A mistake is something that the compiler says of one line.
type mistake struct {
	place   Place
	line    int // Of the program.
	column  int
	message string
}

// Explain returns what a reader is told of a cell that does not compile, line by line, and the first mistake alone:
// what helps first, then each mistake with its line of the cell.
func (p Program) Explain(compiler string) (text []string, first string) {
	const most = 5 // Mistakes that are shown.
	var advice []string
	var mistakes []mistake
	for line := range strings.Lines(compiler) {
		line = strings.TrimRight(line, "\r\n")
		m := said.FindStringSubmatch(line)
		switch {
		case m != nil:
			number, _ := strconv.Atoi(m[1])
			column, _ := strconv.Atoi(m[2])
			mistakes = append(mistakes, mistake{p.Place(number), number, column, andMore.ReplaceAllString(m[3], "")})
		case implicit.MatchString(line):
			advice = append(advice, ambiguous(implicit.FindStringSubmatch(line)[1]))
		case strings.HasPrefix(line, "# "), line == "", strings.HasPrefix(line, "too many errors"), strings.HasPrefix(line, "\tgo get "):
		case line[0] == '\t' && len(mistakes) > 0: // It goes on, as with what was got and wanted.
			mistakes[len(mistakes)-1].message += "\n" + strings.ReplaceAll(line, "\t", "    ")
		default:
			advice = append(advice, line)
		}
	}
	for i, m := range mistakes {
		mistakes[i] = p.notClosed(m)
	}
	mistakes = withoutFollowUps(mistakes)
	for _, m := range mistakes {
		if helps := p.advice(m); helps != "" && !slices.Contains(advice, helps) {
			advice = append(advice, helps)
		}
	}
	text = advice
	for i, m := range mistakes {
		if i == most {
			text = append(text, fmt.Sprintf("and %d more", len(mistakes)-most))
			break
		}
		text = append(text, p.show(m)...)
	}
	switch {
	case len(mistakes) > 0:
		return text, p.where(mistakes[0].place) + mistakes[0].message
	case len(text) > 0:
		return text, text[0]
	}
	return []string{compiler}, compiler
}

// ambiguous returns what is said of a package that was taken for another of its name.
func ambiguous(taken string) string {
	name := path.Base(taken)
	meant := ""
	if name == "graph" {
		meant = `, such as "github.com/gomlx/gomlx/core/graph"`
	}
	return fmt.Sprintf("No import says which package %s is, and %s is not for cells: import the one that is meant%s", name, taken, meant)
}

// withoutFollowUps leaves out what another mistake explains: others in the same line, and, where there are others at
// all, that a name is not used, or what is said of a type that is not known because of them. Names of one line that are
// undefined are one mistake.
func withoutFollowUps(all []mistake) (kept []mistake) {
	const undefined = "undefined: "
	follows := func(m mistake) bool {
		return strings.Contains(m.message, "and not used") || strings.Contains(m.message, "(unknown type")
	}
	other := slices.ContainsFunc(all, func(m mistake) bool { return !follows(m) })
	for _, m := range all {
		i := slices.IndexFunc(kept, func(k mistake) bool { return k.line == m.line || k.message == m.message })
		switch {
		case follows(m) && other:
		case i < 0:
			kept = append(kept, m)
		case strings.HasPrefix(m.message, undefined) && !strings.HasPrefix(kept[i].message, undefined):
			kept[i] = m
		case strings.HasPrefix(m.message, undefined):
			if name := strings.TrimPrefix(m.message, undefined); !slices.Contains(
				strings.Split(strings.TrimPrefix(kept[i].message, undefined), ", "), name) {
				kept[i].message += ", " + name
			}
		}
	}
	return kept
}

// where returns the beginning of what is said of a place.
func (p Program) where(place Place) string {
	switch {
	case place.Line == 0:
		return ""
	case place.Cell != p.Cell:
		return fmt.Sprintf("cell [%d], line %d: ", place.Cell, place.Line)
	}
	return fmt.Sprintf("line %d: ", place.Line)
}

// show returns the lines for a mistake: it, and the cell's line if it is the cell's own.
func (p Program) show(m mistake) []string {
	text := []string{green + p.where(m.place) + plain + bold + m.message + plain}
	if m.place.Line > 0 && m.place.Cell == p.Cell {
		text = append(text, excerpt(p.own(m.place, m.line, m.column))...)
	}
	return text
}

// own returns the cell's line at a place as the reader wrote it, and which column of it is meant by that of the
// program's line, 0 if none is: GoNB writes declarations in its own way.
func (p Program) own(place Place, line, column int) (string, int) {
	if place.Line > len(p.Own) {
		return "", 0
	}
	code := p.Own[place.Line-1]
	if line < 1 || line > len(p.Lines) || column == 0 {
		return code, column
	}
	program := p.Lines[line-1]
	written, at := withoutBlanks(code)
	rendered, _ := withoutBlanks(program)
	from := strings.Index(written, rendered)
	if from < 0 {
		return code, 0
	}
	before, _ := withoutBlanks(program[:min(column-1, len(program))])
	if i := from + len(before); i < len(at) {
		return code, at[i] + 1
	}
	return code, len(strings.TrimRight(code, " \t")) + 1
}

// withoutBlanks returns the code without its blanks, and where in it each byte was.
func withoutBlanks(code string) (dense string, at []int) {
	var b strings.Builder
	for i := range len(code) {
		if code[i] != ' ' && code[i] != '\t' {
			b.WriteByte(code[i])
			at = append(at, i)
		}
	}
	return b.String(), at
}

// excerpt returns a line, with a mark below the column if there is one.
func excerpt(code string, column int) []string {
	before, after := 60, 60 // Of the column.
	if column == 0 {
		after = before + after
	}
	indent := len(code) - len(strings.TrimLeft(code, " \t"))
	at := []rune(code[indent:max(min(column-1, len(code)), indent)])
	runes := []rune(code[indent:])
	from, to := max(len(at)-before, 0), min(len(at)+after, len(runes))
	cut := func(there bool) string {
		if there {
			return "…"
		}
		return ""
	}
	text := []string{"    " + cut(from > 0) + string(runes[from:to]) + cut(to < len(runes))}
	if column > 0 {
		space := make([]rune, len(at)-from)
		for i := range space {
			space[i] = ' '
			if at[from+i] == '\t' {
				space[i] = '\t'
			}
		}
		text = append(text, "    "+strings.Repeat(" ", len([]rune(cut(from > 0))))+string(space)+red+"^"+plain)
	}
	return text
}
