"""capfilt.json: the filter's scores of 36 image-text pairs by the demo matcher, [ENC] (the filter's rule) or [CLS] at position 0."""
import json

import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file
from transformers import BertTokenizer, BlipConfig, BlipForImageTextRetrieval, BlipImageProcessorPil

from .reference import begin


def record(output, options):
    """Writes capfilt.json."""
    begin(threads=1)
    folder = options.weights / "retrieval"
    cfg = BlipConfig.from_pretrained(str(folder))
    model = BlipForImageTextRetrieval(cfg).eval()
    loaded = model.load_state_dict(load_file(folder / "model.safetensors"), strict=False)
    assert not loaded.unexpected_keys, loaded
    model = model.double()
    tokenizer, processor = BertTokenizer.from_pretrained(str(folder)), BlipImageProcessorPil.from_pretrained(str(folder))
    samples = json.loads((options.weights / "samples" / "samples.json").read_text(encoding="utf-8"))["samples"]
    texts = [sample["caption"] for sample in samples]
    rows = []
    for n, sample in enumerate(samples):
        opened = Image.open(options.weights / "samples" / sample["file"]).convert("RGB")
        x = processor(images=opened, return_tensors="pt").pixel_values.double()
        image = model.vision_model(x).last_hidden_state
        for text in (texts[n], texts[(n + 1) % len(texts)], texts[(n + 5) % len(texts)]):
            rows.append(dict(file=sample["file"], text=text) | scores(model, cfg, image, tokenizer(text, return_tensors="pt")))
    (output / "capfilt.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    print(len(rows), sum(row["enc"] > .5 for row in rows), sum(row["cls"] > .5 for row in rows))


def scores(model, cfg, image, encoded):
    """The probability of a match with either token at position 0, and the cosine."""
    ids, mask, row = encoded.input_ids, encoded.attention_mask, {}
    for label, first in (("enc", cfg.text_config.bos_token_id + 1), ("cls", None)):
        here = ids.clone()
        if first is not None:
            here[:, 0] = first
        state = model.text_encoder(here, attention_mask=mask, encoder_hidden_states=image).last_hidden_state
        row[label] = F.softmax(model.itm_head(state[:, 0]), -1)[0, 1].item()
    image_feature = F.normalize(model.vision_proj(image[:, 0]), dim=-1)
    state = model.text_encoder(ids, attention_mask=mask).last_hidden_state
    row["itc"] = (image_feature @ F.normalize(model.text_proj(state[:, 0]), dim=-1).t()).item()
    return row
