package d2l

import (
	"image"
	"image/color"
)

// smoothColours returns a picture of a JPEG file as libjpeg decodes it, and with it PyTorch, MXNet and browsers. Most
// files have the two planes of colour in half the width, or half the height as well. Package image/jpeg repeats each of
// their values, which at edges of colours differs by up to half the range; libjpeg interpolates between them.
func smoothColours(picture image.Image) image.Image {
	p, ok := picture.(*image.YCbCr)
	if !ok {
		return picture
	}
	var across, down bool // Whether the planes have half the columns, half the rows.
	switch p.SubsampleRatio {
	case image.YCbCrSubsampleRatio420:
		across, down = true, true
	case image.YCbCrSubsampleRatio422:
		across = true
	case image.YCbCrSubsampleRatio440:
		down = true
	default: // libjpeg repeats the values of the others, too.
		return picture
	}
	size := p.Rect.Size()
	if across && (size.X+1)/2 <= 2 { // Too few for libjpeg.
		return picture
	}
	cb, cr := enlarged(p.Cb, p.CStride, size, across, down), enlarged(p.Cr, p.CStride, size, across, down)
	result := image.NewRGBA(image.Rectangle{Max: size})
	for y := range size.Y {
		for x := range size.X {
			r, g, b := color.YCbCrToRGB(p.Y[y*p.YStride+x], cb[y*size.X+x], cr[y*size.X+x])
			result.SetRGBA(x, y, color.RGBA{r, g, b, 255})
		}
	}
	return result
}

// enlarged returns a plane of colour in the size of the picture. A value lies in the middle of the pixels that it
// stands for, so that of a pixel is by three quarters that of its own, and by one that of the next on its side; at the
// border, its own alone. Rounding is libjpeg's: halves go up or down by turns.
func enlarged(plane []byte, stride int, size image.Point, across, down bool) []byte {
	// beside returns which value along an axis a position has, and which is the next on its side.
	beside := func(at, length int) (own, next int) {
		own = at / 2
		if at%2 == 0 {
			return own, max(own-1, 0)
		}
		return own, min(own+1, (length+1)/2-1)
	}
	result := make([]byte, 0, size.X*size.Y)
	for y := range size.Y {
		row := func(x int) int { return int(plane[y*stride+x]) }
		scale := 1
		if down {
			own, next := beside(y, size.Y)
			row = func(x int) int { return 3*int(plane[own*stride+x]) + int(plane[next*stride+x]) }
			scale = 4
		}
		for x := range size.X {
			switch {
			case !across:
				result = append(result, byte((row(x)+1+y%2)/4))
			default:
				own, next := beside(x, size.X)
				rounding := 1 + x%2
				if down {
					rounding = 8 - x%2
				}
				result = append(result, byte((3*row(own)+row(next)+rounding)/(4*scale)))
			}
		}
	}
	return result
}
