package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/d2l-go/book/scripts/literate/notebook"
)

// A part is a declaration of a program that is made from a notebook.
type part struct {
	names []name // Where they stand in text, from 0.
	text  string
}

// replace takes the names of a later declaration out of an earlier one, and returns whether any are left: where it has
// others as well, as in var a, b = f(), a variable becomes _, and an import is left out. Offsets in text stay.
func (p *part) replace(later []name) bool {
	if len(p.names) == 0 {
		return true // It is no declaration.
	}
	p.names = slices.DeleteFunc(p.names, func(old name) bool {
		again := slices.ContainsFunc(later, func(n name) bool { return n.name == old.name })
		if !again || old.name == "_" || old.name == "." {
			return false
		}
		from, to := int(old.pos), int(old.end)
		instead := blank(p.text[from:to])
		if !old.imported {
			instead = "_" + instead[1:]
		}
		p.text = p.text[:from] + instead + p.text[to:]
		return true
	})
	return len(p.names) > 0
}

// script returns a notebook as a Go program: its declarations, a later one of a name in the place of an earlier one, and
// a function for the statements of each cell, which main calls one after the other. Text and what the kernel alone
// understands are comments. Functions called init_… begin each cell, as in the kernel; but variables keep their values
// from cell to cell.
func script(n *notebook.Notebook) (string, error) {
	var parts []part
	var inits, calls []string
	declare := func(p part) {
		for i := range parts {
			if !parts[i].replace(p.names) {
				parts[i] = part{}
			}
		}
		parts = append(slices.DeleteFunc(parts, func(p part) bool { return p.text == "" }), p)
	}
	for _, c := range n.Cells {
		if c.Number == 0 {
			parts = append(parts, part{text: comment(c.Source)})
			continue
		}
		decls, statements := split(c.Source)
		if strings.TrimSpace(decls+statements) == "" {
			parts = append(parts, part{text: comment(c.Source)})
			continue
		}
		const before = "package p;\n" // So that a comment in the first line belongs to what follows.
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, "", before+decls, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			return "", fmt.Errorf("code cell %d is not Go: %w", c.Number, err)
		}
		for _, decl := range file.Decls {
			from := decl.Pos()
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if decl.Doc != nil {
					from = decl.Doc.Pos()
				}
				if strings.HasPrefix(decl.Name.Name, "init_") && !slices.Contains(inits, decl.Name.Name) {
					inits = append(inits, decl.Name.Name)
				}
			case *ast.GenDecl:
				if decl.Doc != nil && decl.Tok != token.IMPORT { // Imports come first, and are found by their first word.
					from = decl.Doc.Pos()
				}
			}
			p := part{names: namesOf(decl), text: decls[int(from)-1-len(before) : int(decl.End())-1-len(before)]}
			for i := range p.names {
				p.names[i].pos -= from
				p.names[i].end -= from
			}
			declare(p)
		}
		if strings.TrimSpace(statements) != "" {
			cell := fmt.Sprintf("cell%d", c.Number)
			begin := ""
			for _, init := range inits {
				begin += init + "()\n"
			}
			parts = append(parts, part{text: "func " + cell + "() {\n" + begin + strings.TrimSpace(statements) + "\n}"})
			calls = append(calls, cell+"()")
		}
	}
	var imports, code strings.Builder
	for _, p := range parts {
		if strings.HasPrefix(p.text, "import") {
			imports.WriteString(p.text + "\n")
		} else {
			code.WriteString("\n" + p.text + "\n")
		}
	}
	program := "package main\n\n" + imports.String() + code.String() + "\nfunc main() {\n" + strings.Join(calls, "\n") + "\n}\n"
	return formatted(program)
}

// comment returns text as a comment, without blanks at the ends of its lines.
func comment(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSpace(text) + "\n") {
		b.WriteString(strings.TrimRight("// "+line, " \n") + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// formatted returns a program with the imports that it needs, as the kernel completes them by goimports, which is beside
// this program, or else as it is.
func formatted(program string) (string, error) {
	beside, _ := os.Executable()
	goimports, err := exec.LookPath(filepath.Join(filepath.Dir(beside), "goimports"))
	if err != nil {
		code, err := format.Source([]byte(program))
		return string(code), err
	}
	cmd := exec.Command(goimports)
	var out, said bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(program), &out, &said
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("the cells are not one program: %w: %s", err, said.String())
	}
	return out.String(), nil
}
