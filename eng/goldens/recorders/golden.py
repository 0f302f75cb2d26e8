"""A model's golden: tensors.safetensors, golden.json and config.json in one folder. ../README.md describes the fields."""
import json

import numpy as np
import torch
from safetensors.torch import save_file

from . import reference


class Golden:
    """Collects what is recorded of one head."""

    def __init__(self, folder, head, cfg, salt, weights="synthetic"):
        self.folder, self.tensors = folder, {}
        self.doc = dict(head=head, weights=weights, salt=salt, inputs={}, tensors={}, generate=[], scalars={})
        folder.mkdir(parents=True, exist_ok=True)
        fields = cfg.to_dict()
        fields["architectures"] = [reference.HEADS[head].__name__]
        (folder / "config.json").write_text(json.dumps(fields, indent=1, default=str), encoding="utf-8")

    def ints(self, name, tensor):
        """Records an input of token ids."""
        self.doc["inputs"][name] = tensor.tolist()

    def add(self, name, truth, fp32=None, bf16=None, where=None, keep=True):
        """Records a float64 tensor. `where` is the slice to store; the statistics are of the whole tensor."""
        truth = truth.double()
        entry = dict(
            shape=list(truth.shape), mean=truth.mean().item(), rms=truth.pow(2).mean().sqrt().item(), max=truth.abs().max().item())
        for label, other in (("fp32", fp32), ("bf16", bf16)):
            if other is not None:
                difference = other.double() - truth
                entry[f"{label}_max_error"] = difference.abs().max().item()
                entry[f"{label}_rms_error"] = difference.pow(2).mean().sqrt().item()
        if keep:
            part = truth if where is None else truth[where]
            if where is not None:
                entry["stored"] = ", ".join(slice_text(s) for s in where)
            self.tensors[name] = part.float().contiguous().clone()
        self.doc["tensors"][name] = entry

    def low_precision(self, name, truth, run, build_as):
        """Adds the reference's own error in bfloat16 and float16 to an entry that is there already."""
        for label, dtype in (("bf16", torch.bfloat16), ("fp16", torch.float16)):
            difference = run(build_as(dtype), dtype).double() - truth.double()
            self.doc["tensors"][name][f"{label}_max_error"] = difference.abs().max().item()
            self.doc["tensors"][name][f"{label}_rms_error"] = difference.pow(2).mean().sqrt().item()

    def save(self):
        """Writes the files."""
        save_file(self.tensors, self.folder / "tensors.safetensors")
        (self.folder / "golden.json").write_text(json.dumps(self.doc, separators=(",", ":")), encoding="utf-8")
        print(self.folder.name, sum(t.numel() * 4 for t in self.tensors.values()) // 1024, "KiB", flush=True)


def slice_text(part):
    """A slice as one writes it."""
    if part == slice(None):
        return ":"
    return f"{part.start or ''}:{part.stop or ''}" + (f":{part.step}" if part.step else "")


def vision(golden, m64, m32, x, prefix="vision", slices=None, **options):
    """Records the vision tower: hidden states, attention maps (where all is stored), and both outputs."""
    a = m64.vision_model(x.double(), output_hidden_states=True, output_attentions=slices is None, **options)
    b = m32.vision_model(x, output_hidden_states=True, **options)
    for i, (p, q) in enumerate(zip(a.hidden_states, b.hidden_states)):
        golden.add(f"{prefix}.hidden.{i}", p, q, where=slices)
    if slices is None:
        for i, p in enumerate(a.attentions):
            golden.add(f"{prefix}.attention.{i}", p)
    golden.add(f"{prefix}.last_hidden_state", a.last_hidden_state, b.last_hidden_state, where=slices and np.s_[:, ::9])
    golden.add(f"{prefix}.pooler_output", a.pooler_output, b.pooler_output)


def trim(row, prompt, stop):
    """A row up to and including the stop token. The padding behind it is an accident of the reference: pad or stop, by method."""
    for i in range(prompt, len(row)):
        if row[i] == stop:
            return row[: i + 1]
    return row


def generate(golden, m64, m32, name, inputs, note="", keep_logits=False, **options):
    """Records a run of generate() in float64. Where float32 gives other tokens, the case is marked as near a tie."""
    if "max_length" not in options and "max_new_tokens" not in options:
        options["max_length"] = 20  # Said outright: the default changed between versions of the reference.

    def cast(value, dtype):
        if not torch.is_tensor(value):
            return value
        return value.to(dtype) if torch.is_floating_point(value) else value.clone()

    def run(model, dtype):
        arguments = {key: cast(value, dtype) for key, value in inputs.items()}
        return model.generate(**arguments, **options, return_dict_in_generate=True, output_scores=True, output_logits=True)

    a, b = run(m64, torch.float64), run(m32, torch.float32)
    same = a.sequences.tolist() == b.sequences.tolist()
    prompt = inputs["input_ids"].shape[1] - 1 if "input_ids" in inputs and golden.doc["head"] == "captioning" else 1
    stop = m64.config.text_config.sep_token_id
    case = dict(
        name=name, options=dict(options), sequences=[trim(row, prompt, stop) for row in a.sequences.tolist()], fp32_agrees=same)
    case["inputs"] = {k: v.tolist() for k, v in inputs.items() if torch.is_tensor(v) and not torch.is_floating_point(v)}
    case["interpolate_pos_encoding"] = bool(inputs.get("interpolate_pos_encoding", False))
    case["pixel_values"] = list(inputs["pixel_values"].shape)
    if note:
        case["note"] = note
    if getattr(a, "sequences_scores", None) is not None:
        case["sequences_scores"] = a.sequences_scores.tolist()
    else:
        case["min_top_gap"] = min(reference.top_gap(scores) for scores in a.scores)
    if keep_logits:
        logits32 = torch.stack(b.logits, 1) if len(a.logits) == len(b.logits) else None
        golden.add(f"{name}.logits", torch.stack(a.logits, 1), logits32)
        if "input_ids" not in inputs:
            cross_attention(golden, m64, name, inputs["pixel_values"], a.sequences)
    golden.doc["generate"].append(case)
    return case


def cross_attention(golden, m64, name, pixel_values, sequences):
    """Records each token's attention over the image, for the caption that came out."""
    image = m64.vision_model(pixel_values.double()).last_hidden_state
    out = m64.text_decoder.bert(sequences, encoder_hidden_states=image, is_decoder=True, output_attentions=True)
    for layer, attention in enumerate(out.cross_attentions):
        golden.add(f"{name}.cross_attention.{layer}", attention)
