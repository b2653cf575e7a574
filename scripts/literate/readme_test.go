package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
)

// README reports the chapter as it is saved; what does not is named, with what
// mends it.
func TestCheckReadme(t *testing.T) {
	whole, err := filepath.Abs("../..")
	d2ltest.NoError(t, err)
	for name, c := range map[string]struct {
		pairs []string // Of the notebook.
		file  string   // Another that is changed.
		want  string   // All that is wrong; empty if nothing is.
	}{
		"as it is":          {nil, "", ""},
		"another loss":      {[]string{"loss 0.", "loss 9."}, "", "README.md: its row of the notebook is not what cell train-lenet (code cell 9: lr, numEpochs := 0.9, 10) printed; write\n  | the notebook (on cpu(0), "},
		"another device":    {[]string{"examples/sec on cpu(0)", "examples/sec on gpu(0)"}, "", "\n  | the notebook (on gpu(0), "},
		"no figures":        {[]string{" examples/sec on cpu(0)", " on cpu(0)"}, "", `does not print "loss …, train acc …, test acc …" and "… examples/sec on …", which README.md reports`},
		"README":            {nil, readmePath, "README.md: its row"},
		"the picture":       {nil, readmePicture, "notebooks/lenet-training.svg is not the picture of cell train-lenet (code cell 9: lr, numEpochs := 0.9, 10); renew it: go run ./scripts/literate svg notebooks/lenet.ipynb#train-lenet > notebooks/lenet-training.svg"},
		"no picture at all": {nil, "-" + readmePicture, "notebooks/lenet-training.svg is not the picture"},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{}
			for _, path := range []string{readmePath, readmePicture} {
				content, err := os.ReadFile(filepath.Join(whole, path))
				d2ltest.NoError(t, err)
				files[path] = string(content)
			}
			chapterProject(t, chapterPath, c.pairs...)
			for path, content := range files {
				switch c.file {
				case path:
					content = strings.Replace(content, "0", "7", -1)
				case "-" + path:
					continue
				}
				d2ltest.NoError(t, os.WriteFile(path, []byte(content), 0o644))
			}
			problems, err := checkReadme()
			if err != nil || (len(problems) > 0) != (c.want != "") || len(problems) > 1 || !strings.Contains(strings.Join(problems, ""), c.want) {
				t.Errorf("%q, %v, want %q", problems, err, c.want)
			}
			if strings.HasSuffix(c.file, readmePicture) { // What the message says mends it.
				svg, _ := found(t, "svg", readmeCell)
				d2ltest.NoError(t, os.WriteFile(readmePicture, []byte(svg), 0o644))
				if problems, err := checkReadme(); err != nil || len(problems) > 0 {
					t.Errorf("after svg: %q, %v", problems, err)
				}
			}
		})
	}
}

func TestSVGErrors(t *testing.T) {
	chapterProject(t, chapterPath)
	for ref, want := range map[string]string{
		chapterPath:            `has no cell ""`,
		chapterPath + "#none":  `has no cell "none"`,
		chapterPath + "#title": "the cell shows no SVG",
	} {
		if err := printSVG(nil, []string{ref}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", ref, err, want)
		}
	}
}
