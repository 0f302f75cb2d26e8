"""models/: every head at three tiny sizes, and the full-size ones. Truth is computed in float64 and stored as float32.

Beside each tensor stands the error of the reference's own float32 run, of bfloat16 and float16 where they are asked for. A test can then
ask: not worse than twice the reference.
"""
from . import thin
from .captioning import captioning, full_size
from .reference import base, begin, large, tiny_head64, tiny_square, tiny_wide
from .understanding import model_head, retrieval, vqa

TINY = dict([("tiny-square", tiny_square), ("tiny-wide", tiny_wide), ("tiny-head64", tiny_head64)])
HEADS = dict(captioning=captioning, model=model_head, retrieval=retrieval, vqa=vqa)

# Large tensors of which every fourth column is kept.
THINNED = [
    ("base/model", ["vision.last_hidden_state", "text.last_hidden_state"]),
    ("base/captioning", ["lm.logits.first"]),
    ("large/captioning", ["vision.last_hidden_state", "lm.logits.first"]),
    *((f"{size}/{head}", ["vision.attention."]) for size in TINY for head in ("captioning", "model")),
]


def record(output, options):
    """Writes models/."""
    begin(threads=2)
    salt, folder = "", output / "models"
    for size, make in TINY.items():
        for head, record_head in HEADS.items():
            # The reference's answerer needs equal widths: the decoder's cross attention reads states of the question.
            if (size, head) != ("tiny-wide", "vqa"):
                record_head(folder / size / head, make, salt)
    model_head(folder / "base" / "model", base, salt, full=True)
    full_size(folder / "base" / "captioning", base, salt)
    retrieval(folder / "base" / "retrieval", base, salt, full=True)
    vqa(folder / "base" / "vqa", base, salt, full=True)
    full_size(folder / "large" / "captioning", large, salt, low=False)
    thin.keep_every(folder / "base" / "vqa")
    for place, names in THINNED:
        for name in names:
            thin.keep_every(folder / place, name, 4)
