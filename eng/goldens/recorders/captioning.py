"""The captioning head: hidden states, losses, some 40 ways to generate; and the full-size captioners."""
import time

import numpy as np
import torch

from .golden import Golden, generate, vision
from .reference import build, ids, pixels

CASES = [
    ("greedy", {}),
    ("greedy-max-length-9", dict(max_length=9)),
    ("greedy-max-new-tokens-6", dict(max_new_tokens=6)),
    ("greedy-min-length-12", dict(min_length=12)),
    ("greedy-min-new-tokens-9", dict(min_new_tokens=9, max_length=20)),
    ("greedy-repetition-penalty", dict(repetition_penalty=1.6)),
    ("greedy-no-repeat-2-gram", dict(no_repeat_ngram_size=2)),
    ("greedy-no-repeat-1-gram", dict(no_repeat_ngram_size=1)),
    ("beam-3", dict(num_beams=3)),
    ("beam-5-max-12", dict(num_beams=5, max_length=12)),
    ("beam-2-early", dict(num_beams=2, early_stopping=True)),
    ("beam-3-never", dict(num_beams=3, early_stopping="never")),
    ("beam-3-never-long", dict(num_beams=3, early_stopping="never", length_penalty=2.0)),
    ("beam-4-return-3", dict(num_beams=4, num_return_sequences=3)),
    ("beam-3-length-penalty-2", dict(num_beams=3, length_penalty=2.0)),
    ("beam-3-length-penalty-0", dict(num_beams=3, length_penalty=0.0)),
    ("beam-3-length-penalty-negative", dict(num_beams=3, length_penalty=-1.5)),
    ("beam-3-min-length-10", dict(num_beams=3, min_length=10)),
    ("beam-3-repetition-penalty", dict(num_beams=3, repetition_penalty=1.4)),
    ("beam-3-no-repeat-3-gram", dict(num_beams=3, no_repeat_ngram_size=3)),
    ("beam-8-early-everything",
     dict(num_beams=8, early_stopping=True, max_length=16, min_length=5, repetition_penalty=1.2, no_repeat_ngram_size=2,
          length_penalty=1.3, num_return_sequences=2)),
]

FULL_CASES = [
    ("beam-3", dict(num_beams=3)),
    ("beam-3-min-5-repetition", dict(num_beams=3, min_length=5, repetition_penalty=1.1)),
    ("greedy-repetition-penalty", dict(repetition_penalty=1.5)),
]


def cases_that_name_tokens(cfg, sequences):
    """Options that name tokens, taken from the greedy captions, so that they change something."""
    text = cfg.text_config
    richest = max(sequences, key=lambda row: len(set(row)))
    a = [t for t in richest if t not in (text.pad_token_id, text.bos_token_id, text.sep_token_id)]
    stop = text.sep_token_id
    return [
        ("greedy-bad-words", dict(bad_words_ids=[[a[1]], [a[2], a[3]]] if len(a) > 3 else [[a[0]]])),
        ("greedy-suppress", dict(suppress_tokens=a[:3])),
        ("greedy-begin-suppress", dict(begin_suppress_tokens=[a[0]])),
        ("greedy-forced-eos", dict(forced_eos_token_id=stop, max_length=8)),
        ("greedy-exponential-decay", dict(exponential_decay_length_penalty=(4, 1.4))),
        ("greedy-sequence-bias", dict(sequence_bias=[[[a[0]], -3.0], [[a[1], a[2]], 2.5]])),
        ("beam-3-bad-words", dict(num_beams=3, bad_words_ids=[[a[0]], [a[1], a[2]]])),
        ("beam-3-forced-eos", dict(num_beams=3, forced_eos_token_id=stop, max_length=8)),
    ]


def stop_quality(rows, token):
    """How good a stop token is: it ends many captions, at different places, none before the fifth token."""
    places = [row.index(token) for row in rows if token in row]
    return (min(places) >= 5, len(set(places)), -max(places))


def with_stop_token(make, salt, n):
    """A config whose stop token this random model likes to say, so that captions end at different lengths."""
    probe = build("captioning", make(), salt, torch.float32)
    x = torch.from_numpy(pixels(probe.config, n, salt))
    rows = probe.generate(pixel_values=x, max_length=20).tolist()
    start = probe.config.text_config.bos_token_id
    stop = max((t for t in sum(rows, []) if 4 < t < start), key=lambda t: stop_quality(rows, t))
    return make(sep_token_id=int(stop)), x


def captioning(folder, make, salt):
    """Records a tiny captioner."""
    n = 4
    cfg, x = with_stop_token(make, salt, n)
    m64, m32 = build("captioning", cfg, salt, torch.float64), build("captioning", cfg, salt, torch.float32)
    golden = Golden(folder, "captioning", cfg, salt)
    golden.tensors["pixel_values"] = x
    vision(golden, m64, m32, x)
    forward(golden, m64, m32, cfg, salt, x)
    greedy = None
    for name, options in CASES:
        case = generate(golden, m64, m32, name, dict(pixel_values=x), keep_logits=name == "greedy", **options)
        greedy = greedy or case
    for name, options in cases_that_name_tokens(cfg, greedy["sequences"]):
        generate(golden, m64, m32, name, dict(pixel_values=x), **options)
    prompts(golden, m64, m32, cfg, salt, x)
    other_sizes(golden, m64, m32, cfg, salt)
    golden.save()


