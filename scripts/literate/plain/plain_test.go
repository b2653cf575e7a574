package plain

import (
	"testing"

	"github.com/d2l-go/book/scripts/literate/notebook"
)

func TestText(t *testing.T) {
	n, err := notebook.Parse("a.ipynb", []byte(`{"cells": [
{"cell_type": "markdown", "id": "m", "metadata": {}, "source": "# Title\n\nText.\n"},
{"cell_type": "code", "id": "c", "metadata": {"d2l": {"tolerance": {"loss": 0.1}}}, "execution_count": 3, "source": "%%\nx()", "outputs": [
{"output_type": "stream", "name": "stdout", "text": ["a\n", "b\n"]},
{"output_type": "display_data", "metadata": {}, "data": {"image/png": "aGk=", "image/svg+xml": "<svg width=\"4pt\" height=\"3pt\"/>", "text/plain": "<figure>"}},
{"output_type": "error", "ename": "ERROR", "evalue": "exit status 1", "traceback": []}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := `──── m, markdown
# Title

Text.

──── c, code
%%
x()
──── c, metadata
{"d2l":{"tolerance":{"loss":0.1}}}
──── c, printed to stdout
a
b
──── c, shown as image/png
a picture that cannot be read: image: unknown format
──── c, shown as image/svg+xml
4pt × 3pt, of one colour
──── c, shown as text/plain
<figure>
──── c, error
ERROR: exit status 1

`
	if got := Text(n); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
