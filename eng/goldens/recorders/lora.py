"""lora/: LoRA adapters as the peft library saves them, on the tiny-square captioner, and what the adapted model answers.

adapter_config.json, adapter_model.safetensors: rank 4, alpha 8, on query and value of the text decoder, qkv and projection of the vision tower.
rslora/: the scale alpha / sqrt(rank), a rank pattern, and the decoder's dense layers alone.
lora.json: greedy tokens before and after, and logits, per adapter. The model runs in float64.
"""
import json

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file

from . import synthetic
from .reference import begin, build, pixels, tiny_square

PROMPTS = [[97, 20, 30], [97, 40, 50]]
CONFIGS = {
    "lora": dict(r=4, lora_alpha=8, target_modules=["query", "value", "qkv", "projection"]),
    "rslora": dict(
        r=3, lora_alpha=6, use_rslora=True, rank_pattern={"layer.1.output.dense": 5},
        target_modules=r"text_decoder\..*(intermediate|output)\.dense"),
}


def record(output, options):
    """Writes lora/."""
    begin(threads=1)
    salt, cfg, folder = "", tiny_square(), output / "lora"
    folder.mkdir(parents=True, exist_ok=True)
    x = torch.from_numpy(pixels(cfg, 2, salt)).double()
    plain = build("captioning", cfg, salt, torch.float64)
    doc = dict(
        salt=salt, model="tiny-square captioning, synthetic; pixel values as there (two images)",
        before=plain.generate(pixel_values=x, max_length=16).tolist())
    for name, config in CONFIGS.items():
        doc[name] = adapted(folder if name == "lora" else folder / name, cfg, salt, LoraConfig(**config), x)
    (folder / "lora.json").write_text(json.dumps(doc, indent=1), encoding="utf-8", newline="\n")


def adapted(folder, cfg, salt, config, x):
    """Saves an adapter with synthetic matrices, and returns what the merged model answers."""
    model = get_peft_model(build("captioning", cfg, salt, torch.float64), config)
    for key, parameter in model.named_parameters():
        if "lora_" in key:
            parameter.data = torch.from_numpy(synthetic.values(salt + key, tuple(parameter.shape), 0, 0.35)).double()
    model.save_pretrained(str(folder))
    (folder / "README.md").unlink(missing_ok=True)
    path = folder / "adapter_model.safetensors"
    save_file({key: value.float() for key, value in load_file(path).items()}, path, metadata=dict(format="pt"))
    merged = model.merge_and_unload()
    hidden = merged.vision_model(x).last_hidden_state
    logits = merged.text_decoder(torch.tensor(PROMPTS), encoder_hidden_states=hidden).logits
    return dict(
        keys=sorted(load_file(path)), tokens=merged.generate(pixel_values=x, max_length=16).tolist(), logits_of=PROMPTS,
        logits_last=logits[:, -1].tolist())
