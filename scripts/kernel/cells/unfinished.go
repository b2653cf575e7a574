package cells

import (
	"go/scanner"
	"go/token"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Finish returns the lines of a cell that is being typed at a line and column, in bytes, so that they parse: with the
// brackets closed that are open, and a name where one is missing. What cannot be finished so stays as it is.
func Finish(lines []string, line, column int) []string {
	if program(lines) {
		return lines
	}
	here := lines[line]
	for _, typed := range []string{here, here[:column] + " _" + here[column:]} {
		for _, block := range []string{"", " {}"} {
			finished := append([]string(nil), lines...)
			finished[line] = typed
			atCursor, atEnd := closing(finished, line)
			finished[line] += atCursor + block
			if finished = append(finished, atEnd); program(finished) {
				return finished
			}
		}
	}
	return lines
}

// KeepImport returns a finished cell with one more use of the package whose name is in front of the point that is typed
// at a line and column, in bytes, if a cell imports it: goimports removes imports of which no exported name is used.
// imported tells the names that earlier cells import.
func KeepImport(lines []string, line, column int, imported func(name string) bool) []string {
	before, _ := strings.CutSuffix(strings.TrimRightFunc(lines[line][:column], inName), ".")
	name := before[len(strings.TrimRightFunc(before, inName)):]
	if name == "" || !imported(name) && !importOf(name).MatchString(strings.Join(lines, "\n")) {
		return lines
	}
	kept := append(append([]string(nil), lines...), "var _ = "+name+".D2L")
	if !program(kept) {
		return lines
	}
	return kept
}

// importOf matches an import of a package by its name.
func importOf(name string) *regexp.Regexp {
	return regexp.MustCompile(`(^|\s)` + name + ` "|["/]` + name + `(/v[0-9]+)?"`)
}

// program reports whether a cell parses.
func program(lines []string) bool {
	from := len(lines)
	code := goCode(lines)
	if at := Statements(lines); at >= 0 {
		from = at
	}
	for i, kind := range Kinds(lines) {
		if kind != Command {
			continue
		}
		if command, _ := Main(lines[i]); command == "%%" {
			from = min(from, i)
		}
	}
	return parses(code[:from], code[from:])
}

// bracket is one that is open, and where.
type bracket struct {
	open         token.Token
	line, column int
}

// openBrackets returns the brackets that are open where the Go code of a cell has been read up to a line and column, in
// bytes, and what is to be closed by it: those in which a block ends too early.
func openBrackets(lines []string, line, column int) (stack, early []bracket) {
	code := goCode(lines)
	if line < len(code) {
		code = append(code[:line:line], code[line][:min(column, len(code[line]))])
	}
	src := []byte(strings.Join(code, "\n"))
	file := token.NewFileSet().AddFile("", -1, len(src))
	var scan scanner.Scanner
	scan.Init(file, src, nil, 0)
	pairs := map[token.Token]token.Token{
		token.RPAREN: token.LPAREN, token.RBRACK: token.LBRACK, token.RBRACE: token.LBRACE,
	}
	for {
		pos, tok, _ := scan.Scan()
		switch tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			at := file.PositionFor(pos, false)
			stack = append(stack, bracket{tok, at.Line - 1, at.Column - 1})
		case token.RPAREN, token.RBRACK, token.RBRACE:
			for len(stack) > 0 {
				last := stack[len(stack)-1]
				stack = stack[:len(stack)-1]
				if last.open == pairs[tok] {
					break
				}
				early = append(early, last)
			}
		case token.EOF:
			return stack, early
		}
	}
}

// closing returns the brackets that close those of a cell that are open: in the line that is typed, and at the end.
func closing(lines []string, line int) (atCursor, atEnd string) {
	closes := map[token.Token]string{token.LPAREN: ")", token.LBRACK: "]", token.LBRACE: "}"}
	stack, early := openBrackets(lines, len(lines), 0)
	for _, b := range early {
		atCursor += closes[b.open]
	}
	blocks := 0 // those on the outside, whose lines go on after the one that is typed
	for blocks < len(stack) && stack[blocks].open == token.LBRACE {
		blocks++
	}
	for i := len(stack) - 1; i >= blocks; i-- {
		atCursor += closes[stack[i].open]
	}
	return atCursor, strings.Repeat("}", blocks)
}

// Asked returns the place of the name about which one asks at a line and column, in bytes: the one that is there or,
// among the arguments of a call or the values of a literal and behind them, that of the function or the type.
func Asked(lines []string, line, column int) (int, int) {
	here := lines[line]
	if r, _ := utf8.DecodeRuneInString(here[column:]); inName(r) {
		return line, column
	}
	if at := nameBefore(here, column); at >= 0 {
		return line, at
	}
	inside := column
	if before := strings.TrimRight(here[:column], " \t"); strings.HasSuffix(before, ")") || strings.HasSuffix(before, "}") {
		inside = len(before) - 1
	}
	open, _ := openBrackets(lines, line, inside)
	for i := len(open) - 1; i >= 0; i-- {
		b := open[i]
		end := b.column
		if before := lines[b.line][:end]; b.open == token.LPAREN && strings.HasSuffix(before, "]") {
			end = strings.LastIndex(before, "[") // type parameters
		}
		if at := nameBefore(lines[b.line], end); at >= 0 {
			return b.line, at
		}
	}
	return line, column
}

// nameBefore returns where the last character begins of a name that ends before a column; -1 if there is none.
func nameBefore(line string, column int) int {
	before := line[:max(column, 0)]
	name := before[len(strings.TrimRightFunc(before, inName)):]
	if first, _ := utf8.DecodeRuneInString(name); name == "" || unicode.IsDigit(first) {
		return -1
	}
	_, size := utf8.DecodeLastRuneInString(name)
	return len(before) - size
}

func inName(r rune) bool {
	return r == '_' || r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}
