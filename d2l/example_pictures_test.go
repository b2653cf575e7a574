package d2l_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

// The Examples that draw: what they save is what testdata has.
func TestExamplePictures(t *testing.T) {
	for file, example := range map[string]func(){
		"plot.svg":          ExamplePlot,
		"plot_log.svg":      ExamplePlot_log,
		"plot_panels.svg":   ExamplePlotOptions,
		"plot_wide.svg":     ExampleSetFigsize,
		"animator.svg":      ExampleAnimator,
		"fashion_mnist.svg": ExampleShowImages,
		"colours.svg":       ExampleShowImages_colour,
		"data_flow.svg":     ExampleDrawDataFlow,
		"vertical.svg":      ExampleDrawVertical,
	} {
		t.Run(file, func(t *testing.T) {
			golden, err := filepath.Abs(filepath.Join("testdata", file))
			if err != nil {
				t.Fatal(err)
			}
			t.Chdir(t.TempDir())
			example()
			drawn, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if flag.Lookup("update").Value.String() == "true" {
				if err := os.WriteFile(golden, drawn, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(drawn, want) {
				t.Errorf("the figure differs from testdata/%s: look at both, and run go test ./d2l -update if the new one is right", file)
			}
		})
	}
}

// Pictures that depend on the machine, or are no SVG, need only be drawn.
func TestExamplesThatDraw(t *testing.T) {
	t.Chdir(t.TempDir())
	ExampleShowImageGrid()
	ExampleFigure()
	if _, err := os.Stat("example.png"); err != nil {
		t.Error(err)
	}
}
