#!/usr/bin/env python3
"""Writes the drawings of docs/architecture.md: eng/drawings/draw.py [--check]

--check compares the files with what would be written, and writes nothing. Needs Python 3.9 alone.
"""

import sys
from pathlib import Path
from xml.sax.saxutils import escape

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "drawings"
INK, LINE, PAPER = "#1f2933", "#52606d", "#ffffff"
BLUE, GREEN, AMBER, PINK, GREY = "#dbeafe", "#dcfce7", "#fef3c7", "#fce7f3", "#f1f5f9"


class Drawing:
    """Boxes, arrows and words on white paper."""

    def __init__(self, width, height, title):
        self.width, self.height, self.title, self.parts = width, height, title, []

    def box(self, x, y, w, h, lines=(), fill=GREY, size=14, dashed=False):
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        self.parts.append(f'<rect x="{x}" y="{y}" width="{w}" height="{h}" fill="{fill}"{dash}/>')
        lines = [lines] if isinstance(lines, str) else list(lines)
        top = y + h / 2 - (len(lines) - 1) * (size + 4) / 2 + size * 0.35
        for number, line in enumerate(lines):
            self.text(x + w / 2, top + number * (size + 4), line, size if number == 0 else size - 2, "middle", bold=number == 0)

    def text(self, x, y, words, size=13, anchor="start", bold=False, colour=INK):
        style = [name for name, wanted in [("b", bold), ("m", anchor == "middle"), ("l", colour == LINE)] if wanted]
        kind = f' class="{" ".join(style)}"' if style else ""
        self.parts.append(f'<text x="{x:g}" y="{y:g}" font-size="{size}"{kind}>{escape(words)}</text>')

    def arrow(self, *points, words="", at=None):
        path = " ".join(f"{x},{y}" for x, y in points)
        self.parts.append(f'<polyline points="{path}"/>')
        if words:
            (x0, y0), (x1, y1) = points[0], points[1]
            x, y = at or ((x0 + x1) / 2, (y0 + y1) / 2 - 6)
            self.text(x, y, words, 12, "middle", colour=LINE)

    def svg(self):
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" width="{self.width}" height="{self.height}"'
            f' font-family="Segoe UI, Helvetica, Arial, sans-serif" role="img"><title>{escape(self.title)}</title>'
            f'<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
            f'<path d="M0,0 L8,4 L0,8 z" fill="{LINE}"/></marker></defs><style>rect{{rx:6px;stroke:{LINE}}}text{{fill:{INK}}}'
            f'.b{{font-weight:600}}.m{{text-anchor:middle}}.l{{fill:{LINE}}}polyline{{fill:none;stroke:{LINE};stroke-width:1.6;marker-end:url(#tip)}}</style>'
            f'<path d="M0,0h{self.width}v{self.height}H0z" fill="{PAPER}"/>'
        )
        return "\n".join([head, *self.parts, "</svg>", ""])


def layers():
    d = Drawing(960, 506, "The layers: programs on pipelines, pipelines on graphs, graphs on kernels, kernels on devices")
    rows = [
        ("Programs", BLUE, [("Blip.Cli", "blip …"), ("Blip.Server", "HTTP, the page"), ("Blip.Extensions.AI", "IChatClient"), ("Blip.Bootstrapping", "CapFilt"), ("Blip.Training", "fine-tuning")]),
        ("Pipelines", GREEN, [("Captioner", ""), ("Matcher", ""), ("QuestionAnswerer", ""), ("Embedder", ""), ("Retriever", "")]),
        ("Runtime", AMBER, [("Imaging", "file → pixels"), ("Tokenization", "words ↔ ids"), ("Generation", "greedy, beams"), ("Models", "towers, heads"), ("Checkpoints", "weights")]),
        ("Graph", PINK, [("GraphBuilder", "records"), ("Passes", "rewrite"), ("Executor", "sizes, memory"), ("Plan", "runs"), ("ReverseMode", "gradients")]),
        ("Kernels", BLUE, [("Gemm", "linear layers"), ("Attention", ""), ("Normalization", ""), ("Sampling", "logits → token"), ("Resampling", "resize")]),
        ("Devices", GREY, [("CPU", "SIMD, 128–512 bits"), ("OpenCL", "portable kernels"), ("CUDA", "tensor cores")]),
    ]
    for index, (name, colour, boxes) in enumerate(rows):
        y = 20 + index * 82
        d.text(14, y + 34, name, 15, bold=True)
        width = (830 - 10 * (len(boxes) - 1)) / len(boxes)
        for number, (title, note) in enumerate(boxes):
            d.box(round(116 + number * (width + 10)), y, round(width), 56, [title, note] if note else [title], colour)
        if index:
            d.arrow((530, y - 26), (530, y - 2))
    return d


