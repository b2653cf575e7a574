package d2l

import (
	"fmt"
	"image"
	"image/color"

	"github.com/d2l-go/book/d2l/internal/imagegrid"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/plot/vg"
)

// Images returns the pictures of a batch X, float32 (batch, 1, height, width) for grey ones or (batch, 3,
// height, width) for red, green and blue, with values in [0, 1]; values beyond are clipped. For values of any
// range there is [FeatureMaps]. It panics on another shape or type; an error means that the values cannot be
// read from the device.
//
// Book: none; show_images takes arrays.
func Images(X *tensors.Tensor) ([]image.Image, error) {
	requireMade(X, "Images", "NewTensor")
	if X.Rank() != 4 || (X.Shape().Dim(1) != 1 && X.Shape().Dim(1) != 3) || X.DType() != dtypes.Float32 {
		const message = "d2l: Images takes float32 X of shape (batch, 1 or 3, height, width), got %v of %v"
		panic(fmt.Sprintf(message, ShapeOf(X), X.DType()))
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

// ShowImages draws pictures in rows and columns, left to right and top to bottom, with titles above them
// where given. A title that is too wide is broken between words, and "\n" breaks it as well. The longer side
// of each picture is scale inches long; 0 means 1.5. A notebook shows the figure. It panics on too many
// pictures or titles for the grid, and on negative numbers. A figure beyond the limit of a [Figure] and pictures of
// more than 2^27 pixels in all (an [image.Uniform] has no end) are an error.
//
// Book: show_images, section "The Image Classification Dataset".
func ShowImages(pictures []image.Image, rows, cols int, titles []string, scale float64) (*Figure, error) {
	places := float64(rows) * float64(cols) // It cannot overflow.
	if rows < 0 || cols < 0 || float64(len(pictures)) > places || len(titles) > len(pictures) {
		const message = "d2l: ShowImages got %d images and %d titles for %d rows of %d"
		panic(fmt.Sprintf(message, len(pictures), len(titles), rows, cols))
	}
	if err := imagegrid.CheckSize(rows, cols); err != nil {
		return nil, err
	}
	grid := make([]imagegrid.Row, rows)
	for r := range grid {
		first, end := r*cols, (r+1)*cols
		grid[r].Pictures = make([]image.Image, cols)
		copy(grid[r].Pictures, pictures[min(first, len(pictures)):])
		grid[r].Titles = titles[min(first, len(titles)):min(end, len(titles))]
	}
	return showGrid(grid, scale)
}

// ShowImageGrid draws rows of pictures, with the row's title to the left of each row and the column's title
// above each column: examples against feature maps, say. A picture may be nil, which leaves its place empty,
// and a row may be shorter than others; titles may be nil. Sizes are those of ShowImages. A notebook shows the
// figure. It panics on more titles than rows or columns, and on a negative scale. Errors are those of ShowImages.
//
// Book: none; show_images comes nearest.
func ShowImageGrid(rows [][]image.Image, rowTitles, colTitles []string, scale float64) (*Figure, error) {
	cols := 0
	for _, row := range rows {
		cols = max(cols, len(row))
	}
	if len(rowTitles) > len(rows) || len(colTitles) > cols {
		const message = "d2l: ShowImageGrid got %d and %d titles for %d rows of %d"
		panic(fmt.Sprintf(message, len(rowTitles), len(colTitles), len(rows), cols))
	}
	grid := make([]imagegrid.Row, len(rows))
	for r, row := range rows {
		grid[r].Pictures = row
	}
	for r, title := range rowTitles {
		grid[r].Title = title
	}
	if len(rows) > 0 {
		grid[0].Titles = colTitles
	}
	return showGrid(grid, scale)
}

// maxPixelsShown limits the pixels of all pictures of a figure: its SVG contains them all.
const maxPixelsShown = 1 << 27

// showGrid returns the figure of the rows and shows it.
func showGrid(rows []imagegrid.Row, scale float64) (*Figure, error) {
	if scale == 0 {
		scale = 1.5
	}
	if !positive(scale) {
		panic(fmt.Sprintf("d2l: pictures need a positive scale in inches, got %v", scale))
	}
	pixels := 0.0 // Of all pictures.
	for r, row := range rows {
		for c, picture := range row.Pictures {
			if picture == nil {
				continue
			}
			b := picture.Bounds()
			if b.Empty() {
				panic(fmt.Sprintf("d2l: a picture of %d × %d pixels cannot be shown", b.Dx(), b.Dy()))
			}
			// As floats they cannot overflow: a picture may have no end.
			width, height := float64(b.Max.X)-float64(b.Min.X), float64(b.Max.Y)-float64(b.Min.Y)
			if pixels += width * height; pixels > maxPixelsShown {
				const message = "with the picture in row %d, column %d, of %.9g × %.9g pixels, all pictures have more than %d " +
					"pixels, which is too many to show: show fewer, shrink them, or cut a part out with SubImage"
				return nil, fmt.Errorf(message, r, c, width, height, maxPixelsShown)
			}
		}
	}
	return shown(imagegrid.New(rows, vg.Length(scale)*vg.Inch))
}
