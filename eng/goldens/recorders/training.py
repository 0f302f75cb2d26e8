"""training/: losses, gradients of every parameter, and three steps of AdamW, on the tiny-square model.

lm         cross entropy of the next word, label smoothing 0.1, prompt positions left out
itc_itm    image-text contrast with momentum features, a queue and soft targets, and matching with one hard negative text per image and
           one hard negative image per text (Li et al. 2022, arXiv 2201.12086, section 3.2; ALBEF, arXiv 2107.07651, eq. 6)
retrieval  both again with targets and negatives by image id, as the authors fine-tune for retrieval
vqa        cross entropy of each answer's words, summed, weighed, divided by the images; no label smoothing
Hard negatives are given as indices, so that no random draw stands between two implementations. The truth is float64; `fp32` says how far
the same run in float32 is from it.
"""
import json
import tempfile
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

from . import synthetic
from .reference import begin, build, canonical, ids, pixels, tiny_square

N, QUEUE, ALPHA, TEMPERATURE = 4, 6, 0.4, 0.07
STEPS, LEARNING_RATE = 3, 1e-3
HEADS = dict(lm="captioning", itc_itm="retrieval", retrieval="retrieval", vqa="vqa")
FP32 = (
    "the same run in float32: per parameter, gradient = rms of the difference / rms of the gradient, update = rms of the difference of "
    "the changes / rms of the change; key biases have no gradient in exact arithmetic (softmax does not see them): not to be compared")
FEATURES = (
    "synthetic values(name, shape, 0, 1) then L2-normalised: image_queue, text_queue [6, dim]; momentum_image, momentum_text [4, dim]")
BY_ID = (
    "the authors' fine-tuning for retrieval: features, queue and matching as in itc_itm, but the hard target of a row is spread evenly "
    "over all columns with its image id (batch, then queue; -100 is an empty place); negatives never share the id")


def record(output, options):
    """Writes training/."""
    begin(threads=1, gradients=True)
    salt, folder = "", output / "training"
    doc = run(folder, salt, torch.float64)
    with tempfile.TemporaryDirectory() as low:
        run(Path(low), salt, torch.float32)
        doc["fp32"] = dict(note=FP32) | {name: fp32_error(folder, Path(low), name, salt) for name in HEADS}
    (folder / "training.json").write_text(json.dumps(doc, separators=(",", ":")), encoding="utf-8", newline="\n")
    print({name: doc[name]["losses"] for name in HEADS})


def run(folder, salt, dtype):
    """Writes the tensors of every objective, and returns the document."""
    folder.mkdir(parents=True, exist_ok=True)
    cfg = tiny_square()
    doc = dict(salt=salt, config="tiny_square", inputs={})
    x = torch.from_numpy(pixels(cfg, N, salt)).to(dtype)
    text, mask = ids(cfg, N, 8, salt, "train", first=4, lengths=[8, 6, 7, 4])
    doc["inputs"] = dict(text=text.tolist(), mask=mask.tolist(), prompt_length=2, pixel_values=list(x.shape))
    batch = (x, text, mask)
    captions(folder, doc, cfg, salt, dtype, *batch)
    contrast(folder, doc, cfg, salt, dtype, *batch)
    answers(folder, doc, cfg, salt, dtype, *batch)
    return doc


def train(folder, name, model, loss_of, doc):
    """Writes gradients at the start and the parameters after AdamW's steps, with weight decay on matrices alone; notes the losses."""
    params = {}
    for key, parameter in model.named_parameters():
        if all(parameter is not other for other in params.values()):
            params[canonical(key)] = parameter
    for parameter in params.values():
        parameter.requires_grad_(True)
    matrices = [p for p in params.values() if p.dim() > 1]
    vectors = [p for p in params.values() if p.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [dict(params=matrices, weight_decay=0.05), dict(params=vectors, weight_decay=0.0)], lr=LEARNING_RATE, betas=(0.9, 0.999), eps=1e-8)
    losses = []
    for step in range(STEPS + 1):
        optimizer.zero_grad()
        loss, parts = loss_of()
        loss.backward()
        losses.append(dict(loss=loss.item(), **{key: value.item() for key, value in parts.items()}))
        if step == 0:
            gradients = {k: p.grad.float().contiguous().clone() for k, p in params.items() if p.grad is not None}
            save_file(gradients, folder / f"{name}.gradients.safetensors")
        if step < STEPS:
            optimizer.step()
    after = {k: p.detach().float().contiguous().clone() for k, p in params.items()}
    save_file(after, folder / f"{name}.after-{STEPS}-steps.safetensors")
    doc[name] = doc.get(name, {}) | dict(losses=losses, steps=STEPS, lr=LEARNING_RATE)


def captions(folder, doc, cfg, salt, dtype, x, text, mask):
    """The captioner's loss."""
    model = build("captioning", cfg, salt, dtype)
    prompted = text.clone()
    prompted[:, 0] = cfg.text_config.bos_token_id
    labels = prompted.masked_fill(mask == 0, -100)
    labels[:, :2] = -100

    def loss_of():
        image = model.vision_model(x).last_hidden_state
        logits = model.text_decoder(prompted, attention_mask=mask, encoder_hidden_states=image).logits[:, :-1]
        return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), labels[:, 1:].reshape(-1), label_smoothing=0.1), {}

    train(folder, "lm", model, loss_of, doc)


