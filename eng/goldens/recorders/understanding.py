"""The heads that judge: the model without a task, image-text matching, and question answering."""
import numpy as np
import torch
import torch.nn.functional as F

from .golden import Golden, generate, vision
from .reference import build, ids, pixels


def model_head(folder, make, salt, full=False):
    """Records the model without a task: features and the contrastive loss."""
    cfg = make(2) if full else make()
    m64, m32 = build("model", cfg, salt, torch.float64), build("model", cfg, salt, torch.float32)
    golden = Golden(folder, "model", cfg, salt)
    n = 2 if full else 3
    x = torch.from_numpy(pixels(cfg, n, salt))
    if not full:
        golden.tensors["pixel_values"] = x
    vision(golden, m64, m32, x, slices=np.s_[:, :3, :32] if full else None)
    text, mask = ids(cfg, 4, 8, salt, "texts", first=4, lengths=[8, 5, 7, 3])
    golden.ints("input_ids", text)
    golden.ints("attention_mask", mask)
    texts = dict(input_ids=text, attention_mask=mask)
    a, b = m64(pixel_values=x.double(), **texts), m32(pixel_values=x, **texts)
    for key in ("logits_per_image", "logits_per_text", "text_embeds", "image_embeds"):
        golden.add(key, a[key], b[key])
    if not full:
        for key in ("logits_per_image", "text_embeds", "image_embeds"):
            golden.low_precision(
                key, a[key], lambda model, dtype: model(pixel_values=x.to(dtype), **texts)[key],
                lambda dtype: build("model", cfg, salt, dtype))
    golden.add("text.pooler_output", a.text_model_output.pooler_output, b.text_model_output.pooler_output)
    golden.add("text.last_hidden_state", a.text_model_output.last_hidden_state, b.text_model_output.last_hidden_state)
    golden.add("get_text_features", m64.get_text_features(**texts).pooler_output, m32.get_text_features(**texts).pooler_output)
    golden.add("get_image_features", m64.get_image_features(x.double()).pooler_output, m32.get_image_features(x).pooler_output)
    pairs = dict(input_ids=text[:n], attention_mask=mask[:n])
    golden.add(
        "get_multimodal_features", m64.get_multimodal_features(pixel_values=x.double(), **pairs),
        m32.get_multimodal_features(pixel_values=x, **pairs))
    a, b = (model(pixel_values=y, return_loss=True, **pairs) for model, y in ((m64, x.double()), (m32, x)))
    golden.add("contrastive_loss", a.loss, b.loss)
    golden.doc["scalars"]["parameters"] = sum(p.numel() for p in m64.parameters())
    golden.save()


def retrieval(folder, make, salt, full=False):
    """Records image-text matching, with [CLS] and with [ENC] at position 0."""
    cfg = make()
    m64, m32 = build("retrieval", cfg, salt, torch.float64), build("retrieval", cfg, salt, torch.float32)
    golden = Golden(folder, "retrieval", cfg, salt)
    n = 1 if full else 3
    x = torch.from_numpy(pixels(cfg, n, salt))
    if not full:
        golden.tensors["pixel_values"] = x
    for first, label in ((4, "cls"), (cfg.text_config.bos_token_id + 1, "enc")):
        text, mask = ids(cfg, n, 9, salt, "texts", first=first, lengths=[9, 5, 7][:n] if n > 1 else [7])
        golden.ints(f"{label}.input_ids", text)
        golden.ints(f"{label}.attention_mask", mask)
        texts = dict(input_ids=text, attention_mask=mask)
        for head in (True, False):
            a, b = m64(pixel_values=x.double(), use_itm_head=head, **texts), m32(pixel_values=x, use_itm_head=head, **texts)
            kind = "itm" if head else "itc"
            golden.add(f"{label}.{kind}", a.itm_score, b.itm_score)
            if not full:
                golden.low_precision(
                    f"{label}.{kind}", a.itm_score,
                    lambda model, dtype: model(pixel_values=x.to(dtype), use_itm_head=head, **texts).itm_score,
                    lambda dtype: build("retrieval", cfg, salt, dtype))
                golden.add(f"{label}.{kind}.text", a.question_embeds, b.question_embeds)
    if not full:
        # Every image against every text, as retrieval compares them: the texts with [ENC].
        golden.add("pairs.itm", torch.stack([
            m64(input_ids=text, attention_mask=mask, pixel_values=x[i:i + 1].double().expand(n, -1, -1, -1)).itm_score
            for i in range(n)]))
    golden.save()


