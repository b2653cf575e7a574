package cells

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"regexp"
	"slices"
	"strings"
)

// statement is how a line begins that is meant as a statement: with a keyword, or a name and what may follow it.
var statement = regexp.MustCompile(`^(?:(?:for|if|switch|select|go|defer|return)\b|` +
	`[\pL_][\pL\p{Nd}_.]*\s*(?:[(\[{?]|:?=|,|\+\+|--|[-+*/%&|^]|<-|$)|[0-9("\x60'<&*!-])`)

// Statements returns the index of the line from which on a cell without %% is a program, as if %% stood before it, or -1
// if it has declarations alone. A reader who comes from Python will forget %%.
func Statements(lines []string) int {
	if HasMain(lines) {
		return -1
	}
	code := goCode(lines)
	at := declarationExpected(code)
	if at < 0 || statement.MatchString(strings.TrimSpace(code[at])) || parses(code[:at], code[at:]) {
		return at
	}
	return -1
}

// OnlyDeclares returns whether nothing in a cell runs, neither a program nor what gives a variable its value: it has
// functions, types and constants alone. Then to compile it is enough.
func OnlyDeclares(lines []string) bool {
	if HasMain(lines) {
		return false
	}
	code := "package main;" + strings.Join(goCode(lines), "\n")
	file, err := parser.ParseFile(token.NewFileSet(), "", code, parser.SkipObjectResolution)
	if err != nil || len(file.Decls) == len(file.Imports) {
		return false
	}
	for _, spec := range file.Imports {
		if spec.Name != nil && (spec.Name.Name == "_" || spec.Name.Name == ".") { // For what the package does at its start.
			return false
		}
	}
	return !slices.ContainsFunc(file.Decls, func(decl ast.Decl) bool {
		switch decl := decl.(type) {
		case *ast.FuncDecl: // GoNB has init_… for several of init.
			name := decl.Name.Name
			return decl.Recv == nil && (name == "main" || name == "init" || strings.HasPrefix(name, "init_"))
		case *ast.GenDecl:
			return decl.Tok == token.VAR
		}
		return true
	})
}

// goCode returns the lines of a cell that are Go, with the others blank.
func goCode(lines []string) []string {
	code := make([]string, len(lines))
	for i, kind := range Kinds(lines) {
		switch kind {
		case Clause:
			code[i] = WithoutClause(lines[i])
		case Go:
			code[i] = lines[i]
		}
	}
	return code
}

// declarationExpected returns the index of the first line that begins something else than a declaration, -1 if there is
// none.
func declarationExpected(code []string) int {
	_, err := parser.ParseFile(token.NewFileSet(), "", "package main;"+strings.Join(code, "\n"), parser.SkipObjectResolution)
	var all scanner.ErrorList
	if errors.As(err, &all) && strings.HasPrefix(all[0].Msg, "expected declaration") && all[0].Pos.Line <= len(code) {
		return all[0].Pos.Line - 1
	}
	return -1
}

// parses reports whether declarations and statements are a program.
func parses(declarations, statements []string) bool {
	code := "package main;" + strings.Join(declarations, "\n") + "\nfunc main() {\n" + strings.Join(statements, "\n") + "\n}"
	_, err := parser.ParseFile(token.NewFileSet(), "", code, parser.SkipObjectResolution)
	return err == nil
}

// unclosed returns the last bracket of the cell that is not closed, and its line and column from 1; "" if there is none.
func (p Program) unclosed() (open string, line, column int) {
	code := slices.Clone(p.Own)
	for i, kind := range Kinds(code) {
		if kind != Go {
			code[i] = ""
		}
	}
	src := []byte(strings.Join(code, "\n"))
	file := token.NewFileSet().AddFile("", -1, len(src))
	var scan scanner.Scanner
	scan.Init(file, src, nil, 0)
	type bracket struct {
		open string
		pos  token.Pos
	}
	var stack []bracket
	for {
		pos, tok, _ := scan.Scan()
		switch tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			stack = append(stack, bracket{tok.String(), pos})
		case token.RPAREN, token.RBRACK, token.RBRACE:
			stack = stack[:max(len(stack)-1, 0)]
		case token.EOF:
			if len(stack) == 0 {
				return "", 0, 0
			}
			last := stack[len(stack)-1]
			at := file.PositionFor(last.pos, false)
			return last.open, at.Line, at.Column
		}
	}
}

// notClosed returns the mistake that the parser meets below a bracket that is not closed, at the end of the program or
// at %%, as one of that bracket.
func (p Program) notClosed(m mistake) mistake {
	outside := m.place.Line == 0 || m.place.Cell == p.Cell && m.place.Line <= len(p.Own) &&
		Kinds(p.Own)[m.place.Line-1] == Command
	if open, line, column := p.unclosed(); outside && open != "" {
		return mistake{Place{p.Cell, line}, 0, column, "this " + open + " is not closed"}
	}
	return m
}
