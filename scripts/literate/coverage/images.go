package coverage

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/d2l-go/book/scripts/literate/notebook"
)

// imageKinds tells of each kind of image what is wrong with one.
var imageKinds = map[string]func(content string) error{
	"image/png":     checkPNG,
	"image/svg+xml": checkSVG,
}

// checkImages returns an error unless a cell's outputs have an image, and
// something is on every one.
func checkImages(cell *notebook.Cell) error {
	images := 0
	for _, o := range cell.Outputs {
		for _, kind := range slices.Sorted(maps.Keys(imageKinds)) {
			content, ok := o.Data[kind]
			if !ok {
				continue
			}
			images++
			if err := imageKinds[kind](content); err != nil {
				return fmt.Errorf("has an image/%s that is empty or damaged (%w)", strings.TrimPrefix(kind, "image/"), err)
			}
		}
	}
	if images == 0 {
		return errors.New("has no image among its outputs")
	}
	return nil
}

func checkPNG(content string) error {
	data, err := base64.StdEncoding.DecodeString(strings.TrimSpace(content))
	if err != nil {
		return err
	}
	_, err = png.Decode(bytes.NewReader(data))
	return err
}

// checkSVG looks for an element that draws something.
func checkSVG(content string) error {
	in := xml.NewDecoder(strings.NewReader(content))
	drawn := false
	for depth := 0; ; {
		token, err := in.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		switch element := token.(type) {
		case xml.StartElement:
			if depth == 0 && element.Name.Local != "svg" {
				return fmt.Errorf("it is %s", element.Name.Local)
			}
			depth++
			switch element.Name.Local {
			case "path", "rect", "line", "circle", "ellipse", "polyline", "polygon", "text", "image", "use":
				drawn = true
			}
		case xml.EndElement:
			depth--
		}
	}
	if !drawn {
		return errors.New("nothing is drawn")
	}
	return nil
}
