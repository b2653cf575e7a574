"""Writes voc-label.png, a label picture with a palette of 256 colours as those of Pascal VOC2012 have it, and voc.json,
the classes of its pixels by their colours, as Pillow reads them, for TestVOCLabelIndicesAsPillow. The book's functions
make the same of it. Run it by scripts/pytorch fixtures.
"""
import pathlib

import PIL
from fixtures import write
from PIL import Image

WIDTH, HEIGHT, CLASSES, BORDER = 6, 4, 21, 255


def colour(index):
    """The bits of an index go by turns to red, green and blue, from their highest bits on."""
    bits = [index >> i & 1 for i in range(8)]
    return tuple(sum(bit << (7 - i) for i, bit in enumerate(bits[channel::3])) for channel in range(3))


indices = [*range(CLASSES), BORDER, 0, 20]  # Each class, and the border.
picture = Image.new("P", (WIDTH, HEIGHT))
picture.putpalette([value for index in range(256) for value in colour(index)])
picture.putdata(indices)
path = pathlib.Path(__file__).with_name("voc-label.png")
picture.save(path)
pixels = Image.open(path).convert("RGB").tobytes()
classes = {colour(index): index for index in range(CLASSES)}
write(__file__, {
    "pillow": PIL.__version__,
    "colormap": [colour(index) for index in range(CLASSES)],
    "labels": [classes.get(rgb, 0) for rgb in zip(pixels[::3], pixels[1::3], pixels[2::3])],
})
