"""pretrain/: all three objectives at once, as the authors' blip_pretrain does it, on the tiny-square sizes.

One image encoder; a text encoder; a text decoder that shares the encoder's embeddings, cross-attention and feed-forward tensors and has
self-attention and a language-model head of its own; momentum copies of the image encoder, the text encoder and both projections; two
queues. Each step: clamp the temperature, update the momentum copies, compute the three losses and their unweighted sum, step, enqueue.
Dropout is off, hard negatives are given as indices, every batch has its own pixels and words. The truth is float64.

pretrain.json  settings, inputs, per step: learning rate, alpha, losses, temperature before and after; fp32: how far the same run in
               float32 is off, per parameter: gradient (rms of the difference / rms of the gradient) and update (rms of the difference of
               the changes / rms of the change)
gradients      of every parameter in step 0
after-4-steps  parameters, momentum parameters (m.*) and queues [dim, size], as the authors keep them
"""
import copy
import json

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from . import synthetic
from .reference import begin, build, canonical, ids, tiny_square

N, QUEUE, MOMENTUM, ALPHA, WARMUP, LEARNING_RATE, STEPS = 4, 12, 0.995, 0.4, 3, 1e-3, 4
LENGTHS = [[8, 6, 7, 4], [5, 8, 3, 7], [8, 8, 4, 6], [6, 7, 8, 5]]
# Of each step: the negative text of each image, and the negative image of each text.
NEGATIVES = [
    ([1, 3, 0, 2], [2, 0, 3, 1]), ([3, 2, 1, 0], [1, 0, 3, 2]), ([2, 3, 1, 0], [3, 2, 0, 1]), ([1, 0, 3, 2], [2, 3, 0, 1])]


def record(output, options):
    """Writes pretrain/."""
    begin(threads=1, gradients=True)
    salt, folder = "", output / "pretrain"
    folder.mkdir(parents=True, exist_ok=True)
    high, low = Run(salt, torch.float64), Run(salt, torch.float32)
    doc = high.doc | dict(fp32=dict(losses=[step["loss"] for step in low.doc["steps"]], parameters=fp32_error(high, low)))
    save_file(plain(high.gradients), folder / "pretrain.gradients.safetensors")
    save_file(plain(high.after() | high.queues), folder / f"pretrain.after-{STEPS}-steps.safetensors")
    (folder / "pretrain.json").write_text(json.dumps(doc, separators=(",", ":")), encoding="utf-8", newline="\n")
    print([step["loss"] for step in doc["steps"]])


def plain(tensors):
    """Tensors as the files hold them: float32, a scalar as a vector of one."""
    return {k: v.float().contiguous().clone().reshape(v.shape or (1,)) for k, v in tensors.items()}


def fp32_error(high, low):
    """How far the float32 run is from the float64 run, per parameter."""

    def rms(values):
        return values.double().pow(2).mean().sqrt().item()

    after, after32, errors = high.after(), low.after(), {}
    for key, gradient in high.gradients.items():
        change, change32 = after[key] - high.start[key], after32[key].double() - low.start[key].double()
        errors[key] = dict(
            gradient=rms(low.gradients[key].double() - gradient) / (rms(gradient) or 1), gradient_rms=rms(gradient),
            update=rms(change32 - change) / (rms(change) or 1))
    return errors


def tie(decoder, encoder):
    """The decoder takes the encoder's tensors, self-attention (with its output and norm) aside."""
    for name, module in list(decoder.named_modules()):
        for key, _ in list(module.named_parameters(recurse=False)):
            path = f"{name}.{key}" if name else key
            if ".attention." in path:
                continue
            owner = encoder
            try:
                for part in name.split(".") if name else []:
                    owner = getattr(owner, part)
                setattr(module, key, getattr(owner, key))
            except AttributeError:
                pass  # The encoder has none: the decoder keeps its own.


