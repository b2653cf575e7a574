// Package imagegrid draws pictures in rows and columns, with titles above them and beside the rows.
package imagegrid

import (
	"fmt"
	"image"
	"image/color"
	"strings"

	"github.com/d2l-go/book/d2l/internal/page"
	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"
)

// A Row is one row of a grid. The grid has as many columns as its longest row.
type Row struct {
	Title    string        // To the left.
	Pictures []image.Image // Each has pixels; nil leaves its place empty.
	Titles   []string      // Above the pictures.
}

// Distances in a grid, in points.
const (
	gap         = vg.Length(5)  // Between pictures, and around all of them.
	titleGap    = vg.Length(2)  // Below a title; twice that is above it, down to its ascent.
	titleHeight = vg.Length(10) // From one line of a title to the next.
)

// A cell is a picture with the lines of its title.
type cell struct {
	picture image.Image
	size    vg.Point
	title   []string
	boxes   []Box
}

// A row is what is drawn of a Row.
type row struct {
	title  []string
	cells  []cell
	height vg.Length // Of the pictures.
	titled bool      // Some picture has a title.
}

// alt says what the pictures are.
func alt(rows []Row) string {
	const most = 40 // Titles.
	pictures := 0
	var titles []string
	for _, r := range rows {
		pictures += len(r.Pictures)
		if r.Title != "" {
			titles = append(titles, r.Title)
		}
		for _, title := range r.Titles {
			titles = append(titles, strings.ReplaceAll(title, "\n", " / "))
		}
		for _, picture := range r.Pictures {
			titles = append(titles, labels(picture)...)
		}
	}
	text := fmt.Sprintf("%d images", pictures)
	if len(titles) > 0 {
		text += ": " + strings.Join(titles[:min(len(titles), most)], ", ")
	}
	return text
}

// CheckSize returns an error if so many rows and columns alone make a grid too large to draw.
func CheckSize(rows, cols int) error { return page.CheckSize(vg.Length(cols)*gap, vg.Length(rows)*gap) }

// New draws rows of pictures. The longer side of a picture has the given length. Columns are of one
// width, that of the widest picture or title; rows are as high as their pictures.
func New(given []Row, side vg.Length) page.Drawing {
	rows := make([]row, len(given))
	var width, margin, head vg.Length // Of a column, of the rows' titles with the gap, above a row with titles.
	cols, titled := 0, false
	for i := range given {
		r := newRow(given[i], side)
		for _, c := range r.cells {
			width = max(width, c.size.X, labelWidth(c.boxes))
			if len(c.title) > 0 {
				width = max(width, page.TextWidth(c.title...)-gap+2)
				head = max(head, page.Text.Height(c.title[0])+vg.Length(len(c.title)-1)*titleHeight+2*titleGap)
			}
		}
		if len(r.title) > 0 {
			margin, titled = max(margin, page.TextWidth(r.title...)+gap), true
		}
		rows[i], cols = r, max(cols, len(r.cells))
	}
	if width == 0 {
		width = side
	}
	height := vg.Length(0)
	ends := make([]vg.Length, len(rows)) // Of the rows, from the top of the page.
	for i, r := range rows {
		height += r.height + gap
		// Where rows have titles, only those with titles above their pictures get room for them.
		if !titled || r.titled {
			height += head
		}
		ends[i] = height
	}
	height += gap
	size := vg.Point{X: margin + vg.Length(cols)*(width+gap) + gap, Y: height}
	return page.Drawing{Width: size.X, Height: size.Y, Alt: alt(given), Paint: func(p page.Pen) {
		for i, r := range rows {
			top := height - ends[i] + r.height
			p.Write(vg.Point{X: margin, Y: top - r.height/2 + page.TextHeight(r.title)/2}, page.Right, r.title...)
			for col, c := range r.cells {
				left := margin + gap + vg.Length(col)*(width+gap)
				c.drawPicture(p, vg.Point{X: left + (width-c.size.X)/2, Y: top}, side)
				c.drawTitle(p, vg.Point{X: left + width/2, Y: top})
			}
		}
	}}
}

func newRow(given Row, side vg.Length) row {
	r := row{title: page.Wrap(given.Title, vg.Inch)}
	r.cells = make([]cell, max(len(given.Pictures), len(given.Titles)))
	for i, picture := range given.Pictures {
		if picture != nil {
			pixels := picture.Bounds().Size()
			longer := vg.Length(max(pixels.X, pixels.Y))
			size := vg.Point{X: vg.Length(pixels.X) / longer, Y: vg.Length(pixels.Y) / longer}.Scale(side)
			r.cells[i].size = size
			r.cells[i].picture, r.cells[i].boxes = apart(picture)
			r.height = max(r.height, size.Y)
		}
	}
	for i, title := range given.Titles {
		r.cells[i].title = page.Wrap(title, side+gap-2)
		r.titled = r.titled || title != ""
	}
	if r.height == 0 { // No picture in this row.
		r.height = side
	}
	if len(r.title) > 0 {
		r.height = max(r.height, page.TextHeight(r.title))
	}
	return r
}

// drawPicture draws the picture with its upper left corner at the given point. One that is white like the paper
// where it ends gets a thin frame.
func (c cell) drawPicture(p page.Pen, corner vg.Point, side vg.Length) {
	if c.picture == nil {
		return
	}
	place := vg.Rectangle{
		Min: vg.Point{X: corner.X, Y: corner.Y - c.size.Y},
		Max: vg.Point{X: corner.X + c.size.X, Y: corner.Y},
	}
	p.DrawImage(place, page.Enlarge(c.picture, side))
	if endsWhite(c.picture) {
		p.Frame(vgdraw.LineStyle{Color: page.Grid, Width: 0.5}, place)
	}
	drawBoxes(p, c.boxes, place)
}

// drawTitle writes the title, centred above the given point.
func (c cell) drawTitle(p page.Pen, bottom vg.Point) {
	// The baseline, which gonum raises by the part of the font's size that the ascent does not take.
	bottom.Y += titleGap + page.Text.Font.Size - page.Text.FontExtents().Ascent
	for i, line := range c.title {
		up := vg.Length(len(c.title)-1-i)*titleHeight + page.CapHeight
		p.Write(bottom.Add(vg.Point{Y: up}), page.Center, line)
	}
}

// endsWhite returns whether more than half of a picture's edge is nearly white.
func endsWhite(picture image.Image) bool {
	white, all := 0, 0
	count := func(x, y int) {
		all++
		if color.GrayModel.Convert(picture.At(x, y)).(color.Gray).Y > 0xe0 {
			white++
		}
	}
	b := picture.Bounds()
	for x := b.Min.X; x < b.Max.X; x++ {
		count(x, b.Min.Y)
		count(x, b.Max.Y-1)
	}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		count(b.Min.X, y)
		count(b.Max.X-1, y)
	}
	return 2*white > all
}