def gemm_stage():
    d = Drawing(960, 470, "One step of the tensor core GEMM: a ring of stages in shared memory between global memory and the warps' registers")
    d.text(20, 28, "Y[rows, out] = X[rows, in] · Wᵀ: one group of 8 warps computes 128 rows of two panels of Y", 15, bold=True)
    d.text(20, 72, "global memory", 13, bold=True)
    d.box(20, 84, 150, 110, ["X", "128 rows × 32 k", "fp32 or 16 bits"], BLUE)
    d.box(20, 236, 150, 110, ["W, packed", "2 panels × 32 k", "16 or 8 bits"], AMBER)
    d.text(390, 72, "shared memory: a ring of three or six stages", 13, bold=True)
    for stage in range(3):
        x = 390 + stage * 116
        d.box(x, 84, 106, 110, [f"stage {stage}", "X, 16 bits", "swizzled"], BLUE)
        d.box(x, 236, 106, 110, [f"stage {stage}", "W, 16 bits", "swizzled"], AMBER)
    d.text(780, 72, "registers", 13, bold=True)
    d.box(780, 84, 160, 110, ["fragments", "matrix loads of", "8 × 16 bytes"], GREEN)
    d.box(780, 236, 160, 110, ["sums, fp32", "tensor cores add", "X · W of 32 k"], PINK)
    d.arrow((170, 120), (388, 120), words="16 bits: cp.async")
    d.arrow((170, 168), (388, 168), words="fp32: through registers, rounded")
    d.arrow((170, 272), (388, 272), words="16 bits: cp.async")
    d.arrow((170, 320), (388, 320), words="8 bits: through registers, widened")
    d.arrow((732, 139), (778, 139))
    d.arrow((732, 290), (755, 290), (755, 170), (778, 170))
    d.arrow((860, 196), (860, 234))
    for number, words in enumerate(["wait for stage s", "barrier", "copy stage s + n − 1", "load fragments of s", "multiply, add"]):
        d.box(20 + number * 187, 376, 172, 34, [words], GREY, 13)
        if number:
            d.arrow((6 + number * 187, 393), (18 + number * 187, 393))
    d.text(20, 432, "After the last k the epilogue adds bias and residual, applies the activation, and writes Y through shared memory, 64 rows at a time.", 13)
    d.text(20, 454, "The order of additions follows from k alone, so a row has the same bits in any batch.", 13)
    return d


