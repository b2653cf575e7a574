package coverage

import "testing"

func TestProvenance(t *testing.T) {
	run(t, cases{
		"Book removed": {replace("d2l/accuracy.go", "//\n// Book: accuracy, section \"Implementation of Softmax Regression from Scratch\".\n", ""), []string{
			`d2l/accuracy.go:16: Accuracy has no line "Book: …"; end its comment with a paragraph ` + bookForms,
		}},
		"Book of a group removed": {replace("d2l/activation.go", "// Book: npx.sigmoid, npx.relu, np.tanh, section \"Multilayer Perceptrons\".\n", ""), []string{
			`d2l/activation.go:16: NoActivation has no line "Book: …"; end its comment with a paragraph ` + bookForms,
		}},
		"Book not a paragraph of its own": {replace("lenet/lenet.go", "//\n// Book: net,", "// Book: net,"), []string{
			`lenet/lenet.go:11: New has no line "Book: …"; end its comment with a paragraph ` + bookForms,
		}},
		"Book of another form": {replace("d2l/seed.go", "Book: none; npx", "Book: none, npx"), []string{
			`d2l/seed.go:21: Seed has the line "Book: none, npx.random.seed comes nearest."; its form is ` + bookForms,
		}},
		"Book too early": {replace("d2l/seed.go", "// Seed makes", "// Book: none; x.\n//\n// Seed makes"), []string{
			`d2l/seed.go:23: Seed has a line "Book: …" that is not the last paragraph of its comment; move it to the end`,
		}},
		"a function without a comment": {replace("d2l/doc.go", "\npackage d2l\n", "\npackage d2l\n\nfunc Extra() {}\n\nfunc (n *Net) Further() {}\n\nfunc own() {}\n"), []string{
			`d2l/doc.go:52: Extra has no line "Book: …"; end its comment with a paragraph ` + bookForms,
		}},
	})
}
