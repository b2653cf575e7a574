package d2l

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"github.com/d2l-go/book/d2l/internal/files"
	"github.com/d2l-go/book/d2l/internal/page"
	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
	"gonum.org/v1/plot/vg"
)

// figsize is the size of a plot in inches unless PlotOptions has another.
var figsize = [2]float64{3.5, 2.5}

// SetFigsize sets the width and height, in inches, of the plots made from now on, those of [Plot] and of an [Animator],
// and the room for [ShowBBoxes]. The default is 3.5 × 2.5. In a notebook it holds for its cell alone. It panics unless
// both are positive, and on a size beyond the limit of a [Figure].
//
// Book: set_figsize, section "Calculus".
func SetFigsize(width, height float64) {
	requireFigsize("SetFigsize", width, height)
	figsize = [2]float64{width, height}
}

// requireFigsize panics unless a figure can have that size in inches.
func requireFigsize(what string, width, height float64) {
	if !positive(width) || !positive(height) {
		panic(fmt.Sprintf("d2l: %s needs a positive width and height in inches, got %v and %v", what, width, height))
	}
	if err := page.CheckSize(vg.Length(width)*vg.Inch, vg.Length(height)*vg.Inch); err != nil {
		panic(fmt.Sprintf("d2l: %v", err))
	}
}

// positive returns whether a length can be drawn.
func positive(length float64) bool { return length > 0 && !math.IsInf(length, 1) }

// Figure is a picture on white paper: what [Plot], [ShowImages], [ShowImageGrid], [ShowBBoxes], [DrawDataFlow],
// [DrawVertical] and [Animator.Figure] return. These show it in a notebook; [Figure.Save] writes it to a file.
//
// Its PNG, of 192 pixels an inch, may have sides below 2^16 pixels and 2^26 pixels in all: up to 42 × 42 inches, or
// 341 × 5. A larger figure is refused before anything is drawn: by a panic where its size is given, by an error
// where it follows from what is in it.
//
// Characters that the figures' own font lacks, such as Chinese ones, are drawn in a font of the system, looked for in
// the usual folders; if there is none, a PNG has a box for each, and a line on standard error says what to install.
// A PNG has them one by one, from left to right: scripts whose characters join or change places, such as Devanagari
// and Arabic, look right only in the SVG, which leaves fonts to the viewer.
//
// Book: none; its figures are matplotlib's.
type Figure struct{ drawing page.Drawing }

// shown returns the figure of a drawing after it has been shown, or an error if it is too large.
func shown(drawing page.Drawing) (*Figure, error) {
	if err := page.CheckSize(drawing.Width, drawing.Height); err != nil {
		return nil, err
	}
	figure := &Figure{drawing}
	return figure, figure.Show()
}

// SVG returns the figure as an SVG document.
func (f *Figure) SVG() ([]byte, error) {
	requireMade(f, "Figure.SVG", "Plot")
	return f.drawing.SVG()
}

// PNG returns the figure as a PNG image of 192 pixels per inch.
func (f *Figure) PNG() ([]byte, error) {
	requireMade(f, "Figure.PNG", "Plot")
	return f.drawing.PNG()
}

// Save writes the figure to a file, as SVG or PNG by the extension of its name; missing folders are made.
// A name with another extension is an error.
func (f *Figure) Save(path string) error {
	requireMade(f, "Figure.Save", "Plot")
	var content []byte
	var err error
	switch strings.ToLower(filepath.Ext(path)) {
	case ".svg":
		content, err = f.SVG()
	case ".png":
		content, err = f.PNG()
	default:
		return fmt.Errorf("cannot save a figure as %q: give the file a name that ends in .svg or .png", path)
	}
	if err != nil {
		return err
	}
	if err := files.Write(path, content); err != nil {
		return fmt.Errorf("saving the figure to %s: %w; %s", path, err, files.WriteRemedy)
	}
	return nil
}

// Show shows the figure below the notebook's cell, again if it has been shown. Outside a notebook it does
// nothing.
func (f *Figure) Show() error {
	requireMade(f, "Figure.Show", "Plot")
	return f.show("")
}

// show shows the figure, with lines of text below it, in place of what was shown before with the same id.
//
// It is sent as SVG and as PNG, and a notebook is saved with both: JupyterLab shows no SVG of a notebook that
// is not trusted, but the PNG.
func (f *Figure) show(id string, below ...string) error {
	if !gonbui.IsNotebook {
		return nil
	}
	text := "<figure>"
	if len(below) > 0 {
		f, text = &Figure{f.drawing.WithText(below...)}, strings.TrimSuffix(strings.Join(below, ": "), ": ")
	}
	svg, err := f.SVG()
	if err != nil {
		return err
	}
	png, err := f.PNG()
	if err != nil {
		return err
	}
	pixels := func(length vg.Length) int { return int(length / vg.Inch * page.DPI) }
	// Only maps of one type reach the kernel.
	size := map[string]int{"width": pixels(f.drawing.Width), "height": pixels(f.drawing.Height)}
	gonbui.SendData(&protocol.DisplayData{
		Data: map[protocol.MIMEType]any{
			protocol.MIMEImageSVG:  string(svg),
			protocol.MIMEImagePNG:  png,
			protocol.MIMETextPlain: text,
		},
		Metadata: map[string]any{
			string(protocol.MIMEImagePNG): size,
			string(protocol.MIMEImageSVG): map[string]string{"alt": f.drawing.Alt},
		},
		DisplayID: id,
	})
	if err := gonbui.Error(); err != nil {
		return fmt.Errorf("showing a figure in the notebook: %w", err)
	}
	gonbui.Sync() // The program may end now, and the picture must have arrived.
	return nil
}
