package d2l

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"path/filepath"
	"strings"

	"github.com/d2l-go/book/d2l/internal/files"
	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// figsize is the size of a plot in inches unless it is given one.
var figsize = [2]float64{3.5, 2.5}

// SetFigsize sets the width and height, in inches, of the plots made from now on,
// those of [Plot] and of an [Animator]. Until then they are 3.5 × 2.5. In a notebook
// it holds for its cell alone. It panics unless both are positive.
//
// Book: set_figsize, section "Calculus".
func SetFigsize(width, height float64) {
	if !positive(width) || !positive(height) {
		panic(fmt.Sprintf("d2l: SetFigsize needs a positive width and height in inches, got %v and %v", width, height))
	}
	figsize = [2]float64{width, height}
}

// positive returns whether a length is one that can be drawn.
func positive(length float64) bool { return length > 0 && !math.IsInf(length, 1) }

// Figure is a picture on white paper: what [Plot], [ShowImages], [ShowImageGrid],
// [DrawDataFlow], [DrawVertical] and [Animator.Figure] return. A notebook shows it by
// itself; [Figure.Save] writes it to a file.
//
// Book: none; its figures are those of matplotlib.
type Figure struct {
	width, height vg.Length
	draw          func(draw.Canvas) error
}

// newFigure returns a figure that paint draws on white paper. It panics unless
// width and height are positive.
func newFigure(width, height vg.Length, paint func(draw.Canvas) error) *Figure {
	if !positive(float64(width)) || !positive(float64(height)) {
		panic(fmt.Sprintf("d2l: a figure needs a positive width and height, got %v and %v inches", width/vg.Inch, height/vg.Inch))
	}
	return &Figure{width, height, func(canvas draw.Canvas) error {
		canvas.SetColor(color.White)
		canvas.Fill(canvas.Rectangle.Path())
		return paint(canvas)
	}}
}

// SVG returns the figure as an SVG document.
func (f *Figure) SVG() ([]byte, error) {
	canvas := vgsvg.New(f.width, f.height)
	if err := f.draw(draw.New(canvas)); err != nil {
		return nil, fmt.Errorf("drawing the figure: %w", err)
	}
	var svg bytes.Buffer
	if _, err := canvas.WriteTo(&svg); err != nil {
		return nil, fmt.Errorf("drawing the figure: %w", err)
	}
	// Where the first family is missing, a browser would take a serif font.
	return bytes.ReplaceAll(svg.Bytes(), []byte("font-family:Liberation Sans;"), []byte("font-family:'Liberation Sans',Arial,Helvetica,sans-serif;")), nil
}

// PNG returns the figure as a PNG image with twice the usual number of pixels.
func (f *Figure) PNG() ([]byte, error) {
	canvas := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(f.width, f.height), vgimg.UseDPI(2*screenDPI))}
	if err := f.draw(draw.New(canvas)); err != nil {
		return nil, fmt.Errorf("drawing the figure: %w", err)
	}
	var png bytes.Buffer
	if _, err := canvas.WriteTo(&png); err != nil {
		return nil, fmt.Errorf("drawing the figure: %w", err)
	}
	return png.Bytes(), nil
}

// screenDPI is how many of a page's pixels are an inch.
const screenDPI = 96

// Save writes the figure to a file, as SVG or PNG by the ending of its name; folders
// that are missing are made. A name with another ending is an error.
func (f *Figure) Save(path string) error {
	var content []byte
	var err error
	switch ending := strings.ToLower(filepath.Ext(path)); ending {
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

// Show shows the figure below the notebook's cell, once more if that has been done.
// Outside a notebook it does nothing.
func (f *Figure) Show() error { return f.show("") }

// show shows the figure, in place of what was shown before with the same id.
//
// It goes out as SVG and as PNG: a notebook is saved with both, and where a page
// shows no SVG that somebody else made, as JupyterLab does not before one runs
// or trusts the notebook, there is the PNG.
func (f *Figure) show(id string) error {
	if !gonbui.IsNotebook {
		return nil
	}
	svg, err := f.SVG()
	if err != nil {
		return err
	}
	png, err := f.PNG()
	if err != nil {
		return err
	}
	pixels := func(length vg.Length) int { return int(length / vg.Inch * screenDPI) }
	gonbui.SendData(&protocol.DisplayData{
		Data: map[protocol.MIMEType]any{
			protocol.MIMEImageSVG:  string(svg),
			protocol.MIMEImagePNG:  png,
			protocol.MIMETextPlain: "<figure>",
		},
		Metadata:  map[string]any{string(protocol.MIMEImagePNG): map[string]int{"width": pixels(f.width), "height": pixels(f.height)}},
		DisplayID: id,
	})
	if err := gonbui.Error(); err != nil {
		return fmt.Errorf("showing a figure in the notebook: %w", err)
	}
	gonbui.Sync() // A program that ends now must not take the picture with it.
	return nil
}
