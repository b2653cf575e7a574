// Package cells says what in a cell of a notebook is Go and what is the kernel's. The kernel, GoNB, is built with it
// (scripts/kernel/gonb.patch), and scripts/literate reads notebooks by it.
package cells

import (
	"errors"
	"fmt"
	"go/ast"
	"go/scanner"
	"go/token"
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// Kind is what a line of a cell is.
type Kind int

const (
	Go      Kind = iota
	Command      // It begins a command of the kernel: %, ! or, for editors of Go, //gonb:% or //gonb:!.
	More         // It goes on with a command whose line before ends in \.
	Clause       // It begins with a package clause, which is the kernel's.
)

// text is a line that may be a command, without what hides it from editors of Go.
func text(line string) string { return strings.TrimPrefix(line, "//gonb:") }

// Kinds returns what each line is. Whatever Go's scanner finds in a string, a comment or an expression is Go.
func Kinds(lines []string) []Kind {
	kinds := make([]Kind, len(lines))
	for i := nextCommand(lines, 0, kinds); i < len(lines); i = nextCommand(lines, i+1, kinds) {
		kinds[i] = Command
		for strings.HasSuffix(lines[i], `\`) && i+1 < len(lines) {
			i++
			kinds[i] = More
		}
	}
	return kinds
}

// nextCommand returns the next line from this one on that begins a command, or the number of lines, and notes the
// package clauses before it.
func nextCommand(lines []string, from int, kinds []Kind) int {
	src := []byte(strings.Join(lines[min(from, len(lines)):], "\n"))
	file := token.NewFileSet().AddFile("", -1, len(src))
	var scan scanner.Scanner
	scan.Init(file, src, nil, scanner.ScanComments)
	for ended := true; ; { // Whether a statement may begin here: a ! may also go on with an expression.
		pos, tok, lit := scan.Scan()
		if tok == token.EOF {
			return len(lines)
		}
		if at := file.PositionFor(pos, false); at.Column == 1 {
			i := from + at.Line - 1
			if line := text(lines[i]); len(line) > 1 && (line[0] == '%' || line[0] == '!' && ended) {
				return i
			}
			if tok == token.PACKAGE {
				kinds[i] = Clause
			}
		}
		if tok != token.COMMENT {
			ended = tok == token.SEMICOLON && lit == "\n" || tok == token.ILLEGAL
		}
	}
}

// Main returns "%%" for a command that makes the rest of its cell a program, "%exec" and a function's name for one that
// runs this function, and "" for any other.
func Main(line string) (command, function string) {
	rest, _ := strings.CutPrefix(text(line), "%")
	words := append(strings.Fields("%"+strings.TrimLeft(rest, " \t")), "", "")
	switch words[0] {
	case "%%", "%main":
		return "%%", ""
	case "%exec":
		return "%exec", words[1]
	}
	return "", ""
}

// HasMain returns whether a cell has such a command: it has something to run even if it has nothing else.
func HasMain(lines []string) bool {
	for i, kind := range Kinds(lines) {
		if kind == Command {
			if command, _ := Main(lines[i]); command != "" {
				return true
			}
		}
	}
	return false
}

// Check returns an error, which names the line, for commands that the kernel cannot take.
func Check(lines []string) error {
	first := -1
	for i, kind := range Kinds(lines) {
		if kind != Command {
			continue
		}
		command, function := Main(lines[i])
		switch {
		case strings.Trim(text(lines[i])[1:], " \t\r\\*") == "":
			return fmt.Errorf("line %d: nothing follows the %c", i+1, text(lines[i])[0])
		case command == "%exec" && function == "":
			return fmt.Errorf("line %d: the name of a function must follow %%exec", i+1)
		case command != "" && first >= 0:
			return fmt.Errorf("line %d: a second program begins here, by %s; the first begins in line %d: "+
				"split the cell in two above this line, or remove it", i+1, command, first+1)
		case command == "%%" && beside.MatchString(lines[i]) && strings.TrimSpace(strings.Join(lines[i+1:], "")) == "":
			return fmt.Errorf("line %d: statements stand below the line with %%%%, not beside it", i+1)
		case command != "":
			first = i
		}
	}
	return nil
}

// beside finds a statement beside %%.
var beside = regexp.MustCompile(`\(|:=`)

// WithoutClause returns a line that begins with a package clause without that.
func WithoutClause(line string) string {
	clause := packageClause.FindString(line)
	return strings.Repeat(" ", len(clause)) + line[len(clause):]
}

var packageClause = regexp.MustCompile(`^package[ \t]+[\pL_][\pL\p{Nd}_]*[ \t]*;?`)

// Receiver returns the name of the type whose method has such a receiver.
func Receiver(expr ast.Expr) string {
	switch expr := expr.(type) {
	case *ast.Ident:
		return expr.Name
	case *ast.StarExpr:
		return Receiver(expr.X)
	case *ast.ParenExpr:
		return Receiver(expr.X)
	case *ast.IndexExpr:
		return Receiver(expr.X)
	case *ast.IndexListExpr:
		return Receiver(expr.X)
	}
	return ""
}

// Refuse returns an error, in the compiler's form, for what GoNB would drop of the Go code of one cell in silence.
func Refuse(files *token.FileSet, file *ast.File) error {
	var said []string
	at := func(pos token.Pos) token.Position { return files.PositionFor(pos, false) }
	refuse := func(pos token.Pos, format string, args ...any) {
		said = append(said, fmt.Sprintf("%s: %s", at(pos), fmt.Sprintf(format, args...)))
	}
	kept, first := map[*ast.Comment]bool{}, map[string]token.Pos{}
	var bodies []*ast.FuncDecl
	declared := func(id *ast.Ident, of string) {
		name := of + id.Name
		if before, ok := first[name]; ok && id.Name != "_" {
			refuse(id.Pos(), "this cell declares %s twice, before %d lines above", name, at(id.Pos()).Line-at(before).Line)
		}
		first[name] = id.Pos()
	}
	for _, spec := range file.Imports {
		if spec.Path.Value == `"C"` {
			refuse(spec.Pos(), "the C code of a cell does not reach the compiler: import a package of yours that has it")
		}
	}
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			bodies = append(bodies, decl)
			if decl.Recv != nil && len(decl.Recv.List) > 0 {
				declared(decl.Name, Receiver(decl.Recv.List[0].Type)+".")
			} else {
				declared(decl.Name, "")
			}
			if decl.Doc != nil && decl.Name.Name != "main" {
				for _, c := range decl.Doc.List {
					kept[c] = !noneOfAFunction.MatchString(c.Text)
				}
			}
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					declared(spec.Name, "")
				case *ast.ValueSpec:
					for _, id := range spec.Names {
						declared(id, "")
					}
				}
			}
		}
	}
	for _, group := range file.Comments {
		for _, c := range group.List {
			for len(bodies) > 0 && bodies[0].End() <= c.Pos() {
				bodies = bodies[1:]
			}
			inside := len(bodies) > 0 && bodies[0].Pos() < c.Pos()
			if directive, _, _ := strings.Cut(c.Text, " "); strings.HasPrefix(directive, "//go:") && !kept[c] && !inside {
				refuse(c.Pos(), "%s does nothing in a cell: remove it%s", directive, instead[directive])
			}
		}
	}
	if said == nil {
		return nil
	}
	return errors.New(strings.Join(said, "\n"))
}

var (
	noneOfAFunction = regexp.MustCompile(`^//go:(build|debug|embed|generate)\b`)
	instead         = map[string]string{"//go:embed": " and read the file, with os.ReadFile"}
)

// ImportName returns the name that an import without one has: as goimports assumes it, from its path.
func ImportName(importPath string) string {
	base := path.Base(importPath)
	if n, ok := strings.CutPrefix(base, "v"); ok && path.Dir(importPath) != "." {
		if _, err := strconv.ParseUint(n, 10, 0); err == nil {
			base = path.Base(path.Dir(importPath))
		}
	}
	base = strings.TrimPrefix(base, "go-")
	end := strings.IndexFunc(base, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if end > 0 {
		base = base[:end]
	}
	return base
}

var unused = regexp.MustCompile(`(?m)^(?:\./)?main(?:_test)?\.go:(\d+):\d+: "[^"]+" imported and not used$`)

// DropUnused returns the code without the dot imports that the compiler says are not used, and whether there are any.
func DropUnused(code, said string) (string, bool) {
	lines, found := strings.Split(code, "\n"), false
	for _, m := range unused.FindAllStringSubmatch(said, -1) {
		i, _ := strconv.Atoi(m[1])
		if i > 0 && i <= len(lines) && strings.HasPrefix(strings.TrimSpace(lines[i-1]), `. "`) {
			lines[i-1], found = "", true
		}
	}
	return strings.Join(lines, "\n"), found
}