def contrast(folder, doc, cfg, salt, dtype, x, text, mask):
    """Contrast and matching: first each image with its own text alone, then by image id."""
    dim = cfg.image_text_hidden_size

    def features(name, rows):
        return F.normalize(torch.from_numpy(synthetic.values(salt + name, (rows, dim), 0, 1)).to(dtype), dim=-1)

    slow = dict(
        q_image=features("image_queue", QUEUE), q_text=features("text_queue", QUEUE),
        m_image=features("momentum_image", N), m_text=features("momentum_text", N))
    settings = dict(queue=QUEUE, alpha=ALPHA, temperature=TEMPERATURE)
    eye = torch.zeros(N, N + QUEUE, dtype=dtype)
    eye.fill_diagonal_(1)
    negative_text, negative_image = [1, 3, 0, 2], [2, 0, 3, 1]
    doc["itc_itm"] = settings | dict(
        negative_text_of_image=negative_text, negative_image_of_text=negative_image, features=FEATURES)
    pairs(folder, "itc_itm", doc, cfg, salt, dtype, (x, text, mask), slow, eye, negative_text, negative_image)

    keys, queue_keys = torch.tensor([7, 9, 7, 4]), torch.tensor([-100, 9, 4, -100, 7, -100])
    same = (keys[:, None] == torch.cat([keys, queue_keys])[None]).to(dtype)
    same = same / same.sum(1, keepdim=True)
    negative_text, negative_image = [1, 3, 1, 0], [3, 0, 1, 2]
    doc["retrieval"] = dict(
        ids=keys.tolist(), queue_ids=queue_keys.tolist(), negative_text_of_image=negative_text,
        negative_image_of_text=negative_image) | settings | dict(rule=BY_ID)
    pairs(folder, "retrieval", doc, cfg, salt, dtype, (x, text, mask), slow, same, negative_text, negative_image)


def pairs(folder, name, doc, cfg, salt, dtype, batch, slow, hard, negative_text, negative_image):
    """Contrast against `hard` targets softened by the momentum features, and matching with the given negatives."""
    x, text, mask = batch
    model = build("retrieval", cfg, salt, dtype)
    encoded = text.clone()
    encoded[:, 0] = cfg.text_config.bos_token_id + 1

    def match(tokens, kept, image):
        return model.itm_head(model.text_encoder(tokens, attention_mask=kept, encoder_hidden_states=image).last_hidden_state[:, 0])

    def soft(features, columns):
        return ALPHA * F.softmax(features @ columns.t() / TEMPERATURE, 1) + (1 - ALPHA) * hard

    def cross(features, columns, targets):
        return (F.log_softmax(features @ columns.t() / TEMPERATURE, 1) * targets).sum(1).mean()

    def loss_of():
        image = model.vision_model(x).last_hidden_state
        i = F.normalize(model.vision_proj(image[:, 0]), dim=-1)
        t = F.normalize(model.text_proj(model.text_encoder(text, attention_mask=mask).last_hidden_state[:, 0]), dim=-1)
        all_i, all_t = torch.cat([slow["m_image"], slow["q_image"]]), torch.cat([slow["m_text"], slow["q_text"]])
        itc = (-cross(i, all_t, soft(slow["m_image"], all_t)) - cross(t, all_i, soft(slow["m_text"], all_i))) / 2
        logits = torch.cat([
            match(encoded, mask, image), match(encoded, mask, image[negative_image]),
            match(encoded[negative_text], mask[negative_text], image)])
        itm = F.cross_entropy(logits, torch.tensor([1] * N + [0] * 2 * N))
        return itc + itm, dict(itc=itc, itm=itm)

    train(folder, name, model, loss_of, doc)


def answers(folder, doc, cfg, salt, dtype, x, text, mask):
    """The answerer's loss: one question at a time, so that no padding is attended."""
    model = build("vqa", cfg, salt, dtype)
    question = text.clone()
    question[:, 0] = cfg.text_config.bos_token_id + 1
    answer, kept = ids(cfg, N, 4, salt, "train_answer", first=cfg.text_config.bos_token_id, lengths=[4, 3, 4, 2])
    weights = torch.tensor([1.0, 0.5, 0.25, 1.0], dtype=dtype)
    doc["inputs"] |= dict(answer=answer.tolist(), answer_mask=kept.tolist(), answer_weights=weights.tolist())

    def loss_of():
        image = model.vision_model(x).last_hidden_state
        states = model.text_encoder(question, attention_mask=mask, encoder_hidden_states=image).last_hidden_state
        each = []
        for row in range(N):
            state = states[row:row + 1, : int(mask[row].sum())]
            length = int(kept[row].sum())
            logits = model.text_decoder(answer[row:row + 1, :length], encoder_hidden_states=state).logits[:, :-1]
            each.append(F.cross_entropy(logits[0], answer[row, 1:length], reduction="sum"))
        return (torch.stack(each) * weights).sum() / N, {}

    train(folder, "vqa", model, loss_of, doc)


def rms(values):
    """The root of the mean square."""
    return values.pow(2).mean().sqrt().item()


def fp32_error(folder, low, name, salt):
    """How far the float32 run of an objective is from the float64 run, per parameter."""

    def at(where, what):
        return {key: value.double() for key, value in load_file(where / f"{name}.{what}.safetensors").items()}

    model = build(HEADS[name], tiny_square(), salt, torch.float64)
    start = {canonical(key): parameter.detach().double() for key, parameter in model.named_parameters()}
    gradients, gradients32 = at(folder, "gradients"), at(low, "gradients")
    after, after32 = at(folder, f"after-{STEPS}-steps"), at(low, f"after-{STEPS}-steps")
    return {
        key: dict(
            gradient=rms(gradients[key] - gradients32[key]) / (rms(gradients[key]) or 1), gradient_rms=rms(gradients[key]),
            update=rms(after[key] - after32[key]) / (rms(after[key] - start[key]) or 1))
        for key in gradients}
