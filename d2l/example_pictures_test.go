package d2l_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
)

// The Examples that draw save the pictures of testdata. Those that a room draws too are in its testdata.
func TestExamplePictures(t *testing.T) {
	for path, example := range map[string]func(){
		"internal/chart/testdata/plot.svg":       ExamplePlot,
		"testdata/plot_log.svg":                  ExamplePlot_log,
		"testdata/plot_panels.svg":               ExamplePlotOptions,
		"testdata/plot_wide.svg":                 ExampleSetFigsize,
		"testdata/animator.svg":                  ExampleAnimator,
		"testdata/fashion_mnist.svg":             ExampleShowImages,
		"testdata/colours.svg":                   ExampleShowImages_colour,
		"internal/netfig/testdata/data_flow.svg": ExampleDrawDataFlow,
		"internal/netfig/testdata/vertical.svg":  ExampleDrawVertical,
	} {
		file := filepath.Base(path)
		t.Run(file, func(t *testing.T) {
			if strings.HasPrefix(path, "internal/") {
				d2ltest.NeedsSources(t)
			}
			golden, err := filepath.Abs(path)
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
				t.Errorf("the figure differs from %s: look at both, and run go test ./d2l -update if the new one is right", path)
			}
		})
	}
}

// Pictures that depend on the machine or are not SVG need only be drawn.
func TestExamplesThatDraw(t *testing.T) {
	t.Chdir(t.TempDir())
	ExampleShowImageGrid()
	ExampleFigure()
	if _, err := os.Stat("example.png"); err != nil {
		t.Error(err)
	}
}
