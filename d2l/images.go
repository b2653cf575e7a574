package d2l

import (
	"fmt"
	"image"
	"image/color"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"golang.org/x/image/draw"
	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"
)

// Images returns the pictures of a batch X, float32 (batch, 1, height, width)
// for grey ones or (batch, 3, height, width) for red, green and blue, with
// values in [0, 1]; what lies outside is cut off. For values of any range there is
// [FeatureMaps]. It panics on another shape or type; an error means that the values
// cannot be read from the device.
//
// Book: none; show_images takes arrays.
func Images(X *tensors.Tensor) ([]image.Image, error) {
	if X.Rank() != 4 || (X.Shape().Dim(1) != 1 && X.Shape().Dim(1) != 3) || X.DType() != dtypes.Float32 {
		panic(fmt.Sprintf("d2l: Images takes float32 X of shape (batch, 1 or 3, height, width), got %v of %v", ShapeOf(X), X.DType()))
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
// bottom, with titles above them where given; a title that is too wide is broken
// between words, and "\n" breaks it as well. The longer side of each picture is
// scale inches long; 0 means 1.5. A notebook shows the figure. It panics on too
// many pictures or titles for the grid, and on negative numbers.
//
// Book: show_images, section "The Image Classification Dataset".
func ShowImages(pictures []image.Image, rows, cols int, titles []string, scale float64) (*Figure, error) {
	if rows < 0 || cols < 0 || len(pictures) > rows*cols || len(titles) > len(pictures) {
		panic(fmt.Sprintf("d2l: ShowImages got %d images and %d titles for %d rows of %d", len(pictures), len(titles), rows, cols))
	}
	grid := newImageGrid(rows, cols, scale)
	for i, picture := range pictures {
		grid.pictures[i/cols][i%cols] = picture
	}
	for i, title := range titles {
		grid.setTitle(i/cols, i%cols, title)
	}
	figure := grid.figure()
	return figure, figure.Show()
}

// ShowImageGrid draws rows of pictures, with the row's title to the left of each
// row and the column's title above each column: examples against feature maps,
// say. A picture may be nil, which leaves its place empty, and a row may be
// shorter than others; titles may be nil. Sizes are those of ShowImages. A notebook
// shows the figure. It panics on more titles than rows or columns, and on a negative
// scale.
//
// Book: none; show_images comes nearest.
func ShowImageGrid(rows [][]image.Image, rowTitles, colTitles []string, scale float64) (*Figure, error) {
	cols := 0
	for _, row := range rows {
		cols = max(cols, len(row))
	}
	if len(rowTitles) > len(rows) || len(colTitles) > cols {
		panic(fmt.Sprintf("d2l: ShowImageGrid got %d and %d titles for %d rows of %d", len(rowTitles), len(colTitles), len(rows), cols))
	}
	grid := newImageGrid(len(rows), cols, scale)
	for i, row := range rows {
		copy(grid.pictures[i], row)
	}
	for col, title := range colTitles {
		grid.setTitle(0, col, title)
	}
	for row, title := range rowTitles {
		grid.setRowTitle(row, title)
	}
	figure := grid.figure()
	return figure, figure.Show()
}

// imageGrid is a figure of pictures in rows and columns. Columns are of one
// width, rows as high as their pictures.
type imageGrid struct {
	side      vg.Length       // Of a picture, the longer one.
	pictures  [][]image.Image // By row and column; nil where there is none.
	titles    [][][]string    // Lines above each picture.
	rowTitles [][]string      // Lines to the left of each row.
}

// Distances in a grid.
const (
	imageGap  = vg.Length(5)  // Between pictures, and around all of them.
	titleLift = vg.Length(2)  // From a picture to its title; twice that above it.
	titleLead = vg.Length(10) // From one line of a title to the next.
)

// newImageGrid returns a grid without pictures. A scale of 0 is the usual one.
func newImageGrid(rows, cols int, scale float64) *imageGrid {
	if scale == 0 {
		scale = 1.5
	}
	if !positive(scale) {
		panic(fmt.Sprintf("d2l: pictures need a positive scale in inches, got %v", scale))
	}
	g := &imageGrid{side: vg.Length(scale) * vg.Inch, rowTitles: make([][]string, rows)}
	for range rows {
		g.pictures = append(g.pictures, make([]image.Image, cols))
		g.titles = append(g.titles, make([][]string, cols))
	}
	return g
}

// setTitle puts a title above a picture.
func (g *imageGrid) setTitle(row, col int, title string) {
	g.titles[row][col] = wrapped(title, g.side+imageGap-2)
}

// setRowTitle puts a title to the left of a row.
func (g *imageGrid) setRowTitle(row int, title string) {
	g.rowTitles[row] = wrapped(title, vg.Inch)
}

// size returns the size of a picture on the page.
func (g *imageGrid) size(picture image.Image) vg.Point {
	if picture == nil {
		return vg.Point{}
	}
	pixels := picture.Bounds().Size()
	if pixels.X == 0 || pixels.Y == 0 {
		panic(fmt.Sprintf("d2l: a picture of %d × %d pixels cannot be shown", pixels.X, pixels.Y))
	}
	longer := vg.Length(max(pixels.X, pixels.Y))
	return vg.Point{X: vg.Length(pixels.X) / longer, Y: vg.Length(pixels.Y) / longer}.Scale(g.side)
}

// layout returns the width of the columns, the heights of the rows, the room
// above a row that has titles, and that to the left of the rows.
func (g *imageGrid) layout() (cell vg.Length, heights []vg.Length, head, margin vg.Length) {
	for row, pictures := range g.pictures {
		height := vg.Length(0)
		for col, picture := range pictures {
			size, title := g.size(picture), g.titles[row][col]
			cell, height = max(cell, size.X), max(height, size.Y)
			if len(title) > 0 {
				cell = max(cell, textWidth(title)-imageGap+2)
				head = max(head, netText.Height(title[0])+vg.Length(len(title)-1)*titleLead+2*titleLift)
			}
		}
		if height == 0 { // Nothing in this row.
			height = g.side
		}
		if title := g.rowTitles[row]; len(title) > 0 {
			height = max(height, textHeight(title))
			margin = max(margin, textWidth(title)+imageGap)
		}
		heights = append(heights, height)
	}
	if cell == 0 {
		cell = g.side
	}
	return cell, heights, head, margin
}

// figure returns the picture of the grid.
func (g *imageGrid) figure() *Figure {
	cell, heights, head, margin := g.layout()
	cols := 0
	if len(g.pictures) > 0 {
		cols = len(g.pictures[0])
	}
	width, height := margin+vg.Length(cols)*(cell+imageGap)+imageGap, vg.Length(0)
	ends := make([]vg.Length, len(heights)) // Of the rows, from the top of the page.
	for row := range heights {
		height += heights[row] + imageGap
		if g.hasHead(row) {
			height += head
		}
		ends[row] = height
	}
	height += imageGap
	return newFigure(width, height, func(canvas vgdraw.Canvas) error {
		for row, pictures := range g.pictures {
			top := height - ends[row] + heights[row]
			g.drawRowTitle(pen{canvas}, g.rowTitles[row], vg.Point{X: margin, Y: top - heights[row]/2})
			for col, picture := range pictures {
				left := margin + imageGap + vg.Length(col)*(cell+imageGap)
				g.drawPicture(canvas, picture, vg.Point{X: left + (cell-g.size(picture).X)/2, Y: top})
				for l, line := range g.titles[row][col] {
					up := titleLift + vg.Length(len(g.titles[row][col])-1-l)*titleLead
					canvas.FillText(netText, vg.Point{X: left + cell/2, Y: top + up}, line)
				}
			}
		}
		return nil
	})
}

// hasHead returns whether there is room for titles above a row: above all rows
// or, where rows have titles of their own, above those whose pictures have some.
func (g *imageGrid) hasHead(row int) bool {
	rowTitles, titles := 0, 0
	for r := range g.pictures {
		rowTitles += len(g.rowTitles[r])
	}
	for _, title := range g.titles[row] {
		titles += len(title)
	}
	return rowTitles == 0 || titles > 0
}

// drawRowTitle writes lines that end at the given point, half of them above it.
func (g *imageGrid) drawRowTitle(p pen, lines []string, end vg.Point) {
	end.Y += textHeight(lines) / 2
	for l, line := range lines {
		p.write(vg.Point{X: end.X - netText.Width(line)/2, Y: end.Y - vg.Length(l)*lineHeight}, line)
	}
}

// drawPicture draws a picture with its upper left corner at the given point. One
// that is white like the paper where it ends gets a thin frame.
func (g *imageGrid) drawPicture(canvas vgdraw.Canvas, picture image.Image, at vg.Point) {
	if picture == nil {
		return
	}
	size := g.size(picture)
	place := vg.Rectangle{Min: vg.Point{X: at.X, Y: at.Y - size.Y}, Max: vg.Point{X: at.X + size.X, Y: at.Y}}
	canvas.DrawImage(place, enlarge(picture, g.side))
	if endsWhite(picture) {
		canvas.SetLineStyle(vgdraw.LineStyle{Color: style.grid, Width: vg.Points(0.5)})
		canvas.Stroke(place.Path())
	}
}

// endsWhite returns whether more than half of a picture's edge is nearly white.
func endsWhite(picture image.Image) bool {
	white, all := 0, 0
	look := func(x, y int) {
		all++
		if color.GrayModel.Convert(picture.At(x, y)).(color.Gray).Y > 0xe0 {
			white++
		}
	}
	b := picture.Bounds()
	for x := b.Min.X; x < b.Max.X; x++ {
		look(x, b.Min.Y)
		look(x, b.Max.Y-1)
	}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		look(b.Min.X, y)
		look(b.Max.X-1, y)
	}
	return 2*white > all
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
