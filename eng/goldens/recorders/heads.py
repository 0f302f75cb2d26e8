"""heads/: NLVR2 (two images and a sentence) by the authors' own text encoder, and video-text scores of the matcher.

Needs --blip-code, a checkout of salesforce/BLIP, whose models/nlvr_encoder.py runs here in float64.

nlvr.json, nlvr.safetensors     text encoder of eight layers, of which the last two merge by a matrix: inputs, hidden states, predictions, loss
nlvr.gradients.safetensors      gradients of the cross-entropy, of the parameters in GRADIENTS alone: each kind is there, and all would be 838 KB
nlvr-keys.json                  the first release's keys at full size with shapes, and the pre-training tensors that fill them
video.json                      three frames a clip: the mean of the projected frames; matching over all frames' tokens
"""
import importlib.util
import json
import re
import sys
import types

import torch
import torch.nn.functional as F
import transformers
import transformers.modeling_utils
import transformers.pytorch_utils
import transformers.utils
from safetensors.torch import save_file

from . import synthetic
from .reference import begin, build, config, ids, tiny_square

SALT, PAIRS, LAYERS = "", 4, 8
LAYER = r"text_encoder\.encoder\.layer\."
CROSS = r"crossattention\."
GRADIENTS = re.compile("|".join([
    r"vision_model\.embeddings\.(class_embedding|patch_embedding\.bias)", r"vision_model\.encoder\.layers\.0\.self_attn\.(qkv\.bias|projection\..*)",
    r"vision_model\.encoder\.layers\.[01]\.layer_norm[12]\..*", r"vision_model\.encoder\.layers\.1\.mlp\.fc[12]\.bias", r"vision_model\.post_layernorm\..*",
    r"text_encoder\.embeddings\.(position_embeddings\.weight|LayerNorm\..*)",
    LAYER + r"0\.attention\.(self\.query|output\.dense|output\.LayerNorm)\..*", LAYER + "0\\." + CROSS + r".*",
    LAYER + "7\\." + CROSS + r"self1\.query\..*", LAYER + "7\\." + CROSS + r"output\..*", LAYER + r"7\.output\..*",
    r"cls_head\..*"]))


def record(output, options):
    """Writes heads/."""
    begin(threads=1, gradients=True)
    folder = output / "heads"
    folder.mkdir(parents=True, exist_ok=True)
    record_nlvr(folder, authors_encoder(options.blip_code))
    record_keys(folder)
    with torch.no_grad():
        record_video(folder)


