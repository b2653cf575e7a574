"""Writes jpeg-420.jpg, jpeg-422.jpg and jpeg-444.jpg, pictures whose planes of colour have half the width and height,
half the width, or the size of the picture, and jpeg.json, their pixels by Pillow, which decodes them with libjpeg as
torchvision does, for TestReadImageAsPillow. Run it by scripts/pytorch fixtures.
"""
import io
import pathlib

import PIL
from fixtures import write
from PIL import Image, ImageDraw

picture = Image.new("RGB", (24, 17))  # Of an odd size: the last value of a plane stands for one pixel.
draw = ImageDraw.Draw(picture)
draw.rectangle((0, 0, 23, 16), fill=(30, 60, 200))
draw.ellipse((3, 2, 14, 13), fill=(230, 40, 30))
draw.polygon([(12, 16), (23, 4), (23, 16)], fill=(250, 220, 20))
pixels = {}
for name, subsampling in ("420", 2), ("422", 1), ("444", 0):
    path = pathlib.Path(__file__).with_name(f"jpeg-{name}.jpg")
    content = io.BytesIO()
    picture.save(content, "jpeg", quality=95, subsampling=subsampling)
    path.write_bytes(content.getvalue())
    pixels[name] = list(Image.open(path).convert("RGB").tobytes())
write(__file__, dict(pillow=PIL.__version__, size=picture.size, pixels=pixels))
