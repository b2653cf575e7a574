package coverage

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/d2l-go/book/scripts/literate/notebook"
)

const (
	root      = "../../.."
	tablePath = "notebooks/lenet.coverage.csv"
	chapter   = "notebooks/lenet.ipynb"
)

func TestProject(t *testing.T) {
	problems, err := Check(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Error(p)
	}
}

// project returns the files of the project that are looked at.
func project(t *testing.T) fstest.MapFS {
	t.Helper()
	if problems, err := Check(root); err != nil || len(problems) > 0 {
		t.Skip("the project itself has problems, which TestProject names; they would show here again and again")
	}
	files := fstest.MapFS{}
	for _, pattern := range []string{"d2l/*.go", "lenet/*.go", "notebooks/lenet.*", "notebooks/exercise-*.ipynb"} {
		names, err := fs.Glob(os.DirFS(root), pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, name := range names {
			content, err := os.ReadFile(path.Join(root, name))
			if err != nil {
				t.Fatal(err)
			}
			files[name] = &fstest.MapFile{Data: content}
		}
	}
	return files
}

// A change breaks one thing in a copy of the project.
type change func(t *testing.T, files fstest.MapFS)

// all makes several changes.
func all(changes ...change) change {
	return func(t *testing.T, files fstest.MapFS) {
		t.Helper()
		for _, c := range changes {
			c(t, files)
		}
	}
}

// replace replaces a text that a file has once.
func replace(name, old, new string) change {
	return func(t *testing.T, files fstest.MapFS) {
		t.Helper()
		content := string(files[name].Data)
		if n := strings.Count(content, old); n != 1 {
			t.Fatalf("%s has %q %d times", name, old, n)
		}
		files[name] = &fstest.MapFile{Data: []byte(strings.Replace(content, old, new, 1))}
	}
}

// tableRow replaces the table's only line that begins so; none at all removes it.
func tableRow(begin string, rows ...string) change {
	return func(t *testing.T, files fstest.MapFS) {
		t.Helper()
		lines := strings.Split(string(files[tablePath].Data), "\n")
		i := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, begin) })
		if i < 0 {
			t.Fatalf("the table has no row that begins with %s", begin)
		}
		lines = slices.Replace(lines, i, i+1, rows...)
		files[tablePath] = &fstest.MapFile{Data: []byte(strings.Join(lines, "\n"))}
	}
}

// exchangeRows exchanges the table's only two lines that begin so.
func exchangeRows(one, other string) change {
	return func(t *testing.T, files fstest.MapFS) {
		t.Helper()
		lines := strings.Split(string(files[tablePath].Data), "\n")
		begins := func(begin string) int {
			return slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, begin) })
		}
		i, j := begins(one), begins(other)
		lines[i], lines[j] = lines[j], lines[i]
		files[tablePath] = &fstest.MapFile{Data: []byte(strings.Join(lines, "\n"))}
	}
}

// cellJSON is a cell, with what the tests change.
type cellJSON = map[string]any

// cells changes the list of cells.
func cells(edit func(list []any) []any) change {
	return func(t *testing.T, files fstest.MapFS) {
		t.Helper()
		var all map[string]any
		if err := json.Unmarshal(files[chapter].Data, &all); err != nil {
			t.Fatal(err)
		}
		all["cells"] = edit(all["cells"].([]any))
		content, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		files[chapter] = &fstest.MapFile{Data: content}
	}
}

func isCell(id string) func(any) bool {
	return func(cell any) bool { return cell.(cellJSON)["id"] == id }
}

// cell changes one cell.
func cell(id string, edit func(cell cellJSON)) change {
	return cells(func(list []any) []any {
		edit(list[slices.IndexFunc(list, isCell(id))].(cellJSON))
		return list
	})
}

func withoutCell(id string) change {
	return cells(func(list []any) []any { return slices.DeleteFunc(list, isCell(id)) })
}

func source(id, code string) change {
	return cell(id, func(c cellJSON) { c["source"] = code })
}

// image changes one of the images that a cell shows.
func image(id, kind, content string) change {
	return cell(id, func(c cellJSON) {
		for _, o := range c["outputs"].([]any) {
			if data, ok := o.(cellJSON)["data"].(map[string]any); ok {
				data[kind] = content
			}
		}
	})
}

func withoutOutputs(id string) change {
	return cell(id, func(c cellJSON) { c["outputs"] = []any{} })
}

// cases are changes by what they do. Of each, all problems are wanted, in their
// order, with LINE for the table's line that the problem names.
type cases map[string]struct {
	broken change
	want   []string
}

func run(t *testing.T, all cases) {
	original := project(t)
	for name, c := range all {
		t.Run(name, func(t *testing.T) {
			files := maps.Clone(original)
			c.broken(t, files)
			got, err := check(files)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, problem := range c.want {
				want = append(want, withLine(t, files, withLabels(t, files, problem)))
			}
			if !slices.Equal(got, want) {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
			}
		})
	}
}

// withLabels replaces "cell load" after a notebook's path by the cell's label.
func withLabels(t *testing.T, files fstest.MapFS, problem string) string {
	t.Helper()
	return regexp.MustCompile(`(notebooks/\w+\.ipynb), cell ([\w-]+)`).ReplaceAllStringFunc(problem, func(named string) string {
		path, id, _ := strings.Cut(named, ", cell ")
		n, err := notebook.Parse(path, files[path].Data)
		if err != nil {
			t.Fatal(err)
		}
		return path + ", " + n.Cell(id).Label()
	})
}

// withLine replaces LINE in a problem by the number of a line: of the table's last
// row that the problem names, or of the declaration in a Go file.
func withLine(t *testing.T, files fstest.MapFS, problem string) string {
	t.Helper()
	file, named, ok := strings.Cut(problem, ":LINE: ")
	if !ok {
		return problem
	}
	name, _, _ := strings.Cut(named, " ")
	declaration := regexp.MustCompile(`^((func|type|var) ` + name + `\b|const \($)`)
	for i, line := range slices.Backward(strings.Split(string(files[file].Data), "\n")) {
		found := declaration.MatchString(line)
		if file == tablePath {
			fields, err := csv.NewReader(strings.NewReader(line)).Read()
			found = err == nil && len(fields) > 1 && strings.HasPrefix(named, fields[0]+" \""+fields[1]+"\": ")
		}
		if found {
			return fmt.Sprintf("%s:%d: %s", file, i+1, named)
		}
	}
	t.Fatalf("no line for %s", problem)
	return ""
}
