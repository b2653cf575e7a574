package coverage

import "testing"

func TestProvenance(t *testing.T) {
	run(t, cases{
		"Book removed": {replace("d2l/accuracy.go", "//\n// Book: accuracy, section \"Implementation of Softmax Regression from Scratch\".\n", ""), []string{
			`d2l/accuracy.go:LINE: Accuracy has no line "Book: …"; end its comment with a paragraph ` + bookForms,
		}},
		"Book of a type removed": {replace("d2l/layer.go", "// Book: nn.Block, section \"Layers and Blocks\".\n", ""), []string{
			`d2l/layer.go:LINE: Layer has no line "Book: …"; end its comment with a paragraph ` + bookForms,
		}},
		"Book of a group removed": {replace("d2l/activation.go", "// Book: npx.sigmoid, npx.relu, np.tanh, section \"Multilayer Perceptrons\".\n", ""), []string{
			`d2l/activation.go:LINE: NoActivation has no line "Book: …"; end its comment with a paragraph ` + bookForms,
		}},
		"Book not a paragraph of its own": {replace("lenet/lenet.go", "//\n// Book: net,", "// Book: net,"), []string{
			`lenet/lenet.go:LINE: New has no line "Book: …"; end its comment with a paragraph ` + bookForms,
		}},
		"Book of another form": {replace("d2l/seed.go", "Book: none; npx", "Book: none, npx"), []string{
			`d2l/seed.go:LINE: Seed has the line "Book: none, npx.random.seed comes nearest."; its form is ` + bookForms,
		}},
		"Book too early": {replace("d2l/seed.go", "// Seed makes", "// Book: none; x.\n//\n// Seed makes"), []string{
			`d2l/seed.go:LINE: Seed has a line "Book: …" that is not the last paragraph of its comment; move it to the end`,
		}},
		"a function without a comment": {replace("d2l/doc.go", "\npackage d2l\n", "\npackage d2l\n\nfunc Extra() {}\n\nfunc (n *Net) Further() {}\n\nfunc own() {}\n"), []string{
			`d2l/doc.go:LINE: Extra has no line "Book: …"; end its comment with a paragraph ` + bookForms,
		}},
	})
}

func TestBookForms(t *testing.T) {
	for line, ok := range map[string]bool{
		`Book: accuracy, section "GPUs".`:                          true,
		`Book: npx.relu, np.tanh, section "File I/O".`:             true,
		"Book: nn.Flatten, section \"Network in Network\n(NiN)\".": true,
		`Book: none; it has none, see section "GPUs".`:             true,
		`Book: accuracy, section "GPUs"`:                           false,
		`Book: accuracy (section "GPUs").`:                         false,
		`Book: accuracy, section GPUs.`:                            false,
		`Book: accuracy, section "".`:                              false,
		`Book: accuracy.`:                                          false,
		`Book: train_ch5(), section "GPUs".`:                       false,
		`Book: none.`:                                              false,
		`Book: none; .`:                                            false,
		`Book: none; it has none`:                                  false,
		`Book: none, section "GPUs".`:                              false,
		`Book:accuracy, section "GPUs".`:                           false,
		"Book: none; a.\n\nBook: none; b.":                         false,
	} {
		if got := checkBook("F does it.\n\n" + line + "\n"); (got == "") != ok {
			t.Errorf("%s: %q", line, got)
		}
	}
}
