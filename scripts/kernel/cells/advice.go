package cells

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strings"
)

var (
	notUsed    = regexp.MustCompile(`^declared and not used: (\w+)$`)
	illegal    = regexp.MustCompile(`^illegal character U\+003F`)
	question   = regexp.MustCompile(`[\pL_][\pL\p{Nd}_.]*`)
	syntax     = regexp.MustCompile(`^(?:expected|unexpected|missing|illegal) `)
	wordOf     = regexp.MustCompile(`^\pL*`)
	closes     = regexp.MustCompile(`^expected (?:declaration|statement|';'), found '([)}\]])'`)
	assigned   = regexp.MustCompile(`^([\pL_][\pL\p{Nd}_]*) *=[^=]`)
	called     = regexp.MustCompile(`(?:to type|in conversion to|struct literal of type) ((?:d2l\.)[A-Z]\w*)`)
	cannotCall = regexp.MustCompile(`cannot call (?:non-function )?(\w+) \(variable of type \*d2l\.Net\)`)
	inGraph    = regexp.MustCompile(`(?s)\*graph\.Node\) as \*tensors\.Tensor value in argument to \w+\.Forward|` +
		`return values.*\(\*tensors\.Tensor, error\).*\(\*graph\.Node\)`)
	forwardOf = regexp.MustCompile(`(\w+)\.Forward\(`)
	noPackage = regexp.MustCompile(`^no required module provides package |^package \S+ is not in std$`)
)

// python is what Go has instead of statements of Python, by their first words.
var python = map[string]string{
	"def":    "A function in Go: func f(x int) int { return x }",
	"class":  "A class in Go is a type with methods: type T struct { x int }, and func (t T) f() int { return t.x }",
	"from":   `Go imports a package by its path in quotes: import "math"`,
	"import": `Go imports a package by its path in quotes: import "math"`,
	"for":    "A loop in Go: for i := range 3 { … }, or for i, x := range list { … }",
	"while":  "A loop in Go: for x < 3 { … }",
	"if":     "In Go: if x < 3 { … } else { … }, with } else { in one line",
	"elif":   "In Go: if x < 3 { … } else { … }, with } else { in one line",
	"else":   "In Go: if x < 3 { … } else { … }, with } else { in one line",
	"try":    "An error in Go is a value: x, err := f(), and then if err != nil { … }",
	"except": "An error in Go is a value: x, err := f(), and then if err != nil { … }",
	"raise":  "An error in Go is a value: x, err := f(), and then if err != nil { … }",
	"with":   "Go closes what was opened at the end of a function: defer file.Close()",
	"lambda": "A function without a name in Go: f := func(x int) int { return x }",
	"print":  `Go prints by a function: fmt.Println("x is", x)`,
	"assert": `In Go: if x != 3 { panic("x is not 3") }`,
}