class Run:
    """A run of all steps in one precision. `doc`: settings and what each step gave; `start` and `gradients`: those of step 0."""

    def __init__(self, salt, dtype):
        self.salt, self.dtype, self.cfg = salt, dtype, tiny_square()
        self.pair = build("retrieval", self.cfg, salt, dtype)
        self.decoder = build("captioning", self.cfg, salt, dtype).text_decoder
        tie(self.decoder.bert, self.pair.text_encoder)
        self.decoder.cls.predictions.decoder.weight = self.pair.text_encoder.embeddings.word_embeddings.weight
        self.temperature = torch.nn.Parameter(torch.tensor(0.07, dtype=dtype))
        self.parameters = self.trained()
        self.start = {k: p.detach().clone() for k, p in self.parameters.items()}
        self.gradients = {}
        self.moving = {k: getattr(self.pair, k) for k in ("vision_model", "text_encoder", "vision_proj", "text_proj")}
        self.slow = {k: copy.deepcopy(m).requires_grad_(False) for k, m in self.moving.items()}
        self.queues, self.pointer = {name: self.queue(name) for name in ("image_queue", "text_queue")}, 0
        self.optimizer = torch.optim.AdamW(
            list(self.parameters.values()), lr=LEARNING_RATE, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.05)
        self.doc = self.settings()
        for step in range(STEPS):
            self.doc["steps"].append(self.step(step))
        self.doc["shared"] = sorted(k for k in self.parameters if k.startswith("text_encoder.") and ".attention." not in k)
        self.doc["queue_pointer_after"] = self.pointer

    def trained(self):
        """Every parameter once, by the name that a checkpoint keeps."""
        parts = {k: getattr(self.pair, k) for k in ("vision_model", "text_encoder", "vision_proj", "text_proj", "itm_head")}
        parameters = {"temp": self.temperature}
        for prefix, module in (parts | dict(text_decoder=self.decoder)).items():
            for key, parameter in module.named_parameters():
                if all(parameter is not other for other in parameters.values()):
                    parameters[canonical(f"{prefix}.{key}")] = parameter
        for parameter in parameters.values():
            parameter.requires_grad_(True)
        return parameters

    def queue(self, name):
        """A queue [dim, size] of synthetic vectors of length one."""
        shape = (self.cfg.image_text_hidden_size, QUEUE)
        return F.normalize(torch.from_numpy(synthetic.values(self.salt + name, shape, 0, 1)).to(self.dtype), dim=0)

    def settings(self):
        """The document without its steps."""
        return dict(
            salt=self.salt, config="tiny_square", batch=N, queue_size=QUEUE, momentum=MOMENTUM, alpha=ALPHA, label_smoothing=0.1,
            weight_decay=dict(value=0.05, on="all parameters, the temperature too"), adamw=dict(betas=[0.9, 0.999], eps=1e-8),
            schedule="warm-up: min(lr, 1e-6 + (lr - 1e-6) * step / 3)", learning_rate=LEARNING_RATE, steps_per_epoch=len(NEGATIVES),
            alpha_rule="alpha * min(1, (epoch * steps_per_epoch + step) / (2 * steps_per_epoch))", temperature=0.07, clamp=[0.001, 0.5],
            pixels="synthetic values('{salt}pixel_values.{step}', [4, 3, S, S], 0.1, 1.0)",
            queues="synthetic values('{salt}image_queue' and '{salt}text_queue', [dim, size], 0, 1), then each column L2-normalised",
            steps=[])

    def after(self):
        """Parameters and momentum parameters as they are."""
        slow = {f"m.{k}.{name}": p.detach() for k, m in self.slow.items() for name, p in m.named_parameters()}
        return {k: p.detach() for k, p in self.parameters.items()} | slow

    def step(self, step):
        """Runs a step, and returns what the document says of it."""
        side = self.cfg.vision_config.image_size
        x = torch.from_numpy(synthetic.values(f"{self.salt}pixel_values.{step}", (N, 3, side, side), 0.1, 1.0)).to(self.dtype)
        text, mask = ids(self.cfg, N, 8, self.salt, f"pretrain.{step}", first=4, lengths=LENGTHS[step % 4])
        negative_text, negative_image = NEGATIVES[step % len(NEGATIVES)]
        rate = min(LEARNING_RATE, 1e-6 + (LEARNING_RATE - 1e-6) * step / WARMUP)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        alpha = ALPHA * min(1, step / (2 * len(NEGATIVES)))
        self.optimizer.zero_grad()
        self.follow()
        before = self.temperature.item()
        image, ita, im, wm = self.contrast(x, text, mask, alpha)
        itm = self.matching(image, text, mask, negative_text, negative_image)
        lm = self.language(image, text, mask)
        loss = ita + itm + lm
        loss.backward()
        if step == 0:
            self.gradients = {k: p.grad.detach().clone() for k, p in self.parameters.items()}
        self.optimizer.step()
        self.enqueue(im, wm)
        return dict(
            learning_rate=rate, alpha=alpha, text=text.tolist(), mask=mask.tolist(), negative_text_of_image=negative_text,
            negative_image_of_text=negative_image, loss_ita=ita.item(), loss_itm=itm.item(), loss_lm=lm.item(), loss=loss.item(),
            temperature_before=before, temperature_after=self.temperature.item())

    def follow(self):
        """Clamps the temperature, and moves the momentum copies."""
        with torch.no_grad():
            self.temperature.clamp_(0.001, 0.5)
            for k, m in self.moving.items():
                for p, q in zip(m.parameters(), self.slow[k].parameters()):
                    q.mul_(MOMENTUM).add_(p, alpha=1 - MOMENTUM)

    def contrast(self, x, text, mask, alpha):
        """Image states, the contrast's loss, and the momentum features of images and texts."""

        def features(parts):
            states = parts["vision_model"](x).last_hidden_state
            return states, F.normalize(parts["vision_proj"](states[:, 0]), dim=-1)

        def words(parts):
            return F.normalize(parts["text_proj"](parts["text_encoder"](text, attention_mask=mask).last_hidden_state[:, 0]), dim=-1)

        def cross(rows, columns, targets):
            return (F.log_softmax(rows @ columns / self.temperature, 1) * targets).sum(1).mean()

        image, i = features(self.moving)
        w = words(self.moving)
        with torch.no_grad():
            _, im = features(self.slow)
            wm = words(self.slow)
            all_i = torch.cat([im.t(), self.queues["image_queue"]], 1)
            all_w = torch.cat([wm.t(), self.queues["text_queue"]], 1)
            eye = torch.zeros(N, N + QUEUE, dtype=self.dtype)
            eye.fill_diagonal_(1)
            to_text = alpha * F.softmax(im @ all_w / self.temperature, 1) + (1 - alpha) * eye
            to_image = alpha * F.softmax(wm @ all_i / self.temperature, 1) + (1 - alpha) * eye
        return image, (-cross(i, all_w, to_text) - cross(w, all_i, to_image)) / 2, im, wm

    def matching(self, image, text, mask, negative_text, negative_image):
        """The loss of matching."""
        encoded = text.clone()
        encoded[:, 0] = self.cfg.text_config.bos_token_id + 1

        def match(tokens, kept, states):
            out = self.pair.text_encoder(tokens, attention_mask=kept, encoder_hidden_states=states)
            return self.pair.itm_head(out.last_hidden_state[:, 0])

        logits = torch.cat([
            match(encoded, mask, image), match(encoded, mask, image[negative_image]),
            match(encoded[negative_text], mask[negative_text], image)])
        return F.cross_entropy(logits, torch.tensor([1] * N + [0] * 2 * N))

    def language(self, image, text, mask):
        """The loss of the next word."""
        prompted = text.clone()
        prompted[:, 0] = self.cfg.text_config.bos_token_id
        logits = self.decoder(prompted, attention_mask=mask, encoder_hidden_states=image).logits[:, :-1]
        labels = prompted.masked_fill(mask == 0, -100)[:, 1:]
        return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), labels.reshape(-1), label_smoothing=0.1)

    def enqueue(self, im, wm):
        """Puts the momentum features into the queues."""
        with torch.no_grad():
            at = slice(self.pointer, self.pointer + N)
            self.queues["image_queue"][:, at], self.queues["text_queue"][:, at] = im.t(), wm.t()
            self.pointer = (self.pointer + N) % QUEUE
