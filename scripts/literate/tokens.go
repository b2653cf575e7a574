package main

import (
	"crypto/sha256"
	"encoding/hex"
	"go/scanner"
	"go/token"
	"slices"
	"strings"
)

// sum identifies code by what counts in a comparison: tokens and comments, without layout and d2l. before names.
func sum(code string) string {
	file := token.NewFileSet().AddFile("", -1, len(code))
	var scan scanner.Scanner
	scan.Init(file, []byte(code), nil, scanner.ScanComments)
	var tokens []string
	for {
		pos, tok, lit := scan.Scan()
		last := len(tokens) - 1
		switch tok {
		case token.EOF:
			hash := sha256.Sum256([]byte(strings.Join(tokens, "\x00")))
			return hex.EncodeToString(hash[:8])
		case token.PERIOD:
			if last >= 0 && tokens[last] == "d2l" {
				tokens = tokens[:last]
				continue
			}
		case token.RPAREN, token.RBRACE, token.RBRACK:
			// A comma or semicolon may end a list, and must where the line ends.
			for last >= 0 && strings.HasPrefix(tokens[last], "/") {
				last--
			}
			if last >= 0 && (tokens[last] == ";" || tokens[last] == ",") {
				tokens = slices.Delete(tokens, last, last+1)
			}
		case token.SEMICOLON:
			lit = ";"
		case token.COMMENT:
			// A comment belongs to what is before it in its line, or else to what follows it.
			before := code[:file.Offset(pos)]
			if strings.TrimSpace(before[strings.LastIndexByte(before, '\n')+1:]) == "" {
				lit += "\n"
			}
		}
		if lit == "" {
			lit = tok.String()
		}
		tokens = append(tokens, lit)
	}
}
