package cells

import (
	"fmt"
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

// Colours of a terminal, which JupyterLab's themes have their own of.
const (
	red   = "\x1b[1;31m"
	green = "\x1b[0;32m"
	plain = "\x1b[0m"
)

var (
	said    = regexp.MustCompile(`^(?:.*/)?main(?:_test)?\.go:(\d+)(?::(\d+))?: (.+)$`)
	andMore = regexp.MustCompile(` \(and \d+ more errors\)$`)
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
		case strings.HasPrefix(line, "# "), line == "", strings.HasPrefix(line, "too many errors"):
		case line[0] == '\t' && len(mistakes) > 0: // It goes on, as with what was got and wanted.
			mistakes[len(mistakes)-1].message += "\n" + strings.ReplaceAll(line, "\t", "    ")
		default:
			advice = append(advice, line)
		}
	}
	mistakes = withoutFollowUps(mistakes)
	for _, m := range mistakes {
		for _, helps := range p.advice(m) {
			if !slices.Contains(advice, helps) {
				advice = append(advice, helps)
			}
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

// withoutFollowUps leaves out what another mistake explains: others in the same line, and, where there are others at
// all, that a name is not used. Names of one line that are undefined are one mistake.
func withoutFollowUps(all []mistake) (kept []mistake) {
	const undefined = "undefined: "
	unused := func(m mistake) bool { return strings.Contains(m.message, "and not used") }
	other := slices.ContainsFunc(all, func(m mistake) bool { return !unused(m) })
	for _, m := range all {
		i := slices.IndexFunc(kept, func(k mistake) bool { return k.line == m.line || k.message == m.message })
		switch {
		case unused(m) && other:
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
	text := []string{green + p.where(m.place) + red + m.message + plain}
	if m.place.Line > 0 && m.place.Cell == p.Cell {
		text = append(text, p.excerpt(m.line, m.column)...)
	}
	return text
}

// excerpt returns a line of the program, with a mark below the column if there is one.
func (p Program) excerpt(line, column int) []string {
	const before, after = 60, 60 // Of the column.
	if line < 1 || line > len(p.Lines) {
		return nil
	}
	code := p.Lines[line-1]
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

var (
	notUsed  = regexp.MustCompile(`^declared and not used: (\w+)$`)
	illegal  = regexp.MustCompile(`^illegal character U\+003F`)
	question = regexp.MustCompile(`[\pL_][\pL\p{Nd}_.]*`)
)

// advice returns what helps against a mistake, for a reader who does not know Go well.
func (p Program) advice(m mistake) []string {
	code := ""
	if m.place.Cell == p.Cell && m.place.Line > 0 && m.place.Line <= len(p.Own) {
		code = strings.TrimSpace(p.Own[m.place.Line-1])
	}
	word, _, _ := strings.Cut(code, " ")
	switch message := m.message; {
	case m.place.Line > 0 && m.place.Cell != p.Cell:
		return []string{fmt.Sprintf("What cell [%d] declared does not fit what has been declared since: "+
			"change it there, and run that cell again.", m.place.Cell)}
	case illegal.MatchString(message):
		return []string{fmt.Sprintf("For help on a name, put the cursor on it and press Shift-Tab, or run: !go doc %s",
			question.FindString(code))}
	case word == "def":
		return []string{"A function in Go: func f(x int) int { return x }"}
	case word == "import" && strings.HasPrefix(message, "import path must be a string"), word == "from":
		return []string{`Go imports a package by its path in quotes: import "math"`}
	case strings.HasPrefix(message, "expected declaration"):
		if last, below := p.programFrom(); last > m.place.Line {
			if !below {
				return []string{fmt.Sprintf("%%%% in line %d has nothing below it: it belongs above the first statement, line %d.",
					last, m.place.Line)}
			}
			return []string{fmt.Sprintf("Above %%%% are declarations alone (import, var, const, type, func): "+
				"move line %d below it.", m.place.Line)}
		}
		return []string{"A cell has declarations (import, var, const, type, func), then a line %%, then statements."}
	case word == "import":
		return []string{"An import stands above the statements, above the line %% if there is one."}
	case word == "func" && strings.HasPrefix(message, "expected '('"):
		return []string{"A function stands above the statements, above the line %% if there is one."}
	case strings.HasPrefix(message, "missing ',' before newline"):
		return []string{"Close the bracket, or end the line with a comma if the list goes on."}
	case strings.Contains(message, "found 'EOF'"):
		if line, open := p.unclosed(); line > 0 {
			return []string{fmt.Sprintf("The %s of line %d is not closed.", open, line)}
		}
	case strings.HasSuffix(message, " is not used"):
		return []string{"To see a value, print it: fmt.Println(…)"}
	case notUsed.MatchString(message):
		name := notUsed.FindStringSubmatch(message)[1]
		return []string{fmt.Sprintf("Go wants each variable of a function, and of the statements of a cell, to be used. "+
			"To see it: fmt.Println(%s). To use it in other cells: var %s = …, above the statements.", name, name)}
	}
	return nil
}

// programFrom returns the line of the cell, from 1, with %%, and whether a program is below it; 0 if there is none.
func (p Program) programFrom() (line int, below bool) {
	kinds := Kinds(p.Own)
	for i, kind := range kinds {
		if kind != Command {
			continue
		}
		if command, _ := Main(p.Own[i]); command == "%%" {
			return i + 1, strings.TrimSpace(strings.Join(p.Own[i+1:], "")) != ""
		}
	}
	return 0, false
}
