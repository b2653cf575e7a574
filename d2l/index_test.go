package d2l_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
)

// The index in doc.go lists every file of the package and every room, and nothing else.
func TestIndex(t *testing.T) {
	d2ltest.NeedsSources(t)
	text, err := os.ReadFile("doc.go")
	d2ltest.NoError(t, err)
	var listed []string
	for _, entry := range regexp.MustCompile(`(?m)^//\t(\w+\.go|internal/\w+) `).FindAllStringSubmatch(string(text), -1) {
		listed = append(listed, entry[1])
	}
	files, err := filepath.Glob("*.go")
	d2ltest.NoError(t, err)
	files = slices.DeleteFunc(files, func(name string) bool { return name == "doc.go" || strings.HasSuffix(name, "_test.go") })
	sources, err := filepath.Glob("internal/*/*.go")
	d2ltest.NoError(t, err)
	var rooms []string
	for _, source := range sources {
		rooms = append(rooms, filepath.Dir(source))
	}
	want := append(files, slices.Compact(rooms)...)
	for _, name := range want {
		if !slices.Contains(listed, name) {
			t.Errorf("%s is not in the index of doc.go: add it there with what it has", name)
		}
	}
	for i, name := range listed {
		if !slices.Contains(want, name) {
			t.Errorf("the index of doc.go lists %s, which does not exist", name)
		}
		if slices.Contains(listed[:i], name) {
			t.Errorf("the index of doc.go lists %s twice", name)
		}
	}
}
