package d2l

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"golang.org/x/image/draw"
)

// Transform makes another picture of one, at random or not.
//
// Book: gluon.data.vision.transforms, section "Image Augmentation".
type Transform func(image.Image) image.Image

// Compose returns a Transform that applies others in order.
//
// Book: transforms.Compose, section "Image Augmentation".
func Compose(transforms ...Transform) Transform {
	return func(picture image.Image) image.Image {
		for _, transform := range transforms {
			picture = transform(picture)
		}
		return picture
	}
}

// Resize returns a Transform that makes pictures of width × height pixels, by bilinear interpolation. It panics unless
// both are positive.
//
// Book: transforms.Resize, section "Fine-Tuning".
func Resize(width, height int) Transform {
	requireSize("Resize", width, height)
	return func(picture image.Image) image.Image { return scaledTo(width, height, picture, picture.Bounds()) }
}

// CenterCrop returns a Transform that cuts width × height pixels out of the middle of pictures. Smaller ones are made
// larger first. It panics unless both are positive.
//
// Book: transforms.CenterCrop, section "Fine-Tuning".
func CenterCrop(width, height int) Transform {
	requireSize("CenterCrop", width, height)
	return func(picture image.Image) image.Image {
		b := picture.Bounds()
		// The part with the proportions of the result; a picture that is large enough is cut, not scaled.
		scale := min(1, float64(b.Dx())/float64(width), float64(b.Dy())/float64(height))
		w, h := max(1, int(float64(width)*scale)), max(1, int(float64(height)*scale))
		corner := b.Min.Add(image.Pt((b.Dx()-w)/2, (b.Dy()-h)/2))
		return scaledTo(width, height, picture, image.Rectangle{corner, corner.Add(image.Pt(w, h))})
	}
}

// RandomFlipLeftRight returns a Transform that exchanges left and right in half of the pictures.
//
// Book: transforms.RandomFlipLeftRight, section "Image Augmentation".
func RandomFlipLeftRight() Transform { return randomFlip(-1, 1) }

// RandomFlipTopBottom returns a Transform that turns half of the pictures upside down.
//
// Book: transforms.RandomFlipTopBottom, section "Image Augmentation".
func RandomFlipTopBottom() Transform { return randomFlip(1, -1) }

// randomFlip returns a Transform that multiplies the coordinates of half of the pictures by x and y.
func randomFlip(x, y int) Transform {
	return func(picture image.Image) image.Image {
		if newRand().IntN(2) == 0 {
			return picture
		}
		picture, b := opaque(picture), picture.Bounds()
		flipped := newLike(picture, image.Rect(0, 0, b.Dx(), b.Dy()))
		for row := range b.Dy() {
			for column := range b.Dx() {
				toX, toY := column, row
				if x < 0 {
					toX = b.Dx() - 1 - column
				}
				if y < 0 {
					toY = b.Dy() - 1 - row
				}
				flipped.Set(toX, toY, picture.At(b.Min.X+column, b.Min.Y+row))
			}
		}
		return flipped
	}
}

// RandomResizedCrop returns a Transform that cuts a part out of pictures at random and makes width × height pixels of it.
// Its area is the picture's times a number in scale, in the book {0.1, 1}, and its width is its height times a number in
// ratio, {0.5, 2}. If no such part is found in ten tries, as of a picture that is much wider than high, it is the largest
// one in the middle with a width in ratio. It panics unless the sizes are positive, scale is between 0 and 1, and ratio positive, each a
// minimum and a maximum.
//
// Book: transforms.RandomResizedCrop, section "Image Augmentation".
func RandomResizedCrop(width, height int, scale, ratio [2]float64) Transform {
	requireSize("RandomResizedCrop", width, height)
	if !(scale[0] > 0 && scale[0] <= scale[1] && scale[1] <= 1 && ratio[0] > 0 && ratio[0] <= ratio[1]) ||
		math.IsInf(ratio[1], 1) {
		panic(fmt.Sprintf("d2l: RandomResizedCrop needs a scale between 0 and 1 and a positive ratio, each a minimum and a "+
			"maximum, got %v and %v", scale, ratio))
	}
	return func(picture image.Image) image.Image {
		random, b := newRand(), picture.Bounds()
		cut := func(corner image.Point, w, h int) image.Image {
			corner = corner.Add(b.Min)
			return scaledTo(width, height, picture, image.Rectangle{corner, corner.Add(image.Pt(w, h))})
		}
		const tries = 10 // As in PyTorch.
		for range tries {
			area := float64(b.Dx()) * float64(b.Dy()) * (scale[0] + random.Float64()*(scale[1]-scale[0]))
			logs := [2]float64{math.Log(ratio[0]), math.Log(ratio[1])}
			aspect := math.Exp(logs[0] + random.Float64()*(logs[1]-logs[0]))
			w, h := int(math.Sqrt(area*aspect)+0.5), int(math.Sqrt(area/aspect)+0.5)
			if w > 0 && h > 0 && w <= b.Dx() && h <= b.Dy() {
				return cut(image.Pt(random.IntN(b.Dx()-w+1), random.IntN(b.Dy()-h+1)), w, h)
			}
		}
		w, h := b.Dx(), b.Dy()
		switch aspect := float64(w) / float64(h); {
		case aspect < ratio[0]:
			h = max(1, int(float64(w)/ratio[0]+0.5))
		case aspect > ratio[1]:
			w = max(1, int(float64(h)*ratio[1]+0.5))
		}
		return cut(image.Pt((b.Dx()-w)/2, (b.Dy()-h)/2), w, h)
	}
}