def forward(golden, m64, m32, cfg, salt, x):
    """Records the decoder on given labels, and the errors of 16 bits."""
    prompt, mask = ids(cfg, x.shape[0], 7, salt, "labels", first=cfg.text_config.bos_token_id, lengths=[7, 5, 6, 3])
    golden.ints("labels.input_ids", prompt)
    golden.ints("labels.attention_mask", mask)
    inputs = dict(input_ids=prompt, attention_mask=mask, labels=prompt.masked_fill(mask == 0, -100))
    a, b = m64(pixel_values=x.double(), **inputs), m32(pixel_values=x, **inputs)
    golden.add("lm.logits", a.logits, b.logits)
    golden.add("lm.loss", a.loss, b.loss)

    def as_type(dtype):
        return build("captioning", cfg, salt, dtype)

    golden.low_precision(
        "vision.last_hidden_state", m64.vision_model(x.double()).last_hidden_state,
        lambda model, dtype: model.vision_model(x.to(dtype)).last_hidden_state, as_type)
    golden.low_precision(
        "lm.logits", a.logits,
        lambda model, dtype: model(pixel_values=x.to(dtype), input_ids=prompt, attention_mask=mask).logits, as_type)
    decoded = m64.text_decoder.bert(
        prompt, attention_mask=mask, encoder_hidden_states=a.image_embeds, is_decoder=True, output_hidden_states=True,
        output_attentions=True)
    for i, hidden in enumerate(decoded.hidden_states):
        golden.add(f"lm.hidden.{i}", hidden)
    for i, attention in enumerate(decoded.attentions):
        golden.add(f"lm.attention.{i}", attention)
    for i, attention in enumerate(decoded.cross_attentions):
        golden.add(f"lm.cross_attention.{i}", attention)


def prompts(golden, m64, m32, cfg, salt, x):
    """Records prompts. The reference overwrites position 0 with the start token and drops the last column, meant to be [SEP]."""
    n = x.shape[0]
    same, _ = ids(cfg, n, 5, salt, "prompt")
    inputs = dict(pixel_values=x, input_ids=same, attention_mask=torch.ones_like(same))
    generate(golden, m64, m32, "prompt", inputs)
    generate(golden, m64, m32, "prompt-beam-3", inputs, num_beams=3)
    for i, length in enumerate((2, 3, 5, 6)):
        row, _ = ids(cfg, 1, length, salt, f"prompt{i}")
        generate(
            golden, m64, m32, f"prompt-single-{i}",
            dict(pixel_values=x[i:i + 1], input_ids=row, attention_mask=torch.ones_like(row)),
            note="one image; a batch of prompts of different lengths must give these rows")
    ragged, mask = ids(cfg, n, 6, salt, "ragged", lengths=[6, 4, 5, 3])
    generate(
        golden, m64, m32, "prompt-ragged-hf", dict(pixel_values=x, input_ids=ragged, attention_mask=mask),
        note="HF behaviour with right padding: the last column is dropped, shorter rows keep their last token and pads")


def other_sizes(golden, m64, m32, cfg, salt):
    """Records images of other sizes, for which the positions are interpolated."""
    side, patch = cfg.vision_config.image_size, cfg.vision_config.patch_size
    for height, width in ((side + 2 * patch, side + 2 * patch), (side - patch, side + 3 * patch)):
        size = f"{height}x{width}"
        y = torch.from_numpy(pixels(cfg, 2, salt, (height, width)))
        golden.tensors[f"pixel_values.{size}"] = y
        vision(golden, m64, m32, y, prefix=f"vision.{size}", slices=np.s_[:, :4], interpolate_pos_encoding=True)
        generate(golden, m64, m32, f"interpolate-{size}", dict(pixel_values=y, interpolate_pos_encoding=True))


def full_size(folder, make, salt, low=True, steps=20):
    """Records a captioner of full size: slices, errors and captions."""
    cfg = make()
    x = torch.from_numpy(pixels(cfg, 1, salt))
    started = time.time()
    m64, m32 = build("captioning", cfg, salt, torch.float64), build("captioning", cfg, salt, torch.float32)
    golden = Golden(folder, "captioning", cfg, salt)
    golden.doc["inputs"]["pixel_values"] = dict(name=f"{salt}pixel_values", shape=list(x.shape), offset=0.1, scale=1.0)
    vision(golden, m64, m32, x, slices=np.s_[:, :3, :32])

    def as_type(dtype):
        return build("captioning", cfg, salt, dtype)

    if low:
        golden.low_precision(
            "vision.last_hidden_state", m64.vision_model(x.double()).last_hidden_state,
            lambda model, dtype: model.vision_model(x.to(dtype)).last_hidden_state, as_type)
    case = generate(golden, m64, m32, "greedy", dict(pixel_values=x), max_length=steps)
    # Logits over the whole caption: the whole decoder in one tensor.
    row = torch.tensor([case["sequences"][0]])
    image = m64.vision_model(x.double()).last_hidden_state
    a = m64.text_decoder(row, encoder_hidden_states=image, output_hidden_states=True)
    b = m32.text_decoder(row, encoder_hidden_states=m32.vision_model(x).last_hidden_state)
    golden.add("lm.logits", a.logits, b.logits, where=np.s_[:, :, ::61])
    golden.add("lm.logits.first", a.logits[:, 0], b.logits[:, 0])
    for i, hidden in enumerate(a.hidden_states):
        golden.add(f"lm.hidden.{i}", hidden, where=np.s_[:, :, :32])
    if low:
        golden.low_precision(
            "lm.logits", a.logits,
            lambda model, dtype: model.text_decoder(
                row, encoder_hidden_states=model.vision_model(x.to(dtype)).last_hidden_state).logits,
            as_type)
    for name, options in FULL_CASES:
        generate(golden, m64, m32, name, dict(pixel_values=x), **options)
    prompt = torch.tensor([[101, 1037, 3861, 1997, 102]])  # a picture of
    generate(golden, m64, m32, "prompt", dict(pixel_values=x, input_ids=prompt, attention_mask=torch.ones_like(prompt)))
    golden.save()
    print(f"{time.time() - started:.0f}s", flush=True)
