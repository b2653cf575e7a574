package d2l

import (
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
)

// savers are what saves something of a net or a figure.
func savers() ([]d2ltest.Saver, error) {
	net := smallNet()
	if err := net.Initialize(testDevice(), Xavier); err != nil {
		return nil, err
	}
	if _, err := net.Forward(waves(1, 1, 5, 1, 8, 8)); err != nil {
		return nil, err
	}
	figure, err := Plot([][]float64{{1, 2}}, [][]float64{{3, 4}}, PlotOptions{})
	if err != nil {
		return nil, err
	}
	const remedy = "make room there, or name a path that you may write to"
	return []d2ltest.Saver{
		{Name: "net.params", Save: net.SaveParameters, Want: []string{"saving parameters to", remedy}},
		{Name: "figure.svg", Save: figure.Save, Want: []string{"saving the figure to", remedy}},
		{Name: "figure.png", Save: figure.Save, Want: []string{"saving the figure to", remedy}},
	}, nil
}

func childSavesToFullDisk() string {
	all, err := savers()
	if err != nil {
		return err.Error()
	}
	return d2ltest.SaveToFullDisk(all)
}

func TestFullDisk(t *testing.T) { d2ltest.WantFullDiskErrors(t, must(savers())(t)) }

func TestSavedWhole(t *testing.T) { d2ltest.WantSavedWhole(t, must(savers())(t)) }
