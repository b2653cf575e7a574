package main

import (
	"os"
	"strings"
	"sync"
	"testing"
)

// problems is what check finds in the project as it is, found once.
var problems = sync.OnceValue(func() string {
	here, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	if err := os.Chdir("../.."); err != nil {
		panic(err)
	}
	defer os.Chdir(here)
	var out strings.Builder
	if err := check(&out, nil); err != nil && err != errFound {
		return err.Error()
	}
	return out.String()
})

// sound tells whether the project itself is as check wants it.
func sound() bool { return problems() == "" }

func TestCheck(t *testing.T) {
	if said := problems(); said != "" {
		t.Error(said)
	}
}
