#!/usr/bin/env bash
# image/jpeg of Go 1.26.8, beside Pillow 13.0.0, which decodes with libjpeg-turbo as torchvision and OpenCV do.
#
# Expected: two decoders of JPEG give the same picture up to rounding, a few steps of 255, as they do where colour is
# stored in full (4:4:4). Seen: most files store colour in half the width and height (4:2:0). libjpeg interpolates
# between these values, by default and without a word; Go repeats each for four pixels. In a picture of coloured discs a
# fifteenth of the values differs by more than 8, and the largest difference is 92. Grey pictures, and brightness, are
# the same.
#
# Why it matters: a network that was trained on a data set of JPEG files in Python gets other pixels in Go from the same
# files, at every edge of a colour.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q pillow==13.0.0
venv/bin/python - <<'END'
import random

from PIL import Image, ImageDraw

random.seed(1)
picture = Image.new("RGB", (256, 256))
draw = ImageDraw.Draw(picture)
for _ in range(60):
    x, y, r = random.randrange(256), random.randrange(256), random.randrange(5, 40)
    draw.ellipse((x - r, y - r, x + r, y + r), fill=tuple(random.randrange(256) for _ in range(3)))
for name, subsampling in ("4:4:4", 0), ("4:2:0", 2):
    picture.save(f"{name}.jpg", quality=95, subsampling=subsampling)
    open(f"{name}.rgb", "wb").write(Image.open(f"{name}.jpg").tobytes())
picture.convert("L").save("grey.jpg", quality=95)
open("grey.rgb", "wb").write(Image.open("grey.jpg").convert("RGB").tobytes())
END
go mod init probe 2>/dev/null
cat >main.go <<'END'
package main

import (
	"fmt"
	"image/jpeg"
	"os"
)

func main() {
	for _, name := range os.Args[1:] {
		file, err := os.Open(name + ".jpg")
		if err != nil {
			panic(err)
		}
		picture, err := jpeg.Decode(file)
		if err != nil {
			panic(err)
		}
		want, err := os.ReadFile(name + ".rgb")
		if err != nil {
			panic(err)
		}
		largest, far := 0, 0
		for i, w := range want {
			r, g, b, _ := picture.At(i/3%256, i/3/256).RGBA()
			difference := int([]uint32{r, g, b}[i%3]>>8) - int(w)
			difference = max(difference, -difference)
			largest = max(largest, difference)
			if difference > 8 {
				far++
			}
		}
		fmt.Fprintf(os.Stderr, "%s: the largest difference is %d, %.1f %% differ by more than 8\n", name, largest,
			100*float64(far)/float64(len(want)))
		fmt.Printf("%s: up to 8: %v, more than a twentieth beyond: %v, largest above 60: %v\n", name, far == 0,
			far > len(want)/20, largest > 60)
	}
}
END
go version
seen=$(go run . grey 4:4:4 4:2:0)
echo "$seen"
[ "$seen" = "grey: up to 8: true, more than a twentieth beyond: false, largest above 60: false
4:4:4: up to 8: true, more than a twentieth beyond: false, largest above 60: false
4:2:0: up to 8: false, more than a twentieth beyond: true, largest above 60: true" ]
