package d2l

import (
	"fmt"
	"reflect"

	"github.com/d2l-go/book/d2l/internal/chart"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
)

// ShowHeatmaps draws matrices, such as attention weights: X, float32 (rows, columns, height, width), is a grid of them, each
// with a small square for each value. Colours go from the least of all values, which is light, to the greatest, as the bar
// beside them says; NaN is grey, and what is infinite has the colour of that end. A notebook shows the figure.
//
// Of the options these count: XLabel and YLabel, such as Keys and Queries, the Titles of the columns, and Figsize, that of the
// whole figure; without it the squares are as wide as they are high. It panics on other options, on more titles than
// columns, and on another shape or type. An error means that the figure is too large, or that X cannot be read.
//
// Book: show_heatmaps, section "Attention Cues".
func ShowHeatmaps(X *Tensor, options PlotOptions) (*Figure, error) {
	requireMade(X, "ShowHeatmaps", "NewTensor")
	if X.Rank() != 4 || X.DType() != dtypes.Float32 {
		panic(fmt.Sprintf("d2l: ShowHeatmaps takes float32 X of shape (rows, columns, height, width), got %v of %v",
			ShapeOf(X), X.DType()))
	}
	rows, columns, height, width := X.Shape().Dim(0), X.Shape().Dim(1), X.Shape().Dim(2), X.Shape().Dim(3)
	if len(options.Titles) > columns {
		panic(fmt.Sprintf("d2l: ShowHeatmaps got %d titles for %d columns", len(options.Titles), columns))
	}
	known := PlotOptions{XLabel: options.XLabel, YLabel: options.YLabel, Titles: options.Titles, Figsize: options.Figsize}
	if !reflect.DeepEqual(options, known) {
		panic("d2l: ShowHeatmaps takes XLabel, YLabel, Titles and Figsize, and no other options")
	}
	if options.Figsize == [2]float64{} { // Inches, with room for the labels and the bar.
		const longer, labels, bar = 1.6, 0.45, 0.55
		of := longer / float64(max(height, width))
		options.Figsize = [2]float64{
			float64(columns)*(of*float64(width)+labels) + bar, float64(rows) * (max(of*float64(height), 0.3) + labels + 0.15),
		}
	}
	if size := float64(X.Size()); size > maxPixelsShown {
		return nil, fmt.Errorf("heatmaps of %.0f values are too many to show: %d at most, show some of them", size, maxPixelsShown)
	}
	options.NRows, options.NCols = rows, columns
	options.require()
	var matrices []chart.Matrix
	err := tensors.ConstFlatData(X, func(values []float32) {
		for range rows * columns {
			m := make(chart.Matrix, height)
			for i := range m {
				m[i], values = append([]float32(nil), values[:width]...), values[width:]
			}
			matrices = append(matrices, m)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("reading what the heatmaps show: %w", err)
	}
	drawing, err := chart.Heatmaps(matrices, options.forChart())
	if err != nil {
		return nil, err
	}
	return shown(drawing)
}
