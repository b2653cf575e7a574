package coverage

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestCells(t *testing.T) {
	run(t, cases{
		"code cell removed": {withoutCell("load"), []string{
			tablePath + ":LINE: code \"3 the data\": " + chapter + " has no cell load; name the cell that has taken its place",
		}},
		"section removed": {withoutCell("summary"), []string{
			tablePath + ":LINE: section \"Summary\": " + chapter + " has no cell summary; name the cell that has taken its place",
		}},
		"cell added": {cells(func(list []any) []any {
			return append(list, cellJSON{"id": "more", "cell_type": "code", "metadata": cellJSON{}, "source": "%%\nprintln()", "outputs": []any{}})
		}), []string{
			chapter + ", cell more: no row of " + tablePath + " names it; add one, of the kind ours if the chapter has no such cell",
		}},
		"a section added": {source("look", "## Data\n"), nil},
		"heading changed": {replace(chapter, "## Data Acquisition and Training", "## Data acquisition and training"), []string{
			tablePath + ":LINE: section \"Data Acquisition and Training\": " + chapter + ", cell data has no such heading; write the chapter's, ## Data Acquisition and Training",
		}},
		"level changed": {replace(chapter, "## Summary", "### Summary"), []string{
			tablePath + ":LINE: section \"Summary\": " + chapter + ", cell summary has it as a heading of level 3; that of a section is 2",
		}},
		"heading in code": {source("summary", "```\n## Summary\n```"), []string{
			tablePath + ":LINE: section \"Summary\": " + chapter + ", cell summary has no such heading; write the chapter's, ## Summary",
		}},
		"sections exchanged": {cells(func(list []any) []any {
			i, j := slices.IndexFunc(list, isCell("lenet")), slices.IndexFunc(list, isCell("data"))
			list[i], list[j] = list[j], list[i]
			return list
		}), []string{
			tablePath + ":LINE: section \"Data Acquisition and Training\": " + chapter + ", cell data stands before what line 6 names; rows and cells follow the chapter's order",
		}},
		"a heading in a code cell": {tableRow("section,Summary", "section,Summary,lenet.ipynb#load,"), []string{
			tablePath + ":LINE: section \"Summary\": " + chapter + ", cell load is a code cell, not Markdown",
		}},
		"code in a Markdown cell": {tableRow("ours,what", "ours,what,lenet.ipynb#predict,", "ours,text,lenet.ipynb#summary,"), []string{
			tablePath + ":LINE: ours \"text\": " + chapter + ", cell summary is a markdown cell, not code",
		}},
		"a comment instead of code": {source("load", "// Data."), []string{
			tablePath + ":LINE: code \"3 the data\": " + chapter + ", cell load has no code",
			tablePath + ":LINE: code \"3 the data\": " + chapter + ", cell load neither uses nor declares d2l.LoadDataFashionMnist",
		}},
		"not Go": {source("load", "\nvar batchSize 256"), []string{
			tablePath + ":LINE: code \"3 the data\": " + chapter + ", cell load is not Go, line 2: expected type, found 256",
		}},
		"not Go, in several rows": {all(tableRow("ours,what", "ours,what,lenet.ipynb#predict,d2l.TrainCh5"),
			source("predict", "%%\nTrainCh5()"), source("train-ch5", "func TrainCh5() {\n")), []string{
			tablePath + ":LINE: code \"5 the training function\": " + chapter + ", cell train-ch5 is not Go, line 1: expected '}', found 'EOF'",
		}},
		"not Go, where something is printed and drawn": {source("train-lenet", "%%\nx := ("), []string{
			tablePath + ":LINE: code \"6 training\": " + chapter + ", cell train-lenet is not Go, line 3: expected operand, found '}'",
		}},
		"not Go, in a solution": {all(tableRow("exercise,3 MNIST", "exercise,3 MNIST,lenet.ipynb#exercises lenet.ipynb#load,d2l.LoadDataFashionMnist"),
			source("load", "\nvar batchSize 256")), []string{
			tablePath + ":LINE: code \"3 the data\": " + chapter + ", cell load is not Go, line 2: expected type, found 256",
		}},
		"a shell command instead of Go": {source("load", "%%bash\nls"), []string{
			tablePath + ":LINE: code \"3 the data\": " + chapter + ", cell load is not Go",
			tablePath + ":LINE: code \"3 the data\": " + chapter + ", cell load neither uses nor declares d2l.LoadDataFashionMnist",
		}},
	})
}

// A notebook that is gone or damaged is named by each row of the table.
func TestNotebookGone(t *testing.T) {
	for content, want := range map[string]string{
		"":  "there is no notebook notebooks/lenet.ipynb (cell title)",
		"{": "notebooks/lenet.ipynb is not a notebook that can be read: unexpected EOF",
	} {
		files := project(t)
		files[chapter] = &fstest.MapFile{Data: []byte(content)}
		if content == "" {
			delete(files, chapter)
		}
		problems, err := check(files)
		if err != nil {
			t.Fatal(err)
		}
		want = tablePath + `:5: chapter "Convolutional Neural Networks (LeNet)": ` + want
		if len(problems) < 35 || problems[0] != want {
			t.Errorf("got\n\t%s\nwant, and as much for each row,\n\t%s", strings.Join(problems, "\n\t"), want)
		}
	}
}

// blankPNG is white, 2 × 2 pixels.
const blankPNG = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAAAAABX3VL4AAAADklEQVR42mP4/5/h/38AC/oD/f1NxGYAAAAASUVORK5CYII="

