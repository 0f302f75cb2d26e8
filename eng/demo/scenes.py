"""The demo's scenes: one or two coloured shapes on a plain background, with captions, questions and wrong captions.

Needs nothing but Python.
A scene is a dictionary of background, relation (None for one shape) and items; an item's x, y and r are centre and radius as a share of the
image's side. The draws of the random generator are in an order that is part of the result. README.md says how this file came to be.
"""
import copy

SHAPES = ["circle", "square", "triangle", "star", "cross", "ring"]
COLORS = ["red", "green", "blue", "yellow", "purple", "orange", "white", "black"]
RADII = {"small": 0.11, "large": 0.2}
BACKGROUNDS = ["gray", "pink", "brown", "cyan"]
RELATIONS = ["left of", "right of", "above", "below"]
OPPOSITES = {"right of": "left of", "below": "above"}
SINGLE_SHARE = 0.35
MARGIN = 0.05


def radius(size, rng):
    """A radius for the word of a size."""
    return RADII[size] * rng.uniform(0.92, 1.08)


def scene(rng):
    """A random scene."""
    background = rng.choice(BACKGROUNDS)
    if rng.random() < SINGLE_SHARE:
        return dict(background=background, relation=None, items=[single(rng)])
    relation = rng.choice(RELATIONS)
    items = [placeless(rng), placeless(rng)]
    along, across = ("x", "y") if relation in ("left of", "right of") else ("y", "x")
    first_is_near = relation in ("left of", "above")
    line = rng.uniform(0.35, 0.65)
    for item, near in zip(items, (first_is_near, not first_is_near)):
        item[along] = rng.uniform(0.22, 0.30) if near else rng.uniform(0.70, 0.78)
        item[across] = line + rng.uniform(-0.06, 0.06)
    return dict(background=background, relation=relation, items=items)


def single(rng):
    """The shape of a scene with one, anywhere in the image."""
    size = rng.choice(list(RADII))
    r = radius(size, rng)
    item = dict(shape=rng.choice(SHAPES), color=rng.choice(COLORS), size=size, r=r)
    least = r + MARGIN
    for axis in ("x", "y"):
        item[axis] = rng.uniform(least, 1 - least)
    return item


def placeless(rng):
    """A shape of a scene with two, before it has its place."""
    size = rng.choice(list(RADII))
    item = dict(shape=rng.choice(SHAPES), color=rng.choice(COLORS), size=size)
    item["r"] = radius(size, rng)
    return item


def canonical(s):
    """The scene told from its left or upper shape: two true orders of words would halve a captioner's score."""
    if s["relation"] not in OPPOSITES:
        return s
    return dict(background=s["background"], relation=OPPOSITES[s["relation"]], items=s["items"][::-1])


def caption(s):
    """The sentence about a canonical scene."""
    words = [f"a {item['size']} {item['color']} {item['shape']}" for item in s["items"]]
    return f" {s['relation']} ".join(words) + f" on a {s['background']} background"


def question(s, rng):
    """A question and its answer. Colour and size are asked of a shape that is there once."""
    item = rng.choice(s["items"])
    shapes = [other["shape"] for other in s["items"]]
    kinds = ["background", "count"]
    if shapes.count(item["shape"]) == 1:
        kinds += ["color", "size", "there"]
    kind = rng.choice(kinds)
    if kind == "background":
        return "what color is the background?", s["background"]
    if kind == "count":
        return "how many shapes are there?", ("one", "two")[len(shapes) - 1]
    if kind == "color":
        return f"what color is the {item['shape']}?", item["color"]
    if kind == "size":
        return f"is the {item['shape']} small or large?", item["size"]
    asked = rng.choice(SHAPES)
    return f"is there a {asked}?", "yes" if asked in shapes else "no"


def negative(s, rng):
    """A caption that is wrong in one detail."""
    wrong = copy.deepcopy(s)
    item = rng.choice(wrong["items"])
    kind = rng.choice(["color", "shape", "background"])
    if kind == "background":
        wrong["background"] = rng.choice([b for b in BACKGROUNDS if b != wrong["background"]])
    else:
        words = COLORS if kind == "color" else SHAPES
        item[kind] = rng.choice([word for word in words if word != item[kind]])
    return caption(wrong)
