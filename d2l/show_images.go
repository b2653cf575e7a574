package d2l

import (
	"fmt"
	"image"
	"image/color"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
	"golang.org/x/image/draw"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"
)

// Images returns the pictures of a batch X, float32 (batch, 1, height, width)
// for grey ones or (batch, 3, height, width) for red, green and blue, with
// values in [0, 1]; what lies outside is cut off. It panics on another shape; an
// error means that the values cannot be read from the device.
//
// Book: none; show_images takes arrays.
func Images(X *tensors.Tensor) ([]image.Image, error) {
	if X.Rank() != 4 || (X.Shape().Dim(1) != 1 && X.Shape().Dim(1) != 3) {
		panic(fmt.Sprintf("d2l: Images takes X of shape (batch, 1 or 3, height, width), got %v", ShapeOf(X)))
	}
	channels, height, width := X.Shape().Dim(1), X.Shape().Dim(2), X.Shape().Dim(3)
	pixels := height * width
	pictures := make([]image.Image, X.Shape().Dim(0))
	err := tensors.ConstFlatData(X, func(values []float32) {
		for i := range pictures {
			planes := values[i*channels*pixels : (i+1)*channels*pixels]
			picture := image.NewRGBA(image.Rect(0, 0, width, height))
			for p := range pixels {
				rgb := [3]uint8{}
				for c := range rgb {
					value := planes[min(c, channels-1)*pixels+p]
					rgb[c] = uint8(min(max(value, 0), 1)*255 + 0.5)
				}
				picture.SetRGBA(p%width, p/width, color.RGBA{rgb[0], rgb[1], rgb[2], 0xff})
			}
			pictures[i] = picture
		}
	})
	if err != nil {
		return nil, fmt.Errorf("reading the images: %w", err)
	}
	return pictures, nil
}

// ShowImages draws pictures in rows and columns, left to right and top to
// bottom, with titles of one or more lines above them where given. Each takes
// scale inches to the side; 0 means 1.5. A notebook shows the figure. It panics
// on too many pictures or titles for the grid, and on a negative scale.
//
// Book: show_images, section "The Image Classification Dataset".
func ShowImages(pictures []image.Image, rows, cols int, titles []string, scale float64) (*Figure, error) {
	if len(pictures) > rows*cols || len(titles) > len(pictures) {
		panic(fmt.Sprintf("d2l: ShowImages got %d images and %d titles for %d rows of %d", len(pictures), len(titles), rows, cols))
	}
	if scale == 0 {
		scale = 1.5
	}
	side := vg.Length(scale) * vg.Inch
	gap := vg.Points(5)
	title := text.Style{
		Color: style.axis, Font: font.From(style.font, style.text),
		XAlign: text.XCenter, YAlign: text.YBottom, Handler: &text.Plain{Fonts: font.DefaultCache},
	}
	lead := style.text * 1.25 // From one line of a title to the next.
	head := vg.Length(0)      // Room for the titles.
	for _, t := range titles {
		lines := strings.Split(t, "\n")
		head = max(head, title.Height(lines[0])+vg.Length(len(lines)-1)*lead+vg.Points(4))
	}
	width := vg.Length(cols)*(side+gap) + gap
	height := vg.Length(rows)*(side+gap+head) + gap
	figure := newFigure(width, height, func(canvas vgdraw.Canvas) error {
		for i, picture := range pictures {
			x := gap + vg.Length(i%cols)*(side+gap)
			y := height - vg.Length(i/cols+1)*(side+gap+head)
			canvas.DrawImage(vg.Rectangle{Min: vg.Point{X: x, Y: y}, Max: vg.Point{X: x + side, Y: y + side}}, enlarge(picture, side))
			if i < len(titles) {
				lines := strings.Split(titles[i], "\n")
				for l, line := range lines {
					up := vg.Length(len(lines)-1-l) * lead
					canvas.FillText(title, vg.Point{X: x + side/2, Y: y + side + vg.Points(2) + up}, line)
				}
			}
		}
		return nil
	})
	return figure, figure.Show()
}

// enlarge repeats the pixels of a small picture, since what shows it would
// blur it.
func enlarge(picture image.Image, side vg.Length) image.Image {
	size := picture.Bounds().Size()
	factor := int(side/vg.Inch*2*screenDPI) / max(size.X, size.Y)
	if factor <= 1 {
		return picture
	}
	large := image.NewRGBA(image.Rect(0, 0, size.X*factor, size.Y*factor))
	draw.NearestNeighbor.Scale(large, large.Rect, picture, picture.Bounds(), draw.Src, nil)
	return large
}
