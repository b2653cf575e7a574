package main

import (
	"errors"
	"strings"
	"testing"
)

func TestArguments(t *testing.T) {
	for _, line := range []string{"", "chek", "-h", "check foo", "readme foo", "verify a", "verify a b c", "missing a b"} {
		if err := run(strings.Fields(line)); !errors.Is(err, errUsage) {
			t.Errorf("literate %s: %v, expected the usage", line, err)
		}
	}
}
