package notebook

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// leftInNotebook is the metadata of a notebook by which front ends remember what
// someone did with it and on which machine. What an author sets stays, such as
// authors, title and jupytext, and so does what nobody here knows. From
// language_info the version of Go goes, and what the kernel leaves empty.
var leftInNotebook = []string{
	"accelerator", "anaconda-cloud", "application/vnd.databricks.v1+notebook", "celltoolbar", "colab", "deepnote",
	"execution", "gist", "gpuClass", "hide_input", "interpreter", "kaggle", "latex_envs", "notify_time", "nteract",
	"orig_nbformat", "papermill", "pycharm", "signature", "toc", "toc-autonumbering", "toc-showcode",
	"toc-showmarkdowntxt", "toc-showtags", "trusted", "varInspector", "vscode", "widgets",
}

// leftInCells is the same of cells. What an author sets stays, such as tags and
// slideshow.
var leftInCells = []string{
	"ExecuteTime", "autoscroll", "collapsed", "colab", "colab_type", "execution", "heading_collapsed", "hidden",
	"jp-MarkdownHeadingCollapsed", "jupyter", "outputId", "pycharm", "scrolled", "trusted", "vscode",
}

// unset is metadata that JupyterLab writes where nothing was chosen.
var unset = []struct {
	name  string
	value any
}{
	{"deletable", true},
	{"editable", true},
	{"slideshow", map[string]any{}},
	{"slideshow", map[string]any{"slide_type": ""}},
	{"slideshow", map[string]any{"slide_type": "-"}},
	{"tags", []any{}},
}

// Clean returns the content of the notebook's file, with all changes, as it is to
// be committed: written as nbformat writes it, without what differs from run to
// run or from machine to machine. It says what it left out and changed, nothing if
// the file is clean.
func (n *Notebook) Clean() (cleaned []byte, changes []string, err error) {
	content := n.Bytes()
	tree, err := wholeTree(content)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", n.Path, err)
	}
	if !bytes.Equal(formatted(tree), content) {
		changes = append(changes, "the file is not written as nbformat writes it: keys in order, indented by 1, text in lines")
	}
	if tree, err = wholeTree(content); err != nil { // text in one piece again
		return nil, nil, err
	}
	said := func(format string, args ...any) { changes = append(changes, fmt.Sprintf(format, args...)) }
	cleanNotebook(tree, said)
	for i, cell := range objects(tree["cells"]) {
		cleanCell(cell, func(format string, args ...any) {
			said("%s: %s", n.Cells[i].Label(), fmt.Sprintf(format, args...))
		})
	}
	return formatted(tree), changes, nil
}

type sayer func(format string, args ...any)

func cleanNotebook(tree map[string]any, said sayer) {
	metadata, _ := tree["metadata"].(map[string]any)
	for _, name := range sortedKeys(metadata) {
		if slices.Contains(leftInNotebook, name) {
			delete(metadata, name)
			said("metadata %s of the notebook", name)
		}
	}
	language, _ := metadata["language_info"].(map[string]any)
	for _, name := range sortedKeys(language) {
		if value := language[name]; name == "version" || value == nil || value == "" {
			delete(language, name)
			said("metadata language_info.%s of the notebook", name)
		}
	}
}

func cleanCell(cell map[string]any, said sayer) {
	if source, ok := cell["source"].(string); ok {
		if trimmed := withoutBlankEnd(source); trimmed != source {
			cell["source"] = trimmed
			said("blank lines at its end")
		}
	}
	metadata, _ := cell["metadata"].(map[string]any)
	for _, name := range sortedKeys(metadata) {
		if slices.Contains(leftInCells, name) || isUnset(name, metadata[name]) {
			delete(metadata, name)
			said("metadata %s", name)
		}
	}
	if cell["cell_type"] != "code" {
		return
	}
	cleanCount(cell, said)
	var outputs []any
	var last map[string]any
	for _, output := range objects(cell["outputs"]) {
		if output["name"] == "stderr" {
			said("what it wrote to stderr: %s", firstOf(output["text"]))
			continue
		}
		if output["output_type"] == "execute_result" {
			cleanCount(output, said)
		}
		if _, ok := output["transient"]; ok {
			delete(output, "transient")
			said("transient data of an output")
		}
		if merged(last, output) {
			said("the output to %s in pieces", output["name"])
			continue
		}
		outputs = append(outputs, output)
		last = output
	}
	if outputs == nil {
		outputs = []any{}
	}
	cell["outputs"] = outputs
}

func cleanCount(of map[string]any, said sayer) {
	if count, ok := of["execution_count"]; !ok || count != nil {
		of["execution_count"] = nil
		if ok {
			said("execution_count %v", count)
		} else {
			said("no execution_count, where null is asked for")
		}
	}
}

// merged appends what an output wrote to that before it, if both wrote to the same
// stream.
func merged(last, output map[string]any) bool {
	if last == nil || output["output_type"] != "stream" || last["output_type"] != "stream" || last["name"] != output["name"] {
		return false
	}
	a, ok1 := last["text"].(string)
	b, ok2 := output["text"].(string)
	if ok1 && ok2 {
		last["text"] = a + b
	}
	return ok1 && ok2
}

// withoutBlankEnd drops blank lines at the end, and the end of the last line.
func withoutBlankEnd(source string) string {
	for {
		i := strings.LastIndexByte(source, '\n')
		if strings.TrimSpace(source[i+1:]) != "" {
			return source
		}
		if i < 0 {
			return ""
		}
		source = source[:i]
	}
}

func isUnset(name string, value any) bool {
	for _, u := range unset {
		if u.name == name && reflect.DeepEqual(u.value, value) {
			return true
		}
	}
	return false
}

func firstOf(text any) string {
	s, _ := text.(string)
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return s
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
