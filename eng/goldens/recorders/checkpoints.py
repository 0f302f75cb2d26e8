"""checkpoints/: one small captioner in every container and naming that users meet, files that must be refused, and manifests of keys.

Every valid file holds the tiny-square captioner's synthetic weights, cast to the file's type. expected.json says what each file must give:
"same" (bit-equal after the cast), "untied" (an output matrix of its own) or "error". Files that follow from tied-float32.safetensors are
not written here (derived.py).
"""
import gzip
import json

import torch
from safetensors.torch import save, save_file

from . import broken_checkpoints, synthetic
from .derived import derived
from .reference import HEADS, base, begin, build, large, tiny_square

OUTPUT_MATRIX = "text_decoder.cls.predictions.decoder."
WORDS = "text_decoder.bert.embeddings.word_embeddings.weight"

# Names of Hugging Face and those of the first release (salesforce/BLIP), in the order of replacement.
ORIGINAL_NAMES = (
    ("vision_model.encoder.layers", "visual_encoder.blocks"),
    ("self_attn.projection", "attn.proj"),
    ("self_attn", "attn"),
    ("layer_norm1", "norm1"),
    ("layer_norm2", "norm2"),
    ("vision_model.post_layernorm", "visual_encoder.norm"),
    ("vision_model.embeddings.patch_embedding", "visual_encoder.patch_embed.proj"),
    ("vision_model.embeddings.position_embedding", "visual_encoder.pos_embed"),
    ("vision_model.embeddings.class_embedding", "visual_encoder.cls_token"),
)


def original_name(key):
    """The first release's name of a key."""
    for ours, theirs in ORIGINAL_NAMES:
        key = key.replace(ours, theirs)
    return key


def manifest(head, cfg):
    """Keys and shapes as the 4.x releases saved them: the tied output matrix and the position ids are written out."""
    with torch.device("meta"):
        model = HEADS[head](cfg)
    shapes = {k: list(v.shape) for k, v in model.state_dict().items()}
    for k in list(shapes):
        if k.endswith("embeddings.word_embeddings.weight"):
            shapes[k.replace("word_embeddings.weight", "position_ids")] = [1, cfg.text_config.max_position_embeddings]
    return dict(keys=shapes, parameters=sum(p.numel() for p in model.parameters()))


def record(output, options):
    """Writes checkpoints/."""
    begin(threads=2)
    salt, folder = "", output / "checkpoints"
    folder.mkdir(parents=True, exist_ok=True)
    cfg = tiny_square()
    fields = cfg.to_dict()
    fields["architectures"] = ["BlipForConditionalGeneration"]
    (folder / "config.json").write_text(json.dumps(fields, indent=1, default=str), encoding="utf-8")
    model = build("captioning", cfg, salt, torch.float32)
    full = {k: v.clone() for k, v in model.state_dict().items()}
    tied = {k: v for k, v in full.items() if not k.startswith(OUTPUT_MATRIX)}
    expected = {}
    valid_files(folder, full, tied, salt, expected)
    broken_checkpoints.write(folder, tied, expected)
    extra = dict(tied) | {"text_decoder.surprise": torch.zeros(2)}
    derived("extra-key.safetensors", save(extra))
    valid(expected, "extra-key.safetensors", note="an unknown key: loads, with a warning that names it")
    (folder / "expected.json").write_text(json.dumps(expected, indent=1), encoding="utf-8")

    sizes = dict(base=base, large=large)
    manifests = {
        f"{size}/{head}": manifest(head, make()) for size, make in sizes.items() for head in HEADS if (size, head) != ("large", "vqa")}
    manifests["seed/model"] = manifest("model", base(2))
    (folder / "manifests.json.gz").write_bytes(gzip.compress(json.dumps(manifests, separators=(",", ":")).encode(), mtime=0))
    print({k: v["parameters"] for k, v in manifests.items()})


def valid(expected, name, outcome="same", dtype="float32", note=""):
    """Notes what a valid file must give."""
    expected[name] = dict(expect=outcome, dtype=dtype, note=note)


def valid_files(folder, full, tied, salt, expected):
    """Writes every file that must load."""
    position = {"text_decoder.bert.embeddings.position_ids": torch.arange(40).expand(1, -1).clone()}
    for dtype in (torch.float32, torch.float16, torch.bfloat16):
        tag = str(dtype)[6:]
        save_file({k: v.to(dtype) for k, v in tied.items()}, folder / f"tied-{tag}.safetensors", metadata={"format": "pt"})
        valid(expected, f"tied-{tag}.safetensors", dtype=tag)
        torch.save({k: v.to(dtype) for k, v in (full | position).items()}, folder / f"{tag}.bin")
        valid(expected, f"{tag}.bin", dtype=tag, note="tied output matrix written twice, int64 position_ids")
    derived("tied-float64.safetensors", save({k: v.double() for k, v in tied.items()}))
    valid(expected, "tied-float64.safetensors", dtype="float64")
    derived("legacy-4x.safetensors", save(full | position))
    valid(expected, "legacy-4x.safetensors", note="int64 position_ids and the tied output matrix are present")
    other, key = dict(full), OUTPUT_MATRIX + "weight"
    other[key] = torch.from_numpy(synthetic.tensor(key, tuple(full[key].shape), salt + "untied:"))
    derived("untied.safetensors", save(other))
    valid(expected, "untied.safetensors", "untied", note=f"{key} differs from the embeddings (salt '{salt}untied:') and must be used")
    torch.save(full | position, folder / "legacy-not-zip.bin", _use_new_zipfile_serialization=False)
    valid(expected, "legacy-not-zip.bin", note="the container of torch before 1.6")
    pickles(folder, full, position, expected)
    shards(folder, tied, expected)


def pickles(folder, full, position, expected):
    """Writes pickles of other forms: views, parameters, and the first release's container."""
    shared = torch.cat([full[WORDS].flatten(), torch.arange(7.)])
    linear = "vision_model.encoder.layers.0.mlp.fc1.weight"
    views = dict(full) | {WORDS: shared[:99 * 32].view(99, 32), linear: full[linear].t().contiguous().t()}
    torch.save(views, folder / "views.bin")
    valid(expected, "views.bin", note="one tensor is a view of a larger storage, one has transposed strides")
    parameters = {k: torch.nn.Parameter(v) if v.is_floating_point() else v for k, v in full.items()}
    torch.save(parameters, folder / "parameters.bin")
    valid(expected, "parameters.bin", note="values are torch.nn.Parameter")
    original = {original_name(k): v for k, v in (full | position).items()}
    settings = dict(image_size=24, vit="base", lr=1e-5, note=["x", None, True])
    torch.save(dict(model=original, epoch=5, config=settings), folder / "original.pth")
    valid(expected, "original.pth", note="names and container of the first release; the tensors are under 'model'")


def shards(folder, tied, expected):
    """Writes the checkpoint in two shards with an index."""
    (folder / "sharded").mkdir(exist_ok=True)
    half = sorted(tied)[: len(tied) // 2]
    first, second = ("model-0000%d-of-00002.safetensors" % number for number in (1, 2))
    index = dict(metadata=dict(total_size=0), weight_map={k: first if k in half else second for k in sorted(tied)})
    save_file({k: tied[k] for k in half}, folder / "sharded" / first)
    save_file({k: v for k, v in tied.items() if k not in half}, folder / "sharded" / second)
    (folder / "sharded" / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    valid(expected, "sharded")
