"""models/base/photos.json: captions of two photographs by the base-size model with synthetic weights: file to words, the whole way.

Needs bert-base-uncased's vocab.txt for the words; the tokens do not depend on it. The photographs are those of images/.
"""
import json

import torch
from PIL import Image
from transformers import BertTokenizer, BlipImageProcessorPil

from .reference import base, begin, build, top_gap

FILES = ("photo-420.jpg", "photo-444.jpg")


def record(output, options):
    """Writes models/base/photos.json."""
    begin(threads=2)
    tokenizer, processor = BertTokenizer.from_pretrained(str(options.bert_vocab.parent)), BlipImageProcessorPil()
    cfg = base()
    m64, m32 = (build("captioning", cfg, "", dtype) for dtype in (torch.float64, torch.float32))
    rows = []
    for file in FILES:
        image = Image.open(options.goldens / "images" / file).convert("RGB")
        x = processor(images=image, return_tensors="pt").pixel_values
        entry = dict(file=file)
        for label, settings in (("greedy", {}), ("beam-3", dict(num_beams=3))):
            a, b = (
                model.generate(pixel_values=y, max_length=20, return_dict_in_generate=True, output_scores=True, **settings)
                for model, y in ((m64, x.double()), (m32, x)))
            entry[label] = dict(
                tokens=a.sequences[0].tolist(), words=tokenizer.decode(a.sequences[0], skip_special_tokens=True),
                fp32_agrees=a.sequences.tolist() == b.sequences.tolist())
            if settings:
                entry[label]["score"] = a.sequences_scores[0].item()
            else:
                entry[label]["min_top_gap"] = min(top_gap(scores) for scores in a.scores)
        rows.append(entry)
    document = dict(max_length=20, note="words need bert-base-uncased's vocabulary; the tokens do not", answers=rows)
    path = output / "models" / "base" / "photos.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")
