package saved

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/d2l-go/book/scripts/literate/notebook"
)

// book makes a project in memory: a package of one file for each name, and a
// notebook with a code cell for each source, called cell0, cell1, …
func book(t testing.TB, files map[string]string, sources ...string) *project {
	t.Helper()
	var cells []map[string]any
	for i, source := range sources {
		cells = append(cells, map[string]any{
			"cell_type": "code", "id": "cell" + string(rune('0'+i)), "metadata": map[string]any{},
			"execution_count": nil, "outputs": []any{}, "source": strings.SplitAfter(source, "\n"),
		})
	}
	content, err := json.MarshalIndent(map[string]any{"cells": cells, "metadata": map[string]any{}, "nbformat": 4, "nbformat_minor": 5}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	n, err := notebook.Parse("notebooks/x.ipynb", content)
	if err != nil {
		t.Fatal(err)
	}
	p := &project{files: maps.Clone(files), written: map[string]bool{}, notebooks: []*notebook.Notebook{n}}
	if p.files == nil {
		p.files = map[string]string{}
	}
	if err := p.parse(); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *project) source(i int) string { return p.notebooks[0].Cells[i].Source }

// edit replaces a part of a cell.
func (p *project) edit(t testing.TB, i int, old, new string) {
	t.Helper()
	c := p.notebooks[0].Cells[i]
	if !strings.Contains(c.Source, old) {
		t.Fatalf("cell %d has no %q:\n%s", i, old, c.Source)
	}
	p.notebooks[0].SetSource(c, strings.Replace(c.Source, old, new, 1))
}

// editFile replaces a part of a file of the package.
func (p *project) editFile(t testing.TB, path, old, new string) {
	t.Helper()
	if !strings.Contains(p.files[path], old) {
		t.Fatalf("%s has no %q:\n%s", path, old, p.files[path])
	}
	if err := p.set(path, strings.Replace(p.files[path], old, new, 1)); err != nil {
		t.Fatal(err)
	}
}

// run calls update or save, which must succeed or be refused with the words.
func (p *project) run(t testing.TB, way func(*project, bool, *strings.Builder) error, force bool, refusal string) {
	t.Helper()
	var said strings.Builder
	err := way(p, force, &said)
	switch {
	case refusal == "" && err != nil:
		t.Fatalf("%v:\n%s", err, said.String())
	case refusal != "" && (err != ErrRefused || !strings.Contains(said.String(), refusal)):
		t.Fatalf("error %v, want %q in\n%s", err, refusal, said.String())
	}
}

func update(p *project, force bool, out *strings.Builder) error { return p.update(force, out) }
func save(p *project, force bool, out *strings.Builder) error   { return p.save(force, out) }

// state is all that a project has.
func (p *project) state() string {
	var all strings.Builder
	for _, path := range slices.Sorted(maps.Keys(p.files)) {
		all.WriteString("== " + path + "\n" + p.files[path])
	}
	all.WriteString("== notebook\n" + string(p.notebooks[0].Bytes()))
	return all.String()
}

// wantClean fails if check finds something, or if update or save change
// anything.
func (p *project) wantClean(t testing.TB) {
	t.Helper()
	if found := p.check(); len(found) > 0 {
		t.Fatalf("check: %s\n%s", strings.Join(found, "\n"), p.state())
	}
	before := p.state()
	p.run(t, update, false, "")
	p.run(t, save, false, "")
	if after := p.state(); after != before {
		t.Fatalf("update and save changed what was clean:\n%s\nbefore:\n%s", after, before)
	}
}

// wantCheck fails unless check finds exactly one problem, with all of the words.
func (p *project) wantCheck(t testing.TB, words ...string) {
	t.Helper()
	found := p.check()
	if len(found) != 1 {
		t.Fatalf("check found %d problems, want one with %q:\n%s", len(found), words, strings.Join(found, "\n"))
	}
	for _, word := range words {
		if !strings.Contains(found[0], word) {
			t.Errorf("no %q in\n%s", word, found[0])
		}
	}
}
