"""images/: images in every format and mode, the exact bytes that Pillow's bicubic resize gives, and files that must be refused.

Needs a folder of four freely licensed photographs, from which the images are cut: astronaut, chelsea, coffee and rocket of scikit-image
(public domain and CC0). They are taken in the order of their names.
"""
import json
import random
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps
from safetensors.torch import save_file
from transformers import BlipImageProcessorPil

from . import thin

SEED = 11
PROCESSED = ("photo-444.jpg", "palette.gif", "rgba.png", "upscale.png")
PNG = b"\x89PNG\r\n\x1a\n"


class Cases:
    """Writes images and what they must become."""

    def __init__(self, folder, photos):
        self.folder, self.cases, self.bad = folder, [], {}
        self.random = random.Random(SEED)
        paths = sorted(photos.iterdir(), key=lambda path: path.name)
        self.photographs = {path.stem: Image.open(path).convert("RGB") for path in paths}

    def photograph(self, index, width, height):
        """A random piece of a photograph."""
        names = list(self.photographs)
        image = self.photographs[names[index % len(names)]]
        scale = max(width / image.width, height / image.height) * self.random.uniform(1, 1.3)
        image = image.resize((max(width, round(image.width * scale)), max(height, round(image.height * scale))), Image.LANCZOS)
        x, y = self.random.randint(0, image.width - width), self.random.randint(0, image.height - height)
        return image.crop((x, y, x + width, y + height))

    def noise(self, width, height):
        """An image of random bytes."""
        return Image.fromarray(np.frombuffer(self.random.randbytes(width * height * 3), np.uint8).reshape(height, width, 3))

    def case(self, file, image, sizes=((96, 96),), note="", **save):
        """Writes an image; opened, turned as EXIF says, converted to RGB and resized, it gives a PNG."""
        path = self.folder / file
        image.save(path, **save)
        opened = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
        for width, height in sizes:
            name = f"{file}.{width}x{height}.png"
            opened.resize((width, height), Image.BICUBIC).save(self.folder / name, optimize=True)
            self.cases.append(dict(file=file, width=width, height=height, expected=name, decoded=list(opened.size), note=note))

    def broken(self, name, data, note):
        """Writes a file that must be refused."""
        (self.folder / name).write_bytes(data)
        self.bad[name] = note


def record(output, options):
    """Writes images/."""
    folder = output / "images"
    folder.mkdir(parents=True, exist_ok=True)
    cases = Cases(folder, options.photographs)
    photographs(cases)
    made_up(cases)
    pixel_values(folder)
    broken(cases)
    document = dict(
        cases=cases.cases, bad=cases.bad, mean=[0.48145466, 0.4578275, 0.40821073], std=[0.26862954, 0.26130258, 0.27577711],
        formula="float32((float32(v * (1/255)) - mean) / std), channel first")
    (folder / "cases.json").write_text(json.dumps(document, indent=1), encoding="utf-8")


