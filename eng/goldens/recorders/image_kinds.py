"""Small images of the kinds that few programs write, and the pixels that Pillow gives: one file, image-kinds.json.gz."""
import base64
import gzip
import io
import json
import random
import struct
import warnings
import zlib

from PIL import Image

WIDTH, HEIGHT = 7, 5


def record(output, _):
    """Writes image-kinds.json.gz."""
    warnings.simplefilter("ignore")
    draw = random.Random(1)
    kinds = {**bitmaps(draw), **palettes(draw), **gifs(draw), **icons(draw), **tiffs(draw), **faxes(draw), **netpbm(draw), **targas(draw)}
    cases = [{"name": name, "file": text(file), **pixels(file)} for name, file in kinds.items()]
    content = json.dumps({"cases": cases}, separators=(",", ":")).encode()
    (output / "image-kinds.json.gz").write_bytes(gzip.compress(content, mtime=0))


def text(content):
    """Bytes as base64."""
    return base64.b64encode(content).decode()


def pixels(file):
    """What Pillow makes of a file; load() turns a TIFF upright by itself."""
    image = Image.open(io.BytesIO(file))
    image.load()
    image = image.convert("RGB")
    return {"width": image.width, "height": image.height, "pixels": text(image.tobytes())}


def encoded(image, kind, **options):
    """An image as Pillow writes it."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def rows(draw, bits, align):
    """Random rows of so many bits a pixel, each a multiple of some bytes long."""
    return draw.randbytes((WIDTH * bits + 8 * align - 1) // (8 * align) * align * HEIGHT)


def bitmap(bits, data, header=40, masks=b"", palette=b"", height=HEIGHT):
    """A BMP file."""
    if header == 12:
        info = struct.pack("<IHHHH", 12, WIDTH, HEIGHT, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", header, WIDTH, height, 1, bits, 3 if masks else 0, len(data), 0, 0, 0, 0)
        info += bytes(header - len(info))
    offset = 14 + len(info) + len(masks) + len(palette)
    return b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset) + info + masks + palette + data


def bitmaps(draw):
    """BMP."""
    fives, six = struct.pack("<III", 0x7C00, 0x3E0, 0x1F), struct.pack("<III", 0xF800, 0x7E0, 0x1F)
    return {
        "16 bits.bmp": bitmap(16, rows(draw, 16, 4)),
        "5-5-5.bmp": bitmap(16, rows(draw, 16, 4), masks=fives),
        "5-6-5.bmp": bitmap(16, rows(draw, 16, 4), masks=six),
        "24 bits.bmp": bitmap(24, rows(draw, 24, 4)),
        "from the top.bmp": bitmap(24, rows(draw, 24, 4), height=-HEIGHT),
        "32 bits.bmp": bitmap(32, rows(draw, 32, 4)),
        "4 bits.bmp": bitmap(4, rows(draw, 4, 4), palette=draw.randbytes(64)),
        "1 bit.bmp": bitmap(1, rows(draw, 1, 4), palette=draw.randbytes(8)),
        "OS-2 of 12 bytes.bmp": bitmap(24, rows(draw, 24, 4), header=12),
        "OS-2 of 64 bytes.bmp": bitmap(24, rows(draw, 24, 4), header=64),
    }


def chunk(kind, content):
    """A chunk of a PNG file."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def palettes(draw):
    """PNG with colours that are transparent."""
    lines = b"".join(b"\0" + bytes(draw.randrange(8) for _ in range(WIDTH)) for _ in range(HEIGHT))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0))
    transparent = chunk(b"PLTE", draw.randbytes(24)) + chunk(b"tRNS", b"\0\x80")
    return {"palette.png": b"\x89PNG\r\n\x1a\n" + header + transparent + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")}


def gifs(draw):
    """GIF whose first frame leaves something free."""
    image = Image.frombytes("P", (4, 3), bytes(draw.randrange(8) for _ in range(12)))
    image.putpalette(draw.randbytes(24))
    plain, transparent = bytearray(encoded(image, "GIF")), bytearray(encoded(image, "GIF", transparency=3))
    for file in (plain, transparent):
        file[6:10] = struct.pack("<HH", WIDTH, HEIGHT)
    moved = bytearray(plain)
    at = moved.index(b"\x2c", 13 + 3 * (2 << (moved[10] & 7)))
    moved[at + 1:at + 5] = struct.pack("<HH", 2, 1)
    return {"small frame.gif": bytes(plain), "moved frame.gif": bytes(moved), "transparent.gif": bytes(transparent)}


def icons(draw):
    """ICO with a mask."""
    def icon(bits):
        colours = 1 << bits if bits <= 8 else 0
        line, side = (8 * bits + 31) // 32 * 4, 8
        content = draw.randbytes(4 * colours + line * side + 4 * side)
        info = struct.pack("<IiiHHIIiiII", 40, side, 2 * side, 1, bits, 0, 0, 0, 0, 0, 0)
        entry = struct.pack("<BBBBHHII", side, side, colours & 255, 0, 1, bits, len(info) + len(content), 22)
        return struct.pack("<HHH", 0, 1, 1) + entry + info + content
    return {f"{bits} bits.ico": icon(bits) for bits in (1, 4, 24, 32)}


def tiff(entries, data, order="<"):
    """A TIFF file of one strip; entries are numbers by tag."""
    entries = {256: [WIDTH], 257: [HEIGHT], 259: [1], 273: [0], 278: [HEIGHT], 279: [len(data)], **entries}
    at = 8 + 2 + 12 * len(entries) + 4
    tail, directory = b"", struct.pack(order + "H", len(entries))
    long = sum(2 * len(values) for values in entries.values() if len(values) > 2)
    entries[273] = [at + long]
    for tag, values in sorted(entries.items()):
        raw = b"".join(struct.pack(order + "H", value) for value in values)
        if len(raw) > 4:
            directory += struct.pack(order + "HHLL", tag, 3, len(values), at + len(tail))
            tail += raw
        else:
            directory += struct.pack(order + "HHL", tag, 3, len(values)) + raw.ljust(4, b"\0")
    return (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "L", 8) + directory + bytes(4) + tail + data


def tiffs(draw):
    """TIFF of every depth and kind that is read."""
    def raw(kind, bits, samples=1, order="<", align=1, **more):
        return tiff({258: [bits] * samples, 262: [kind], 277: [samples], **{int(tag[1:]): value for tag, value in more.items()}},
                    rows(draw, bits * samples, align), order)

    colour = Image.frombytes("RGB", (WIDTH, HEIGHT), draw.randbytes(3 * WIDTH * HEIGHT))
    files = {
        "rgb.tif": raw(2, 8, 3), "rgb of 16 bits.tif": raw(2, 16, 3), "rgb of 16 bits, big-endian.tif": raw(2, 16, 3, ">"),
        "rgba.tif": raw(2, 8, 4, t338=[2]), "rgba, multiplied.tif": raw(2, 8, 4, t338=[1]), "rgba without a word.tif": raw(2, 8, 4),
        "rgb and a rest.tif": raw(2, 8, 4, t338=[0]), "rgba of 16 bits.tif": raw(2, 16, 4, t338=[2]),
        "gray.tif": raw(1, 8), "gray of 4 bits.tif": raw(1, 4), "gray of 2 bits.tif": raw(1, 2), "white is zero.tif": raw(0, 8),
        "cmyk.tif": raw(5, 8, 4), "palette of 8 bits.tif": raw(3, 8, t320=[draw.randrange(65536) for _ in range(48)] * 16),
        "palette of 4 bits.tif": raw(3, 4, t320=[draw.randrange(65536) for _ in range(48)]),
        "bilevel.tif": encoded(colour.convert("1"), "TIFF"),
    }
    for orientation in range(2, 9):
        files[f"orientation {orientation}.tif"] = raw(2, 8, 3, t274=[orientation])
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits"):
        files[f"{compression}.tif"] = encoded(colour, "TIFF", compression=compression)
    return files


def faxes(draw):
    """TIFF compressed as faxes are, with black and with white as zero."""
    image = Image.frombytes("L", (WIDTH, HEIGHT), draw.randbytes(WIDTH * HEIGHT)).convert("1")
    files = {}
    for compression in ("tiff_ccitt", "group3", "group4"):
        file = bytearray(encoded(image, "TIFF", compression=compression))
        files[f"{compression}.tif"] = bytes(file)
        file[file.index(b"\x06\x01\x03\x00\x01\x00\x00\x00\x01\x00") + 8] = 0
        files[f"{compression}, white is zero.tif"] = bytes(file)
    return files


def netpbm(draw):
    """PBM, PGM and PPM, plain and raw."""
    def plain(largest, samples):
        return b" ".join(b"%d" % draw.randint(0, largest) for _ in range(samples * WIDTH * HEIGHT))

    def raw(largest, samples):
        size = "B" if largest < 256 else ">H"
        return b"".join(struct.pack(size, draw.randint(0, largest)) for _ in range(samples * WIDTH * HEIGHT))

    size = b"%d %d\n" % (WIDTH, HEIGHT)
    return {
        "plain.pbm": b"P1\n# a comment\n" + size + plain(1, 1), "plain without spaces.pbm": b"P1 " + size + plain(1, 1).replace(b" ", b""),
        "raw.pbm": b"P4\n" + size + rows(draw, 1, 1), "plain.pgm": b"P2\n" + size + b"15\n" + plain(15, 1), "raw.pgm": b"P5\n" + size + b"255\n" + raw(255, 1),
        "raw of 100.pgm": b"P5\n" + size + b"100\n" + raw(100, 1), "plain.ppm": b"P3\n" + size + b"255 # levels\n" + plain(255, 3),
        "raw.ppm": b"P6 # a comment\n" + size + b"255\n" + raw(255, 3), "raw of 1023.ppm": b"P6\n" + size + b"1023\n" + raw(1023, 3),
        "raw of 65535.ppm": b"P6\n" + size + b"65535\n" + raw(65535, 3),
    }


def targas(draw):
    """TGA, raw and in runs, from below and from above."""
    def header(kind, depth, flags, colours=0, colour_bits=0):
        return struct.pack("<BBBHHBHHHHBB", 0, int(colours > 0), kind, 0, colours, colour_bits, 0, 0, WIDTH, HEIGHT, depth, flags)

    colour = Image.frombytes("RGBA", (WIDTH, HEIGHT), bytes(draw.randrange(2) * 200 for _ in range(4 * WIDTH * HEIGHT)))
    files = {
        "16 bits.tga": header(2, 16, 0x21) + rows(draw, 16, 1), "24 bits from the right.tga": header(2, 24, 0x10) + rows(draw, 24, 1),
        "32 bits without opacity.tga": header(2, 32, 0x20) + rows(draw, 32, 1), "gray.tga": header(3, 8, 0) + rows(draw, 8, 1),
        "palette of 16 bits.tga": header(1, 8, 0x20, 256, 16) + draw.randbytes(32) * 16 + rows(draw, 8, 1),
        "palette of 24 bits.tga": header(1, 8, 0, 256, 24) + draw.randbytes(48) * 16 + rows(draw, 8, 1),
    }
    for mode in ("RGB", "RGBA", "L"):
        files[f"{mode} in runs.tga"] = encoded(colour.convert(mode), "TGA", compression="tga_rle")
        files[f"{mode} in runs from above.tga"] = encoded(colour.convert(mode), "TGA", compression="tga_rle", orientation=1)
    return files
