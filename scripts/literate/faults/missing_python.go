package faults

import (
	"fmt"
	"regexp"
	"strings"
)

// nextAtTop begins what follows a class: a line that is not indented.
var nextAtTop = regexp.MustCompile(`(?m)^[^\s#)]`)

// missingPython says what a file of Python lacks of a test, ClassTest.test_name.
func missingPython(source, test string) string {
	class, method, _ := strings.Cut(test, ".")
	head := regexp.MustCompile(`(?m)^class ` + regexp.QuoteMeta(class) + `\b.*$`).FindStringIndex(source)
	if head == nil {
		return fmt.Sprintf("it has no %q", "class "+class)
	}
	body := source[head[1]:]
	if end := nextAtTop.FindStringIndex(body); end != nil {
		body = body[:end[0]]
	}
	if !regexp.MustCompile(`(?m)^\s+(async )?def ` + regexp.QuoteMeta(method) + `\(`).MatchString(body) {
		return fmt.Sprintf("class %s has no %q", class, "def "+method)
	}
	return ""
}
