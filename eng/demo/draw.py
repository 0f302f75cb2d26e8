#!/usr/bin/env python3
"""Draws the demo's sample images, and writes samples.json, which tells the truth about each.

    python eng/demo/draw.py --output DIR [--seed 2024] [--count 12]
    python eng/demo/draw.py --check        holds weights/samples/samples.json against the scenes; needs nothing but Python

Drawing needs Pillow. The defaults give weights/samples.
"""
import argparse
import json
import math
import random
import sys
from pathlib import Path

import scenes

SAMPLES = Path(__file__).resolve().parents[2] / "weights" / "samples"
SEED, COUNT = 2024, 12
SIDES = [96, 128, 160, 224, 300]
SCALE = 3
NOTE = "x, y, r: centre and radius as a share of the image's side"
RGB = {
    "gray": (150, 150, 150), "pink": (255, 190, 203), "brown": (121, 85, 61), "cyan": (120, 220, 230),
    "red": (214, 48, 49), "green": (39, 174, 96), "blue": (41, 98, 255), "yellow": (250, 204, 21),
    "purple": (142, 68, 173), "orange": (243, 120, 20), "white": (245, 245, 245), "black": (25, 25, 25),
}


def samples(seed, count):
    """Each scene with the side of its image, and its entry of samples.json."""
    rng, out = random.Random(seed), []
    for i in range(count):
        s = scenes.canonical(scenes.scene(rng))
        side = rng.choice(SIDES) if i else SIDES[0]
        questions = [scenes.question(s, rng) for _ in range(3)]
        items = [{k: round(v, 4) if isinstance(v, float) else v for k, v in item.items()} for item in s["items"]]
        out.append((s, side, dict(
            file=f"{i:02d}.png", caption=scenes.caption(s), background=s["background"], relation=s["relation"], items=items,
            questions=[dict(question=q, answer=a) for q, a in questions], wrong=[scenes.negative(s, rng) for _ in range(2)])))
    return out


def document(drawn):
    """The text of samples.json."""
    return json.dumps(dict(note=NOTE, samples=[entry for _, _, entry in drawn]), indent=1)


def image(s, side):
    """A scene's image: three times as large without smoothing, then reduced by Pillow's Lanczos filter."""
    from PIL import Image, ImageDraw

    large = Image.new("RGB", (side * SCALE, side * SCALE), RGB[s["background"]])
    canvas = ImageDraw.Draw(large)
    for item in s["items"]:
        shape(canvas, item, side * SCALE, RGB[s["background"]])
    return large.resize((side, side), Image.LANCZOS)


def shape(canvas, item, side, background):
    """Draws one shape."""
    x, y, r = (item[key] * side for key in ("x", "y", "r"))
    color, kind = RGB[item["color"]], item["shape"]
    if kind == "circle":
        canvas.ellipse(box(x, y, r, r), fill=color)
    elif kind == "square":
        canvas.rectangle(box(x, y, 0.88 * r, 0.88 * r), fill=color)
    elif kind == "triangle":
        canvas.polygon([point(x, y, 1.1 * r, 120 * i) for i in range(3)], fill=color)
    elif kind == "star":
        canvas.polygon([point(x, y, (0.45 if i % 2 else 1.15) * r, 36 * i) for i in range(10)], fill=color)
    elif kind == "cross":
        canvas.rectangle(box(x, y, r, 0.38 * r), fill=color)
        canvas.rectangle(box(x, y, 0.38 * r, r), fill=color)
    elif kind == "ring":
        canvas.ellipse(box(x, y, r, r), fill=color)
        canvas.ellipse(box(x, y, 0.55 * r, 0.55 * r), fill=background)
    else:
        raise ValueError(f"There is no shape '{kind}'.")


def box(x, y, width, height):
    """The corners of a box around a centre."""
    return [x - width, y - height, x + width, y + height]


def point(x, y, reach, degrees):
    """A point at a distance from the centre, clockwise from the top."""
    angle = math.radians(degrees - 90)
    return (x + reach * math.cos(angle), y + reach * math.sin(angle))


def parse(arguments):
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", metavar="DIR", type=Path, help="a new or empty folder for the images and samples.json")
    parser.add_argument("--check", action="store_true", help="compare weights/samples/samples.json with the scenes of its seed")
    parser.add_argument("--seed", type=int, default=SEED, help=f"another seed gives other scenes (default: {SEED})")
    parser.add_argument("--count", type=int, default=COUNT, help=f"number of images, 1 to 100 (default: {COUNT})")
    return parser.parse_args(arguments)


def fail(message):
    """Ends with exit status 2."""
    print(f"draw.py: {message}", file=sys.stderr)
    sys.exit(2)


def check():
    """Returns the exit status."""
    same = document(samples(SEED, COUNT)) == (SAMPLES / "samples.json").read_text(encoding="utf-8")
    print("weights/samples/samples.json is" + ("" if same else " not") + " what these scenes give.")
    return 0 if same else 1


def main(arguments):
    """Returns the exit status."""
    options = parse(arguments)
    if options.check:
        return check()
    folder = options.output
    if folder is None:
        fail("say where to draw to: --output DIR.")
    if not 1 <= options.count <= 100:
        fail(f"--count {options.count}: give 1 to 100.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        fail(f"--output {folder}: it holds something already, and nothing of it is replaced; give a new or empty folder.")
    try:
        import PIL  # noqa: F401
    except ImportError:
        fail("Pillow is not installed (pillow==13.0.0). Run: python -m pip install -r eng/goldens/requirements.txt")
    folder.mkdir(parents=True, exist_ok=True)
    drawn = samples(options.seed, options.count)
    for s, side, entry in drawn:
        image(s, side).save(folder / entry["file"], optimize=True)
    (folder / "samples.json").write_text(document(drawn), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