def rank_answers(model, x, question, answers, k):
    """Ranks answers as the original's rank_answer does: the top k by the first token, then log p summed over the whole answer."""
    image = model.vision_model(x)[0]
    state = model.text_encoder(input_ids=question, attention_mask=None, encoder_hidden_states=image)[0]
    start_id = model.config.text_config.bos_token_id
    start = torch.full((question.shape[0], 1), start_id)
    first = model.text_decoder(start, encoder_hidden_states=state).logits[:, 0]
    first_log_p = F.log_softmax(first, 1)
    out = []
    for i in range(question.shape[0]):
        order = sorted(range(len(answers)), key=lambda j: -first_log_p[i, answers[j][0]].item())[:k]
        sums = []
        for j in order:
            row = torch.tensor([[start_id] + answers[j]])
            log_p = F.log_softmax(model.text_decoder(row, encoder_hidden_states=state[i:i + 1]).logits[0, :-1], 1)
            sums.append(sum(log_p[p, t].item() for p, t in enumerate(answers[j])))
        best = sorted(range(len(order)), key=lambda r: -sums[r])
        out.append(dict(candidates=order, log_probs=sums, ranking=[order[r] for r in best]))
    return out


def vqa(folder, make, salt, full=False):
    """Records question answering: generated answers, the loss of given ones, ranked candidates."""
    cfg = make()
    n = 1 if full else 3
    x = torch.from_numpy(pixels(cfg, n, salt))
    question, mask = ids(cfg, n, 8, salt, "questions", first=4, lengths=[8, 5, 6][:n])
    if not full:
        probe = build("vqa", cfg, salt, torch.float32)
        rows = probe.generate(input_ids=question, attention_mask=mask, pixel_values=x, max_length=12).tolist()
        cfg = make(sep_token_id=int(rows[0][min(5, len(rows[0]) - 1)]))
    m64, m32 = build("vqa", cfg, salt, torch.float64), build("vqa", cfg, salt, torch.float32)
    golden = Golden(folder, "vqa", cfg, salt)
    if not full:
        golden.tensors["pixel_values"] = x
    golden.ints("input_ids", question)
    golden.ints("attention_mask", mask)
    questions = dict(input_ids=question, attention_mask=mask)
    for name, options in (
            ("greedy", {}), ("beam-3", dict(num_beams=3, max_length=10)), ("greedy-min-length", dict(min_length=6, max_length=12))):
        generate(
            golden, m64, m32, name, dict(pixel_values=x, **questions), keep_logits=name == "greedy",
            note="as HF: the decoder attends every question position, pads too", **options)
    for i in range(n if not full else 0):
        length = int(mask[i].sum())
        generate(
            golden, m64, m32, f"single-{i}",
            dict(pixel_values=x[i:i + 1], input_ids=question[i:i + 1, :length], attention_mask=mask[i:i + 1, :length]),
            note="one question without padding: what a batch must give when question padding is masked (the original model's behaviour)")
    answers(golden, m64, m32, cfg, salt, x, questions)
    if not full:
        rows = ids(cfg, 12, 3, salt, "candidates")[0]
        candidates = [[int(t) for t in row[: 1 + i % 3]] + [cfg.text_config.sep_token_id] for i, row in enumerate(rows)]
        golden.doc["rank"] = [
            dict(answers=candidates, k=5, question=i,
                 **rank_answers(m64, x[i:i + 1].double(), question[i:i + 1, :int(mask[i].sum())], candidates, 5)[0])
            for i in range(n)]
    golden.save()


def answers(golden, m64, m32, cfg, salt, x, questions):
    """Records the loss of given answers."""
    n = x.shape[0]
    text, mask = ids(cfg, n, 5, salt, "answers", first=cfg.text_config.bos_token_id, lengths=[5, 3, 4][:n])
    golden.ints("answers.input_ids", text)
    golden.ints("answers.attention_mask", mask)
    given = dict(decoder_input_ids=text, decoder_attention_mask=mask, labels=text.masked_fill(mask == 0, -100))
    a, b = m64(pixel_values=x.double(), **questions, **given), m32(pixel_values=x, **questions, **given)
    golden.add("answer.loss", a.loss, b.loss)
    golden.doc["scalars"]["answer.loss.note"] = "as transformers 5.23: no mask on the cross attention to the question"