def beams():
    d = Drawing(960, 440, "The cache with beams: keys stay where they were written, and a table says which row holds each position of each beam")
    d.text(20, 28, "Keys of one layer, [cache rows, capacity, hidden]: never moved", 15, bold=True)
    words = [["a", "large", "white", "ring"], ["", "small", "red", "star"], ["", "big", "green", "ring"]]
    for row, line in enumerate(words):
        d.text(20, 73 + row * 44, f"row {row}", 13)
        for place, word in enumerate(line):
            used = bool(word)
            d.box(80 + place * 92, 50 + row * 44, 84, 36, [word] if used else [], [BLUE, GREEN, AMBER][row] if used else PAPER, dashed=not used)
    d.text(80, 204, "The prompt runs once, into the first row.", 13)
    d.text(590, 28, "Keys and values of the image", 15, bold=True)
    d.box(590, 50, 350, 60, ["[1, image tokens, 2 · hidden]", "for each layer, one copy for all beams of the image"], PINK)
    d.text(590, 148, "A beam that ends or loses takes no memory with it:", 13)
    d.text(590, 168, "its table row is overwritten, and its cache row is reused.", 13)
    d.text(20, 252, "Table [rows, capacity]: which cache row holds each position of each beam", 15, bold=True)
    table = [("beam 0: a large white ring", [0, 0, 0, 0], ""), ("beam 1: a large red star", [0, 0, 1, 1], "came from beam 0 at position 2"), ("beam 2: a small green ring", [0, 1, 2, 2], "came from beam 1 at position 2")]
    for row, (name, places, note) in enumerate(table):
        y = 274 + row * 44
        d.text(20, y + 23, name, 13)
        for place, number in enumerate(places):
            d.box(220 + place * 60, y, 52, 36, [str(number)], [BLUE, GREEN, AMBER][number])
        d.text(480, y + 23, note, 13, colour=LINE)
    d.text(20, 428, "Reordering beams rewrites this table, some hundred integers, instead of copying megabytes of keys for each token.", 13)
    return d


def training():
    d = Drawing(860, 470, "The data flow of a training step")
    top = [("shards", "tars, folders, lists", GREY), ("TrainingLoader", "fixed order", GREY), ("augmentation", "crop, flip, two operations", GREEN), ("batch", "pixels and token ids", BLUE)]
    for number, (name, note, colour) in enumerate(top):
        d.box(20 + number * 214, 20, 178, 58, [name, note], colour)
        if number:
            d.arrow((198 + (number - 1) * 214, 49), (232 + (number - 1) * 214, 49))
    d.box(20, 140, 240, 64, ["forward", "the model's graph, as for inference"], AMBER)
    d.box(310, 140, 240, 64, ["losses", "LM, ITC, ITM"], AMBER)
    d.box(600, 140, 240, 64, ["backward", "ReverseMode walks the graph"], AMBER)
    d.arrow((751, 78), (751, 108), (140, 108), (140, 138))
    d.arrow((260, 172), (308, 172))
    d.arrow((550, 172), (598, 172))
    d.box(600, 262, 240, 64, ["gradients", "fp32, added sample by sample"], PINK)
    d.box(310, 262, 240, 64, ["clip, AdamW", "learning rate of the schedule"], PINK)
    d.box(20, 262, 240, 64, ["weights", "fp32; 16-bit copies for products"], BLUE)
    d.arrow((720, 204), (720, 260))
    d.arrow((598, 294), (552, 294))
    d.arrow((308, 294), (262, 294))
    d.arrow((140, 260), (140, 206), words="next step", at=(174, 238))
    d.box(20, 384, 240, 64, ["momentum copies, queues", "targets of ITC"], GREEN, dashed=True)
    d.box(310, 384, 240, 64, ["checkpoint", "model folder and training state"], GREY)
    d.box(600, 384, 240, 64, ["metrics.jsonl, curves", "scores on held-out data"], GREY)
    d.arrow((140, 326), (140, 382))
    d.arrow((200, 326), (200, 356), (430, 356), (430, 382))
    d.arrow((550, 416), (598, 416))
    return d


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit(__doc__)
    stale = []
    for name, drawing in [("layers", layers()), ("gemm-stage", gemm_stage()), ("beams", beams()), ("training", training())]:
        path = FOLDER / f"{name}.svg"
        if check:
            if not path.exists() or path.read_text(encoding="utf-8") != drawing.svg():
                stale.append(path.name)
        else:
            path.write_text(drawing.svg(), encoding="utf-8")
    if stale:
        sys.exit(f"not current: {', '.join(stale)}; run eng/drawings/draw.py")


main()
