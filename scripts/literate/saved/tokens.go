package saved

import (
	"crypto/sha256"
	"encoding/hex"
	"go/scanner"
	"go/token"
	"slices"
	"strings"
)

// tokens returns what of Go code counts in a comparison: the same for two texts
// exactly if they have the same syntax trees with the same comments in the same
// places.
func tokens(code string) []string {
	set := token.NewFileSet()
	file := set.AddFile("", -1, len(code))
	var scan scanner.Scanner
	scan.Init(file, []byte(code), nil, scanner.ScanComments)
	var found []string
	for {
		pos, tok, lit := scan.Scan()
		if tok == token.EOF {
			return found
		}
		switch tok {
		case token.RPAREN, token.RBRACE, token.RBRACK:
			// What may end a list, and must where the line ends.
			last := len(found) - 1
			for last >= 0 && strings.HasPrefix(found[last], "/") {
				last--
			}
			if last >= 0 && (found[last] == ";" || found[last] == ",") {
				found = slices.Delete(found, last, last+1)
			}
		case token.COMMENT:
			before, after := code[:file.Offset(pos)], code[file.Offset(pos)+len(lit):]
			lit = strings.ReplaceAll(lit, "\r", "")
			// A comment belongs to what is before it in its line or to what follows it.
			if strings.TrimSpace(before[strings.LastIndexByte(before, '\n')+1:]) == "" {
				lit += "\n"
			}
			if strings.HasPrefix(strings.TrimLeft(after, " \t\r"), "\n\n") {
				lit += "\n\n"
			}
		}
		switch {
		case tok == token.SEMICOLON:
			lit = ";"
		case lit == "" || tok.IsKeyword():
			lit = tok.String()
		}
		found = append(found, lit)
	}
}

// sum names a state of some code, in whichever way it is laid out.
func sum(code string) string {
	hash := sha256.Sum256([]byte(strings.Join(tokens(code), "\x00")))
	return hex.EncodeToString(hash[:8])
}
