#!/usr/bin/env python3
"""Times BLIP's captioner (base size, made-up weights, fp16) as others run it on the GPU, for eng/gpu.sh.

transformers, eager: as its users run it. expert: a plain PyTorch BLIP with scaled_dot_product_attention, a fixed cache and a CUDA graph per token.
Works and names are those of 'Blip.Bench models'; times are medians in milliseconds, the device waited for. The expert's logits are held against
those of transformers before anything is timed.

    gpu_peers.py --check            exit status 1, and what is missing, where something is
    gpu_peers.py [--short] --json FILE
"""
import argparse
import json
import os
import statistics
import sys
import time

TOKENS = 20
BATCHES = (1, 64)


def missing():
    """Says what is not installed; None where all is there."""
    try:
        import torch
    except ImportError:
        return "torch is not installed"
    try:
        import transformers  # noqa: F401
    except ImportError:
        return "transformers is not installed"
    return None if torch.cuda.is_available() else "torch sees no CUDA device"


def median_ms(work, rounds):
    import torch

    times = []
    for i in range(rounds + 2):
        torch.cuda.synchronize()
        began = time.perf_counter()
        work()
        torch.cuda.synchronize()
        if i >= 2:
            times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


def base_model():
    import torch
    from transformers import BlipConfig, BlipForConditionalGeneration

    torch.manual_seed(1)
    config = BlipConfig(
        text_config={"num_attention_heads": 12, "vocab_size": 30524, "hidden_size": 768, "encoder_hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12},
        vision_config={"image_size": 384, "patch_size": 16, "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12},
    )
    return BlipForConditionalGeneration(config).half().cuda().eval()


class Expert:
    """BLIP on tensors: what someone would write who knows PyTorch well."""

    def __init__(self, model, batch):
        import torch

        self.torch, self.f = torch, torch.nn.functional
        self.w = {name: tensor.detach() for name, tensor in model.state_dict().items()}
        self.text, self.vision, self.batch = model.config.text_config, model.config.vision_config, batch
        self.heads = self.text.num_attention_heads
        self.bos = self.text.bos_token_id
        hidden, layers = self.text.hidden_size, self.text.num_hidden_layers
        at = "text_decoder.bert.encoder.layer"
        for i in range(layers):
            own = f"{at}.{i}.attention.self"
            self.w[f"{own}.qkv.weight"] = torch.cat([self.w[f"{own}.{part}.weight"] for part in ("query", "key", "value")])
            self.w[f"{own}.qkv.bias"] = torch.cat([self.w[f"{own}.{part}.bias"] for part in ("query", "key", "value")])
        new = lambda *shape: torch.zeros(*shape, dtype=torch.half, device="cuda")
        self.keys, self.values = ([new(batch, self.heads, TOKENS + 1, hidden // self.heads) for _ in range(layers)] for _ in range(2))
        self.ids = torch.zeros(batch, 1, dtype=torch.long, device="cuda")
        self.position = torch.zeros(1, dtype=torch.long, device="cuda")
        self.said = torch.zeros(batch, TOKENS + 1, dtype=torch.long, device="cuda")
        self.cross = None
        self.graph = None

    def linear(self, x, name):
        return self.f.linear(x, self.w[f"{name}.weight"], self.w.get(f"{name}.bias"))

    def norm(self, x, name, eps):
        return self.f.layer_norm(x, x.shape[-1:], self.w[f"{name}.weight"], self.w[f"{name}.bias"], eps)

    def split(self, x):
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)

    def encode(self, pixels):
        at, eps = "vision_model", self.vision.layer_norm_eps
        x = self.f.conv2d(pixels, self.w[f"{at}.embeddings.patch_embedding.weight"], self.w[f"{at}.embeddings.patch_embedding.bias"], stride=self.vision.patch_size)
        x = x.flatten(2).transpose(1, 2)
        x = self.torch.cat([self.w[f"{at}.embeddings.class_embedding"].expand(x.shape[0], 1, -1), x], 1) + self.w[f"{at}.embeddings.position_embedding"]
        heads = self.vision.num_attention_heads
        for i in range(self.vision.num_hidden_layers):
            block = f"{at}.encoder.layers.{i}"
            qkv = self.linear(self.norm(x, f"{block}.layer_norm1", eps), f"{block}.self_attn.qkv")
            q, k, v = qkv.view(*x.shape[:2], 3, heads, -1).permute(2, 0, 3, 1, 4)
            attended = self.f.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
            x = x + self.linear(attended, f"{block}.self_attn.projection")
            inner = self.f.gelu(self.linear(self.norm(x, f"{block}.layer_norm2", eps), f"{block}.mlp.fc1"))
            x = x + self.linear(inner, f"{block}.mlp.fc2")
        return self.norm(x, f"{at}.post_layernorm", eps)

    def look(self, image):
        at = "text_decoder.bert.encoder.layer"
        fresh = [
            tuple(self.split(self.linear(image, f"{at}.{i}.crossattention.self.{part}")).contiguous() for part in ("key", "value"))
            for i in range(self.text.num_hidden_layers)
        ]
        if self.cross is None:
            self.cross = fresh
        else:
            # A captured graph reads where it was captured.
            for (key, value), (new_key, new_value) in zip(self.cross, fresh):
                key.copy_(new_key)
                value.copy_(new_value)

    def step(self):
        """One token of each row at self.position; logits, and the likeliest token where the next step reads it."""
        torch, eps = self.torch, self.text.layer_norm_eps
        at = "text_decoder.bert"
        x = self.f.embedding(self.ids, self.w[f"{at}.embeddings.word_embeddings.weight"])
        x = self.norm(x + self.w[f"{at}.embeddings.position_embeddings.weight"].index_select(0, self.position), f"{at}.embeddings.LayerNorm", eps)
        seen = (torch.arange(TOKENS + 1, device="cuda") <= self.position).view(1, 1, 1, -1)
        for i in range(self.text.num_hidden_layers):
            layer = f"{at}.encoder.layer.{i}"
            q, k, v = (self.split(part) for part in self.linear(x, f"{layer}.attention.self.qkv").chunk(3, -1))
            self.keys[i].index_copy_(2, self.position, k)
            self.values[i].index_copy_(2, self.position, v)
            attended = self.f.scaled_dot_product_attention(q, self.keys[i], self.values[i], attn_mask=seen).transpose(1, 2).flatten(2)
            x = self.norm(self.linear(attended, f"{layer}.attention.output.dense") + x, f"{layer}.attention.output.LayerNorm", eps)
            q = self.split(self.linear(x, f"{layer}.crossattention.self.query"))
            attended = self.f.scaled_dot_product_attention(q, *self.cross[i]).transpose(1, 2).flatten(2)
            x = self.norm(self.linear(attended, f"{layer}.crossattention.output.dense") + x, f"{layer}.crossattention.output.LayerNorm", eps)
            inner = self.f.gelu(self.linear(x, f"{layer}.intermediate.dense"))
            x = self.norm(self.linear(inner, f"{layer}.output.dense") + x, f"{layer}.output.LayerNorm", eps)
        head = "text_decoder.cls.predictions"
        x = self.norm(self.f.gelu(self.linear(x, f"{head}.transform.dense")), f"{head}.transform.LayerNorm", eps)
        logits = self.f.linear(x, self.w.get(f"{head}.decoder.weight", self.w[f"{at}.embeddings.word_embeddings.weight"]), self.w[f"{head}.bias"])
        # The stop token is forbidden, so that every caption is as long.
        logits[..., self.text.sep_token_id] = float("-inf")
        self.ids.copy_(logits.argmax(-1))
        self.position.add_(1)
        self.said.index_copy_(1, self.position, self.ids)
        return logits

    def begin(self, pixels):
        self.look(self.encode(pixels))
        self.ids.fill_(self.bos)
        self.position.zero_()

    def caption(self, pixels):
        self.begin(pixels)
        if self.graph is None:
            side = self.torch.cuda.Stream()
            with self.torch.cuda.stream(side):
                for _ in range(3):
                    self.step()
            self.torch.cuda.current_stream().wait_stream(side)
            self.graph = self.torch.cuda.CUDAGraph()
            with self.torch.cuda.graph(self.graph):
                self.step()
            self.begin(pixels)
        for _ in range(TOKENS):
            self.graph.replay()
        return self.said[:, 1:].tolist()


def measure(short, save):
    import torch

    torch.backends.cuda.matmul.allow_tf32 = False
    model, records, rounds = base_model(), [], 3 if short else 9

    def add(work, peer, run):
        with torch.inference_mode():
            records.append({"work": work, "peer": peer, "ms": median_ms(run, rounds)})
        print(f"{peer}: {work}: {records[-1]['ms']:.3f} ms", flush=True)
        # Whoever stops a long run has what is done.
        save(records)

    def images(batch):
        return torch.randn(1, 3, 384, 384, dtype=torch.half, device="cuda").expand(batch, -1, -1, -1).contiguous()

    with torch.inference_mode():
        pixels, check = images(2), Expert(model, 2)
        check.begin(pixels)
        ours = check.step().float()
        image = model.vision_model(pixel_values=pixels)[0]
        theirs = model.text_decoder(input_ids=torch.full((2, 1), check.bos, device="cuda"), encoder_hidden_states=image, return_dict=True).logits.float()
        theirs[..., model.config.text_config.sep_token_id] = float("-inf")
        finite = torch.isfinite(theirs)
        error = ((ours - theirs)[finite].norm() / theirs[finite].norm()).item()
        if not error < 2e-2:
            sys.exit(f"the expert's logits are off by {error:.2e} of those of transformers: nothing is timed")
        print(f"the expert's logits differ from those of transformers by {error:.1e}")

    transformers_name = "transformers, eager"
    for batch in (1,) if short else (1, 32):
        pixels, suffix = images(batch), "" if batch == 1 else f", batch {batch}"
        add(f"encoder{suffix}", transformers_name, lambda: model.vision_model(pixel_values=pixels))
        expert = Expert(model, batch)
        add(f"encoder{suffix}", "expert: SDPA", lambda: expert.encode(pixels))
    for batch in (1,) if short else BATCHES:
        pixels, suffix = images(batch), "" if batch == 1 else f", batch {batch}"
        for beams in (1, 3):
            name = f"caption of {TOKENS} tokens{suffix}{', 3 beams' if beams > 1 else ''}"
            add(name, transformers_name, lambda: model.generate(pixel_values=pixels, min_new_tokens=TOKENS, max_new_tokens=TOKENS, num_beams=beams, do_sample=False))
        expert = Expert(model, batch)
        add(f"caption of {TOKENS} tokens{suffix}", "expert: SDPA, CUDA graphs", lambda: expert.caption(pixels))
    if not short:
        rows = 32 * 577
        for inputs, outputs in ((768, 2304), (768, 768), (768, 3072), (3072, 768)):
            x, weight = torch.randn(rows, inputs, dtype=torch.half, device="cuda"), torch.randn(outputs, inputs, dtype=torch.half, device="cuda")
            add(f"[{rows}, {inputs} -> {outputs}]", "cuBLAS", lambda: torch.nn.functional.linear(x, weight))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--json")
    arguments = parser.parse_args()
    if (what := missing()) is not None:
        sys.exit(what)
    if arguments.check:
        return

    def save(records):
        with open(arguments.json + ".new", "w", encoding="utf-8") as file:
            json.dump(records, file, indent=1)
        os.replace(arguments.json + ".new", arguments.json)

    measure(arguments.short, save)


if __name__ == "__main__":
    main()