def authors_encoder(folder):
    """models/nlvr_encoder.py was written for transformers 4.15: what has moved since is put back."""
    moved, utils = transformers.pytorch_utils, transformers.modeling_utils
    utils.apply_chunking_to_forward = moved.apply_chunking_to_forward
    utils.prune_linear_layer = getattr(moved, "prune_linear_layer", None)
    utils.find_pruneable_heads_and_indices = getattr(moved, "find_pruneable_heads_and_indices", None)
    old = types.ModuleType("transformers.file_utils")
    old.ModelOutput = transformers.utils.ModelOutput
    sys.modules["transformers.file_utils"] = old
    spec = importlib.util.spec_from_file_location("nlvr_encoder", folder / "models" / "nlvr_encoder.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def encoder_class(code, cfg):
    """Embeddings and layers of the authors' BertModel, called as its forward does for mode="multimodal": the class itself needs an older base."""
    text = cfg.text_config
    bert = code.BertConfig(
        vocab_size=text.vocab_size, hidden_size=text.hidden_size, num_hidden_layers=LAYERS, num_attention_heads=text.num_attention_heads,
        intermediate_size=text.intermediate_size, max_position_embeddings=text.max_position_embeddings, layer_norm_eps=text.layer_norm_eps,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, pad_token_id=0)
    bert.add_cross_attention, bert.encoder_width = True, cfg.vision_config.hidden_size
    bert.chunk_size_feed_forward, bert.is_decoder = 0, False

    class Encoder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embeddings = code.BertEmbeddings(bert)
            self.encoder = torch.nn.Module()
            self.encoder.layer = torch.nn.ModuleList(code.BertLayer(bert, i) for i in range(LAYERS))

        def forward(self, tokens, mask, images):
            x = self.embeddings(input_ids=tokens, position_ids=None, inputs_embeds=None, past_key_values_length=0)
            hidden, low = [x], (1.0 - mask[:, None, None, :].to(x.dtype)) * -10000.0
            zero = [torch.zeros(i.shape[0], 1, 1, i.shape[1], dtype=x.dtype) for i in images]
            for layer in self.encoder.layer:
                x = layer(x, low, None, images, zero, None, False, mode="multimodal")[0]
                hidden.append(x)
            return hidden

    return Encoder


def record_nlvr(folder, code):
    """The small model: inputs, states, predictions, loss and gradients."""
    cfg = config(
        dict(hidden_size=48, intermediate_size=80, num_hidden_layers=2, num_attention_heads=3, image_size=30, patch_size=5, layer_norm_eps=1e-6),
        dict(hidden_size=32, intermediate_size=56, num_hidden_layers=LAYERS, num_attention_heads=4, vocab_size=131, layer_norm_eps=1e-12,
             max_position_embeddings=48, bos_token_id=129, sep_token_id=3),
        projection_dim=28, image_text_hidden_size=16)
    text, vision = cfg.text_config, cfg.vision_config
    tokens, mask = ids(cfg, PAIRS, 9, SALT, "nlvr", first=text.bos_token_id + 1, lengths=[9, 6, 8, 5])
    labels = torch.tensor([1, 0, 0, 1])
    side = vision.image_size
    pixels = torch.from_numpy(synthetic.values(f"{SALT}nlvr.pixel_values", (2 * PAIRS, 3, side, side), 0.1, 1.0))
    encoder = encoder_class(code, cfg)

    def run(dtype):
        head = torch.nn.Sequential(torch.nn.Linear(32, 32), torch.nn.ReLU(), torch.nn.Linear(32, 2))
        parts = torch.nn.ModuleDict(dict(vision_model=transformers.BlipVisionModel(vision), text_encoder=encoder(), cls_head=head))
        for key, parameter in parts.named_parameters():
            parameter.data = torch.from_numpy(synthetic.tensor(key, tuple(parameter.shape), SALT)).clone()
        parts = parts.to(dtype).eval()
        parts.requires_grad_(True)
        image = parts["vision_model"](pixels.to(dtype)).last_hidden_state
        hidden = parts["text_encoder"](tokens, mask, list(torch.split(image, PAIRS)))
        logits = parts["cls_head"](hidden[-1][:, 0])
        loss = F.cross_entropy(logits, labels)
        loss.backward()
        return parts, hidden, logits, loss

    parts, hidden, logits, loss = run(torch.float64)
    _, hidden32, logits32, loss32 = run(torch.float32)
    document = cfg.to_dict()
    document["architectures"] = ["BLIP_NLVR"]
    write(folder / "nlvr.config.json", document)
    write(folder / "nlvr.json", dict(
        salt=SALT,
        inputs=dict(
            ids=tokens.tolist(), mask=mask.tolist(), labels=labels.tolist(),
            pixel_values=f"synthetic values('{SALT}nlvr.pixel_values', [8, 3, 30, 30], 0.1, 1.0): first images of the four pairs, then second ones"),
        predictions=logits.tolist(), probability_true=F.softmax(logits, 1)[:, 1].tolist(), loss=loss.item(),
        fp32=dict(
            predictions=(logits32 - logits).abs().max().item(), loss=abs(loss32.item() - loss.item()),
            hidden=[(a - b).abs().max().item() for a, b in zip(hidden32, hidden)]),
        parameters={key: list(parameter.shape) for key, parameter in parts.named_parameters()}))
    save_file({f"lm.hidden.{i}": h.detach().float().contiguous() for i, h in enumerate(hidden)}, folder / "nlvr.safetensors")
    gradients = {key: p.grad.float().contiguous().clone() for key, p in parts.named_parameters() if GRADIENTS.fullmatch(key) and p.grad is not None}
    save_file(gradients, folder / "nlvr.gradients.safetensors")
    print("nlvr", loss.item(), len(gradients), "gradients")


def record_keys(folder):
    """The keys that a checkpoint for NLVR2 has, at full size."""
    keys, hidden = {}, 768
    for i in range(12):
        at = f"text_encoder.encoder.layer.{i}.crossattention."
        for side in ("0", "1"):
            for matrix in ("query", "key", "value"):
                for part, shape in (("weight", [hidden, hidden]), ("bias", [hidden])):
                    keys[f"{at}self{side}.{matrix}.{part}"] = {"shape": shape, "from": f"{at}self.{matrix}.{part}"}
            for part, shape in (("weight", [hidden, hidden]), ("bias", [hidden])):
                keys[f"{at}output.dense{side}.{part}"] = {"shape": shape, "from": f"{at}output.dense.{part}"}
        if i >= 6:
            for part, shape in (("weight", [hidden, 2 * hidden]), ("bias", [hidden])):
                keys[f"{at}output.merge_layer.{part}"] = dict(shape=shape, new=True)
    for key, shape in (("0.weight", [hidden, hidden]), ("0.bias", [hidden]), ("2.weight", [2, hidden]), ("2.bias", [2])):
        keys[f"cls_head.{key}"] = dict(shape=shape, new=True)
    write(folder / "nlvr-keys.json", keys, indent=0)


def record_video(folder):
    """Clips by the small matcher."""
    cfg, clips, frames = tiny_square(), 2, 3
    model = build("retrieval", cfg, SALT, torch.float64)
    text, mask = ids(cfg, 3, 8, SALT, "video", first=4, lengths=[8, 5, 6])
    pixels = torch.from_numpy(synthetic.values(f"{SALT}video.pixel_values", (clips * frames, 3, 24, 24), 0.1, 1.0)).double()
    image = model.vision_model(pixels).last_hidden_state
    vectors = F.normalize(model.vision_proj(image[:, 0]).view(clips, frames, -1).mean(1), dim=-1)
    words = F.normalize(model.text_proj(model.text_encoder(text, attention_mask=mask).last_hidden_state[:, 0]), dim=-1)
    over = text.clone()
    over[:, 0] = cfg.text_config.bos_token_id + 1
    states = image.reshape(clips, -1, image.shape[-1])
    matching = [[probability(model, over[j:j + 1, :int(mask[j].sum())], states[i:i + 1]) for j in range(3)] for i in range(clips)]
    write(folder / "video.json", dict(
        salt=SALT, model="tiny-square retrieval, synthetic", clips=clips, frames=frames,
        pixel_values=f"synthetic values('{SALT}video.pixel_values', [6, 3, 24, 24], 0.1, 1.0), frames of the first clip first",
        text=text.tolist(), mask=mask.tolist(), embeddings=vectors.tolist(), cosine=(vectors @ words.t()).tolist(), matching_with_enc=matching))


def probability(model, tokens, states):
    """How likely a text fits a clip."""
    state = model.text_encoder(tokens, encoder_hidden_states=states).last_hidden_state[:, 0]
    return F.softmax(model.itm_head(state), 1)[0, 1].item()


def write(path, document, indent=1):
    """Writes JSON."""
    path.write_text(json.dumps(document, indent=indent, default=str), encoding="utf-8")