func TestOutputs(t *testing.T) {
	run(t, cases{
		"an output of text": {tableRow("output,… ex", "output,… examples/sec on …,lenet.ipynb#summary,"), []string{
			tablePath + ":LINE: output \"… examples/sec on …\": " + chapter + ", cell summary is a markdown cell, not code",
		}},
		"a figure of text": {tableRow("figure,the", "figure,the curves,lenet.ipynb#summary,"), []string{
			tablePath + ":LINE: figure \"the curves\": " + chapter + ", cell summary is a markdown cell, not code",
		}},
		"printed shape changed": {replace(chapter, `pool0 output shape: (1, 6, 14, 14)`, `pool0 output shape: (1, 6, 13, 13)`), []string{
			tablePath + ":LINE: output \"pool0 output shape: (1, 6, 14, 14)\": " + chapter + ", cell shapes has not printed this line; correct what prints it and run the notebook anew",
		}},
		"printed lines exchanged": {replace(chapter, `dense0 output shape: (1, 120)\n",
      "dense1 output shape: (1, 84)\n`, `dense1 output shape: (1, 84)\n",
      "dense0 output shape: (1, 120)\n`), []string{
			tablePath + ":LINE: output \"dense1 output shape: (1, 84)\": " + chapter + ", cell shapes stands before what line 14 names; rows and cells follow the chapter's order",
		}},
		"a printed word changed": {replace(chapter, ` examples/sec on cpu`, ` examples/s on cpu`), []string{
			tablePath + ":LINE: output \"… examples/sec on …\": " + chapter + ", cell train-lenet has not printed this line; correct what prints it and run the notebook anew",
		}},
		"image emptied": {image("train-lenet", "image/svg+xml", ""), []string{
			tablePath + ":LINE: figure \"the training curves\": " + chapter + ", cell train-lenet has a picture of kind image/svg+xml that cannot be read (there is no <svg> in it); run the notebook anew",
		}},
		"image blank": {image("figure-data-flow", "image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg"><g></g></svg>`), []string{
			tablePath + ":LINE: figure \"img_lenet\": " + chapter + ", cell figure-data-flow has a picture of kind image/svg+xml in which nothing is drawn; run the notebook anew",
		}},
		"image damaged": {image("figure-data-flow", "image/svg+xml", `<svg><path/>`), []string{
			tablePath + ":LINE: figure \"img_lenet\": " + chapter + ", cell figure-data-flow has a picture of kind image/svg+xml that cannot be read (XML syntax error on line 1: unexpected EOF); run the notebook anew",
		}},
		"image of white paper": {image("figure-data-flow", "image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg"><path d="M0,0L9,0L9,9Z" style="fill:#fff"/></svg>`), []string{
			tablePath + ":LINE: figure \"img_lenet\": " + chapter + ", cell figure-data-flow has a picture of kind image/svg+xml in which nothing is drawn; run the notebook anew",
		}},
		"PNG of one colour": {image("figure-vertical", "image/png", blankPNG), []string{
			tablePath + ":LINE: figure \"img_lenet_vert\": " + chapter + ", cell figure-vertical has a picture of kind image/png in which nothing is drawn; run the notebook anew",
		}},
		"PNG emptied": {image("figure-vertical", "image/png", "iVBORw0KGgo="), []string{
			tablePath + ":LINE: figure \"img_lenet_vert\": " + chapter + ", cell figure-vertical has a picture of kind image/png that cannot be read (unexpected EOF); run the notebook anew",
		}},
		"image removed": {withoutOutputs("figure-vertical"), []string{
			tablePath + ":LINE: figure \"img_lenet_vert\": " + chapter + ", cell figure-vertical has no picture among its outputs; run the notebook anew",
		}},
	})
}

func TestExercises(t *testing.T) {
	run(t, cases{
		"an exercise of code": {tableRow("exercise,4", "exercise,4 activations drawn,lenet.ipynb#load,"), []string{
			tablePath + ":LINE: exercise \"4 activations drawn\": " + chapter + ", cell load is a code cell, not Markdown",
		}},
		"the heading removed": {replace(chapter, "## Exercises", "## Problems"), append([]string{
			tablePath + ":LINE: section \"Exercises\": " + chapter + ", cell exercises has no such heading; write the chapter's, ## Exercises",
		}, notUnderExercises...)},
		"exercise removed": {replace(chapter, `4. Pick`, `Pick`), []string{
			tablePath + ":LINE: exercise \"4 activations drawn\": " + chapter + ", cell exercises has no item 4 under the heading Exercises",
		}},
		"point removed": {replace(chapter, `    3. the activation function (is ReLU any better?),\n`, ``), []string{
			tablePath + ":LINE: exercise \"2.6 details of training\": " + chapter + ", cell exercises has no item 2.6 under the heading Exercises",
		}},
		"exercises elsewhere": {tableRow("exercise,4", "exercise,4 activations drawn,lenet.ipynb#summary,"), []string{
			tablePath + ":LINE: exercise \"4 activations drawn\": " + chapter + ", cell summary is not under the heading Exercises",
		}},
	})
}

// notUnderExercises are the problems of all rows of exercises.
var notUnderExercises = func() []string {
	var all []string
	for _, which := range []string{
		"1 maximum pooling", "2 a larger network", "2.1 window size", "2.2 output channels", "2.3 activation function",
		"2.4 number of convolutions", "2.5 number of fully connected layers", "2.6 details of training", "3 MNIST", "4 activations drawn",
	} {
		all = append(all, tablePath+":LINE: exercise \""+which+"\": "+chapter+", cell exercises is not under the heading Exercises")
	}
	return all
}()