// RandomColorJitter returns a Transform that changes brightness, contrast, saturation and hue of pictures, in this
// order. The first three are multiplied by a number between 1 − x and 1 + x, at least 0; hue is turned by up to x of a
// whole turn, at most 0.5. So 0 changes nothing, and 0.5 is the book's. It panics on negative numbers, and on a hue
// of more than 0.5.
//
// Book: transforms.RandomColorJitter, section "Image Augmentation".
func RandomColorJitter(brightness, contrast, saturation, hue float64) Transform {
	if !(brightness >= 0 && contrast >= 0 && saturation >= 0 && hue >= 0 && hue <= 0.5) {
		panic(fmt.Sprintf("d2l: RandomColorJitter needs numbers of at least 0 and a hue of at most 0.5, got %v, %v, %v, %v",
			brightness, contrast, saturation, hue))
	}
	return func(picture image.Image) image.Image {
		random := newRand()
		factor := func(x float64) float64 { return max(0, 1+(2*random.Float64()-1)*x) }
		pixels := rgbOf(picture)
		light, spread, colour := factor(brightness), factor(contrast), factor(saturation)
		turn := (2*random.Float64() - 1) * hue
		mean := 0.0
		for i := range pixels {
			for c := range pixels[i] {
				pixels[i][c] = min(pixels[i][c]*light, 1)
			}
			mean += grayOf(pixels[i]) / float64(len(pixels))
		}
		for i, p := range pixels {
			p = blend(p, mean, spread)
			p = blend(p, grayOf(p), colour)
			if turn != 0 {
				p = turned(p, turn)
			}
			pixels[i] = p
		}
		jittered := newLike(picture, picture.Bounds())
		draw.Draw(jittered, jittered.Bounds(), fromRGB(pixels, picture.Bounds()), picture.Bounds().Min, draw.Src)
		return jittered
	}
}

// newLike returns an empty picture for what becomes of another: grey if that is, as with PIL's mode L. A data set has
// the same number of channels whatever is done to some of its pictures.
func newLike(picture image.Image, bounds image.Rectangle) draw.Image {
	if isGrey(picture) {
		return image.NewGray(bounds)
	}
	return image.NewRGBA(bounds)
}

// opaque returns a picture without transparency: its colours are as ToTensor takes them. Where pictures are scaled or
// set, transparent pixels would become black.
func opaque(picture image.Image) image.Image {
	if p, ok := picture.(interface{ Opaque() bool }); ok && p.Opaque() {
		return picture
	}
	return fromRGB(rgbOf(picture), picture.Bounds())
}

// fromRGB is what rgbOf undoes.
func fromRGB(pixels [][3]float64, bounds image.Rectangle) *image.RGBA {
	picture := image.NewRGBA(bounds)
	for i, p := range pixels {
		for c, v := range p {
			picture.Pix[4*i+c] = uint8(v*255 + 0.5)
		}
		picture.Pix[4*i+3] = 0xff
	}
	return picture
}

// rgbOf returns the pixels of a picture, row by row, in [0, 1].
func rgbOf(picture image.Image) [][3]float64 {
	b := picture.Bounds()
	pixels := make([][3]float64, 0, b.Dx()*b.Dy())
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.NRGBAModel.Convert(picture.At(x, y)).(color.NRGBA)
			pixels = append(pixels, [3]float64{float64(c.R) / 255, float64(c.G) / 255, float64(c.B) / 255})
		}
	}
	return pixels
}

// grayOf returns the brightness of a pixel, weighted as in PyTorch.
func grayOf(p [3]float64) float64 { return 0.2989*p[0] + 0.587*p[1] + 0.114*p[2] }

// blend moves a pixel away from a grey, or towards it if the factor is less than 1.
func blend(p [3]float64, gray, factor float64) [3]float64 {
	for c := range p {
		p[c] = min(max(gray+(p[c]-gray)*factor, 0), 1)
	}
	return p
}

// turned returns a pixel whose hue is another, by a part of a whole turn.
func turned(p [3]float64, turn float64) [3]float64 {
	high, low := max(p[0], p[1], p[2]), min(p[0], p[1], p[2])
	if high == low {
		return p
	}
	width, h := high-low, 0.0
	switch high {
	case p[0]:
		h = (p[1] - p[2]) / width
	case p[1]:
		h = 2 + (p[2]-p[0])/width
	default:
		h = 4 + (p[0]-p[1])/width
	}
	h = math.Mod(h+6*turn+12, 6)
	for c, offset := range [3]float64{5, 3, 1} {
		k := math.Mod(offset+h, 6)
		p[c] = high - width*max(0, min(k, 4-k, 1))
	}
	return p
}

func requireSize(function string, width, height int) {
	if width <= 0 || height <= 0 {
		panic(fmt.Sprintf("d2l: %s needs a positive width and height, got %d × %d", function, width, height))
	}
}

// scaledTo returns a part of a picture, as width × height pixels.
func scaledTo(width, height int, picture image.Image, part image.Rectangle) image.Image {
	to := newLike(picture, image.Rect(0, 0, width, height))
	draw.BiLinear.Scale(to, to.Bounds(), opaque(picture), part, draw.Src, nil)
	return to
}