def photographs(cases):
    """Writes photographs in every format and mode. The order is part of the result: all draw from one generator."""
    case, crop = cases.case, cases.photograph
    case("photo-420.jpg", crop(0, 481, 323), ((384, 384),), quality=87)
    case("photo-444.jpg", crop(1, 300, 451), ((384, 384), (96, 96)), quality=92, subsampling=0)
    case("photo-422.jpg", crop(2, 333, 222), quality=80, subsampling=1)
    case("photo-progressive.jpg", crop(3, 257, 300), ((96, 96), (224, 224)), quality=85, progressive=True)
    case("gray.jpg", crop(0, 200, 150).convert("L"), quality=85)
    case("cmyk.jpg", crop(1, 160, 160).convert("CMYK"), quality=90, note="inverted CMYK as Adobe writes it")
    case("rgb.png", crop(2, 123, 77), ((96, 96), (64, 128)))
    case("gray.png", crop(3, 90, 130).convert("L"))
    case("gray-alpha.png", crop(0, 70, 60).convert("LA"), note="alpha is dropped, not blended")
    alpha = crop(1, 120, 90).convert("RGBA")
    alpha.putalpha(Image.fromarray((np.indices((90, 120)).sum(0) % 256).astype(np.uint8)))
    case("rgba.png", alpha, note="alpha is dropped, not blended")
    case("palette.png", crop(2, 140, 100).quantize(37))
    clear = crop(3, 100, 100).quantize(16)
    clear.info["transparency"] = 3
    case("palette-transparent.png", clear, transparency=3)
    case("bilevel.png", crop(0, 99, 99).convert("1"))
    case("palette.gif", crop(1, 88, 132).quantize(64))
    frames = [crop(i, 64, 48).quantize(32) for i in range(3)]
    case("animated.gif", frames[0], note="the first frame", save_all=True, append_images=frames[1:], duration=100)
    case("lossy.webp", crop(2, 230, 170), quality=80)
    case("lossless.webp", crop(3, 75, 95), lossless=True)
    case("alpha.webp", alpha, lossless=True, exact=True)
    case("rgb.bmp", crop(0, 61, 43))
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        case(f"exif-{orientation}.jpg", crop(1, 60, 40), ((48, 48),), exif=exif, quality=90, note="the EXIF orientation is applied")


def made_up(cases):
    """Writes noise in odd sizes, and hard edges."""
    case, noise = cases.case, cases.noise
    case("one-pixel.png", noise(1, 1))
    case("two-by-two.png", noise(2, 2), ((96, 96), (7, 5)))
    case("thin-wide.png", noise(700, 3))
    case("thin-tall.png", noise(2, 600))
    case("upscale.png", noise(13, 29), ((96, 96), (100, 31)))
    case("noise-down.png", noise(301, 211), ((64, 64), (33, 90)))
    case("exact.png", noise(96, 96), note="already the right size: bit-identical")
    case("one-side.png", noise(96, 50), note="one direction only")
    edges = np.tile(np.array([0, 255], np.uint8).repeat(20), (40, 3))[:, :, None].repeat(3, 2)
    case("overshoot.png", Image.fromarray(edges), ((96, 96), (55, 55)), note="hard edges: bicubic overshoots and must clip to 0..255")


def pixel_values(folder):
    """Writes the processor's output of four images: the photograph's whole, every fourth column of the others."""
    processor, expected = BlipImageProcessorPil(size=dict(height=96, width=96)), {}
    for file in PROCESSED:
        image = ImageOps.exif_transpose(Image.open(folder / file)).convert("RGB")
        expected[file] = processor(images=image, return_tensors="pt").pixel_values[0].contiguous()
    path = folder / "pixel_values.safetensors"
    save_file(expected, path)
    thin.columns(path, lambda file: file != PROCESSED[0], 4)


def chunk(kind, data):
    """A chunk of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(width, height):
    """The first chunk of a PNG file."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))


def broken(cases):
    """Writes the files that must be refused."""
    jpg, png = (cases.folder / "photo-422.jpg").read_bytes(), (cases.folder / "rgb.png").read_bytes()
    cases.broken("bad-truncated.jpg", jpg[: len(jpg) // 2], "half a JPEG")
    cases.broken("bad-truncated.png", png[: len(png) // 2], "half a PNG")
    cases.broken("bad-empty.png", b"", "0 bytes")
    cases.broken("bad-text.jpg", b"this is not an image", "text")
    cases.broken("bad-crc.png", png[:60] + bytes([png[60] ^ 255]) + png[61:], "a corrupted chunk")
    cases.broken(
        "bad-bomb.png", PNG + header(100000, 100000) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b""),
        "claims 100,000 x 100,000 pixels: refused before allocation")
    cases.broken("bad-zero.png", PNG + header(0, 5) + chunk(b"IEND", b""), "zero width")
    cases.broken("bad-header-only.gif", b"GIF89a\x10\x00\x10\x00", "a header and nothing else")