// advice returns what helps against a mistake, for a reader who does not know Go well; "" if that is not known.
func (p Program) advice(m mistake) string {
	code := ""
	if m.place.Cell == p.Cell && m.place.Line > 0 && m.place.Line <= len(p.Own) {
		code = strings.TrimSpace(p.Own[m.place.Line-1])
	}
	word, message := wordOf.FindString(code), m.message
	inPython, isPython := python[word]
	switch {
	case m.place.Line > 0 && m.place.Cell != p.Cell:
		return p.misfit(m)
	case illegal.MatchString(message):
		return fmt.Sprintf("For help on a name, put the cursor on it and press Shift-Tab, or run: !*go doc %s",
			question.FindString(code))
	case strings.HasPrefix(message, "illegal character U+0023"):
		return "A comment in Go begins with //"
	case strings.HasPrefix(message, "illegal rune literal"):
		return `Text stands in double quotes: "text"`
	case message == "unexpected comma; expecting ]":
		return "A list in Go: []int{1, 2, 3}, or []string{…}"
	case strings.HasPrefix(message, "expected statement, found 'import'"):
		return "An import stands above the statements, above the line %% if there is one."
	case word == "func" && strings.HasPrefix(message, "expected '('"):
		return "A function stands above the statements, above the line %% if there is one."
	case closes.MatchString(message):
		return fmt.Sprintf("This %s closes nothing: remove it.", closes.FindStringSubmatch(message)[1])
	case strings.HasPrefix(message, "missing ',' before newline"):
		return "Close the bracket, or end the line with a comma if the list goes on."
	case isPython && syntax.MatchString(message):
		return inPython
	case strings.HasPrefix(message, "expected declaration"):
		return p.aboveProgram(m)
	case strings.HasSuffix(message, " is not used"):
		return "To see a value, print it: fmt.Println(…)"
	case notUsed.MatchString(message):
		name := notUsed.FindStringSubmatch(message)[1]
		return fmt.Sprintf("%s is local to this cell, and Go wants it to be used there: print it, fmt.Println(%[1]s), "+
			"or write _ for its name. To use it in other cells: var %[1]s = …, above the statements.", name)
	case assigned.MatchString(code):
		if name := assigned.FindStringSubmatch(code)[1]; strings.HasPrefix(message+",", "undefined: "+name+",") {
			return fmt.Sprintf("= changes a variable that there is. A new one of this cell: %s := …; one for all cells, above "+
				"the statements: var %[1]s = …", name)
		}
	case strings.HasPrefix(message, "assignment mismatch: 1 variable") && strings.HasSuffix(message, " returns 2 values"):
		return "Take both values: x, y := f(). If the second is an error, x := d2l.Must(f()) ends the cell with it."
	case called.MatchString(message):
		return fmt.Sprintf("A layer or a loss is written with its fields in braces, as in d2l.Dense{Units: 10}: %s{…}",
			called.FindStringSubmatch(message)[1])
	case cannotCall.MatchString(message):
		return fmt.Sprintf("%s.Forward(X) computes the output of a net.", cannotCall.FindStringSubmatch(message)[1])
	case inGraph.MatchString(message) && forwardOf.MatchString(code):
		return fmt.Sprintf("In a graph, as in a loss, a layer or a function of Compile, %s.Apply(x) computes the output of a net.",
			forwardOf.FindStringSubmatch(code)[1])
	case strings.Contains(message, "truncated to int"):
		return "float64(n) converts an integer n: Go does not mix types of numbers."
	case noPackage.MatchString(message):
		return "Check the path. A package that is new here comes with its module: !*go get module@version"
	}
	return ""
}

// aboveProgram returns the advice for something that is neither a declaration nor below %%.
func (p Program) aboveProgram(m mistake) string {
	last, below := p.programFrom()
	switch {
	case last <= m.place.Line:
		return "A cell has declarations (import, var, const, type, func), then a line %%, then statements."
	case !below:
		return fmt.Sprintf("%%%% in line %d has nothing below it: it belongs above the first statement, line %d.",
			last, m.place.Line)
	}
	return fmt.Sprintf("Above %%%% are declarations alone (import, var, const, type, func): move line %d below it.",
		m.place.Line)
}

// misfit returns the advice for a mistake in what another cell declared. The declarations of a cell that does not
// compile are not kept: unless the old one is removed first, neither cell could be run.
func (p Program) misfit(m mistake) string {
	name := p.declaredIn(m.line)
	if name == "" {
		return fmt.Sprintf("What cell [%d] declared does not fit what is declared now.", m.place.Cell)
	}
	return fmt.Sprintf("%s of cell [%d] does not fit what is declared now. Put %%rm %[1]s above this cell's first line and "+
		"run it again; then change cell [%[2]d], and run that.", name, m.place.Cell)
}

// declaredIn returns the name, as %rm knows it, of what is declared in a line of the program; "" if nothing is.
func (p Program) declaredIn(line int) string {
	files := token.NewFileSet()
	file, _ := parser.ParseFile(files, "", strings.Join(p.Lines, "\n"), parser.SkipObjectResolution)
	if file == nil {
		return ""
	}
	within := func(node ast.Node) bool {
		return files.PositionFor(node.Pos(), false).Line <= line && line <= files.PositionFor(node.End(), false).Line
	}
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if !within(decl) {
				continue
			}
			if decl.Recv != nil && len(decl.Recv.List) > 0 {
				return Receiver(decl.Recv.List[0].Type) + "~" + decl.Name.Name
			}
			return decl.Name.Name
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					if within(spec) {
						return spec.Name.Name
					}
				case *ast.ValueSpec:
					if within(spec) {
						return spec.Names[0].Name
					}
				}
			}
		}
	}
	return ""
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
