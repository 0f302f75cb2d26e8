"""augment/: the authors' augmentation (OpenCV's 8-bit arithmetic) with fixed parameters on three images.

cases.json: file, operation, parameters, expected PNG. A crop is cut out, then resized by Pillow's bicubic; the others keep the size.
The authors' code overflows 8 bits in two operations (autocontrast above a minimum of 0, sharpness above 1). Here they saturate.
"""
import json

import cv2
import numpy as np
from PIL import Image

FILL = (128, 128, 128)
INPUTS = (("photo-444.jpg", (10, 20, 138, 116)), ("photo-420.jpg", (3, 5, 99, 133)), ("rgb.png", (0, 1, 40, 33)))


def record(output, options):
    """Writes augment/."""
    folder, cases = output / "augment", []
    folder.mkdir(parents=True, exist_ok=True)
    for index, (file, box) in enumerate(INPUTS):
        image = Image.open(options.goldens / "images" / file).convert("RGB").crop(box)
        name = f"input-{index}.png"
        image.save(folder / name)
        for i, (operation, parameters, pixels) in enumerate(operations(image)):
            expected = f"{index}-{i:02d}-{operation}.png"
            Image.fromarray(np.ascontiguousarray(pixels)).save(folder / expected)
            cases.append(dict(file=name, operation=operation, parameters=parameters, expected=expected))
    (folder / "cases.json").write_text(json.dumps(cases, indent=1), encoding="utf-8", newline="\n")


def operations(image):
    """Name, parameters and result of each operation."""
    rgb = np.asarray(image)
    brighter = np.clip(np.arange(256, dtype=np.float32) * 1.36, 0, 255).astype(np.uint8)[rgb]
    yield "autocontrast", {}, autocontrast(rgb)
    yield "equalize", {}, equalize(rgb)
    for degrees in (15, -15):
        yield "rotate", dict(degrees=degrees), rotate(rgb, degrees)
    for factor in (.15, -.15):
        yield "shear_x", dict(factor=factor), warp(rgb, [[1, factor, 0], [0, 1, 0]])
    yield "shear_y", dict(factor=.15), warp(rgb, [[1, 0, 0], [.15, 1, 0]])
    yield "translate_x", dict(offset=5), warp(rgb, [[1, 0, -5], [0, 1, 0]])
    yield "translate_y", dict(offset=-5), warp(rgb, [[1, 0, 0], [0, 1, 5]])
    yield "brightness", dict(factor=1.0), rgb
    yield "brightness", dict(factor=1.36), brighter
    yield "sharpness", dict(factor=1.0), rgb
    yield "sharpness", dict(factor=1.36), sharpness(rgb, 1.36)
    yield "flip", {}, rgb[:, ::-1]
    w, h = image.size
    for left, top, right, bottom in ((w // 5, h // 6, w // 5 + w // 2, h // 6 + h // 2), (w // 3, 0, w // 3 + w // 4, h)):
        cut = image.crop((left, top, right, bottom)).resize((48, 48), Image.BICUBIC)
        yield "resized_crop", dict(left=left, top=top, right=right, bottom=bottom, size=48), np.asarray(cut)


def autocontrast(img):
    """Stretches each channel to 0..255."""
    out = []
    for channel in cv2.split(img):
        low, high = int(channel.min()), int(channel.max())
        levels = np.arange(256)
        table = levels if high <= low else np.clip(levels * (255 / (high - low)) - low * (255 / (high - low)), 0, 255)
        out.append(table.astype(np.uint8)[channel])
    return cv2.merge(out)


def equalize(img):
    """Pillow's histogram equalisation of each channel."""
    out = []
    for channel in cv2.split(img):
        histogram = np.bincount(channel.ravel(), minlength=256).astype(np.float32)
        step = np.sum(histogram[histogram != 0][:-1]) // 255
        if step == 0:
            out.append(channel)
            continue
        before = np.empty_like(histogram)
        before[0], before[1:] = step // 2, histogram[:-1]
        out.append(np.clip(np.cumsum(before) // step, 0, 255).astype(np.uint8)[channel])
    return cv2.merge(out)


def warp(img, matrix):
    """An affine map, bilinear, with gray outside."""
    size = (img.shape[1], img.shape[0])
    return cv2.warpAffine(img, np.float32(matrix), size, flags=cv2.INTER_LINEAR, borderValue=FILL)


def rotate(img, degrees):
    """A turn about the middle."""
    return warp(img, cv2.getRotationMatrix2D((img.shape[1] / 2, img.shape[0] / 2), degrees, 1))


def sharpness(img, factor):
    """Between a smoothed image (0), itself (1) and beyond; the border stays."""
    kernel = np.ones((3, 3), np.float32)
    kernel[1, 1] = 5
    soft = cv2.filter2D(img, -1, kernel / 13)
    if factor == 0:
        return soft
    out = img.astype(np.float32)
    inner = soft.astype(np.float32)[1:-1, 1:-1]
    out[1:-1, 1:-1] = inner + factor * (out[1:-1, 1:-1] - inner)
    return out.astype(np.uint8) if factor == 1 else np.clip(out, 0, 255).astype(np.uint8)
