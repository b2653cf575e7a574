package coverage

import (
	"testing"
	"testing/fstest"
)

func TestTable(t *testing.T) {
	run(t, cases{
		"no table": {
			func(t *testing.T, files fstest.MapFS) { delete(files, tablePath) },
			[]string{"notebooks: no table says what covers the chapter; it is called as the notebook, lenet.coverage.csv"},
		},
		"row removed": {tableRow("section,Summary"), []string{
			tablePath + ":1: the chapter has 4 of the kind section, and the table has rows for 3",
		}},
		"row in the middle removed": {tableRow("exercise,2.3"), []string{
			tablePath + ":1: the chapter has 10 of the kind exercise, and the table has rows for 9",
			tablePath + ":LINE: exercise \"2.4 number of convolutions\": is out of order; it follows exercise 2.2",
		}},
		"row of ours removed": {tableRow("ours,what the trained"), []string{
			chapter + ", cell predict: no row of " + tablePath + " names it; add one, of the kind ours if the chapter has no such cell",
		}},
		"no counts": {replace(tablePath, "# the chapter has:", "# the chapter:"), []string{
			tablePath + ":1: does not begin with what the chapter has, such as # the chapter has: 1 chapter, 4 sections",
		}},
		"a count removed": {replace(tablePath, "6 code cells, ", ""), []string{
			tablePath + ":1: does not say how many parts of the kind code the chapter has",
		}},
		"a count of something else": {replace(tablePath, "6 code cells, ", "6 boxes, "), []string{
			tablePath + `:1: "6 boxes" is not a number and one of chapter, section, code, output, figure, exercise`,
		}},
		"no header": {tableRow("kind,"), []string{
			tablePath + ":4: the first row names the columns, kind,which,cell,symbols",
			tablePath + ":1: the chapter has 1 of the kind chapter, and the table has rows for 0",
		}},
		"a comma without quotes": {tableRow("output,\"dense2", "output,dense2 output shape: (1, 10),lenet.ipynb#shapes,"), []string{
			tablePath + ":16: has 5 columns instead of kind,which,cell,symbols; a text with a comma stands in quotes",
			tablePath + ":1: the chapter has 9 of the kind output, and the table has rows for 8",
		}},
		"a stray quote": {tableRow("ours,a batch", `ours,a "batch,lenet.ipynb#batch,`), []string{
			tablePath + `:38: is not CSV: bare " in non-quoted-field; a text with a comma or a quote stands in quotes`,
		}},
		"unknown kind": {tableRow("ours,a batch", "mine,a batch,lenet.ipynb#batch,"), []string{
			tablePath + `:LINE: mine "a batch": there is no kind "mine"; there are chapter, section, code, output, figure, exercise and ours`,
		}},
		"no which": {tableRow("ours,a batch", "ours,,lenet.ipynb#batch,"), []string{
			tablePath + ":LINE: ours \"\": does not say which",
		}},
		"no cell": {tableRow("code,3", "code,3 the data,,"), []string{
			tablePath + ":LINE: code \"3 the data\": no cell covers it; name one as lenet.ipynb#cell-id",
			chapter + ", cell load: no row of " + tablePath + " names it; add one, of the kind ours if the chapter has no such cell",
		}},
		"no number": {tableRow("code,6", "code,training,lenet.ipynb#train-lenet,"), []string{
			tablePath + ":LINE: code \"training\": does not begin with its number in the chapter, and some words",
		}},
		"a row twice": {tableRow("figure,img_lenet_vert", "figure,img_lenet,lenet.ipynb#figure-vertical,"), []string{
			tablePath + ":LINE: figure \"img_lenet\": stands in line 7 already",
		}},
		"rows out of order": {exchangeRows("code,3", "code,4"), []string{
			tablePath + ":LINE: code \"4 accuracy on a GPU\": is out of order; it follows code 2",
			tablePath + ":LINE: code \"3 the data\": is out of order; it follows code 4",
			tablePath + ":LINE: code \"3 the data\": " + chapter + ", cell load stands before what line 19 names; rows and cells follow the chapter's order",
			tablePath + ":LINE: code \"5 the training function\": is out of order; it follows code 3",
		}},
		"sections out of order": {exchangeRows("section,Summary", "section,Exercises"), []string{
			tablePath + ":LINE: section \"Summary\": " + chapter + ", cell summary stands before what line 26 names; rows and cells follow the chapter's order",
		}},
		"output lines out of order": {exchangeRows("output,\"pool0", "output,\"conv1"), []string{
			tablePath + ":LINE: output \"pool0 output shape: (1, 6, 14, 14)\": " + chapter + ", cell shapes stands before what line 11 names; rows and cells follow the chapter's order",
		}},
		"points out of order": {exchangeRows("exercise,2.5", "exercise,2.6"), []string{
			tablePath + ":LINE: exercise \"2.6 details of training\": is out of order; it follows exercise 2.4",
			tablePath + ":LINE: exercise \"2.5 number of fully connected layers\": is out of order; it follows exercise 2.6",
		}},
		"ours and the chapter's": {tableRow("ours,a batch", "ours,a plot,lenet.ipynb#train-lenet,"), []string{
			chapter + ", cell batch: no row of " + tablePath + " names it; add one, of the kind ours if the chapter has no such cell",
			tablePath + ":LINE: ours \"a plot\": " + chapter + ", cell train-lenet is the chapter's by line 25",
		}},
		"several cells": {tableRow("code,3", "code,3 the data,lenet.ipynb#load lenet.ipynb#net,"), []string{
			tablePath + ":LINE: code \"3 the data\": names several cells; only an exercise may, those of its solution after its own",
		}},
		"an odd cell": {tableRow("code,3", "code,3 the data,lenet.ipynb,"), []string{
			tablePath + `:LINE: code "3 the data": "lenet.ipynb" is not of the form lenet.ipynb#cell-id`,
			chapter + ", cell load: no row of " + tablePath + " names it; add one, of the kind ours if the chapter has no such cell",
		}},
		"another notebook": {
			func(t *testing.T, files fstest.MapFS) {
				files["notebooks/other.ipynb"] = files[chapter]
				tableRow("section,Summary", "section,Summary,other.ipynb#summary,")(t, files)
			},
			[]string{tablePath + ":LINE: section \"Summary\": notebooks/other.ipynb, cell summary is not in the chapter's notebook, lenet.ipynb"},
		},
		"a solution in another notebook": {
			func(t *testing.T, files fstest.MapFS) {
				files["notebooks/other.ipynb"] = files[chapter]
				tableRow("exercise,3 MNIST", "exercise,3 MNIST,lenet.ipynb#exercises other.ipynb#load,d2l.LoadDataFashionMnist")(t, files)
			},
			nil,
		},
		"a solution": {tableRow("exercise,3 MNIST", "exercise,3 MNIST,lenet.ipynb#exercises lenet.ipynb#load,d2l.LoadDataFashionMnist"), nil},
		"a solution that is gone": {tableRow("exercise,3 MNIST", "exercise,3 MNIST,lenet.ipynb#exercises mnist.ipynb#load,"), []string{
			tablePath + ":LINE: exercise \"3 MNIST\": there is no notebook notebooks/mnist.ipynb (cell load)",
		}},
	})
}
