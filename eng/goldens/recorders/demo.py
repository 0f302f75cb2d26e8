"""demo/: the answers of the three demo checkpoints on the sample images of weights/samples."""
import json

import torch
from PIL import Image
from transformers import BertTokenizer, BlipForConditionalGeneration, BlipForImageTextRetrieval, BlipForQuestionAnswering
from transformers import BlipImageProcessorPil

from .reference import begin

SIDE = 96
CAPTION_LENGTH, ANSWER_LENGTH = 32, 8
CAPTIONS = (
    ("greedy", None, {}),
    ("beam-3", None, dict(num_beams=3)),
    ("prompt", "a picture of", {}),
    ("beam-5-penalties", None, dict(num_beams=5, repetition_penalty=1.1, length_penalty=0.7, min_length=8)),
)


def record(output, options):
    """Writes demo/."""
    begin(threads=1)
    folder, samples = output / "demo", options.weights / "samples"
    folder.mkdir(parents=True, exist_ok=True)
    scenes = json.loads((samples / "samples.json").read_text(encoding="utf-8"))["samples"]
    tokenizer = BertTokenizer.from_pretrained(str(options.weights / "captioning"))
    processor = BlipImageProcessorPil(size=dict(height=SIDE, width=SIDE))
    pixels = [
        processor(images=Image.open(samples / scene["file"]).convert("RGB"), return_tensors="pt").pixel_values for scene in scenes]
    for name, answer in (("captioning", captioning), ("retrieval", retrieval), ("vqa", vqa)):
        document = answer(options.weights / name, tokenizer, list(zip(scenes, pixels)))
        (folder / f"{name}.json").write_text(json.dumps(document, indent=0), encoding="utf-8")


def cut(row, stop, start=1):
    """A row up to and including the stop token."""
    for i in range(start, len(row)):
        if row[i] == stop:
            return row[: i + 1]
    return row


def encode(tokenizer, text):
    """The ids and the mask of a text."""
    encoded = tokenizer(text, return_tensors="pt")
    encoded.pop("token_type_ids", None)
    return encoded


def smallest_gap(scores):
    """The closest that the two best tokens came."""
    tops = (step.topk(2, -1).values for step in scores)
    return min((top[..., 0] - top[..., 1]).min().item() for top in tops)


def captioning(folder, tokenizer, scenes):
    """Captions by greedy and beam search, with and without a prompt."""
    m64, m32 = (BlipForConditionalGeneration.from_pretrained(str(folder), dtype=d).eval() for d in (torch.float64, torch.float32))
    stop, rows = m64.config.text_config.sep_token_id, []
    for scene, x in scenes:
        entry = dict(file=scene["file"])
        for label, text, settings in CAPTIONS:
            given = dict(encode(tokenizer, text)) if text else {}

            def run(model, values):
                return model.generate(
                    pixel_values=values, **{k: v.clone() for k, v in given.items()}, max_length=CAPTION_LENGTH,
                    return_dict_in_generate=True, output_scores=True, **settings)

            a, b = run(m64, x.double()), run(m32, x)
            start = given["input_ids"].shape[1] - 1 if given else 1
            ids, ids32 = cut(a.sequences[0].tolist(), stop, start), cut(b.sequences[0].tolist(), stop, start)
            entry[label] = dict(tokens=ids, caption=tokenizer.decode(ids, skip_special_tokens=True), fp32_agrees=ids == ids32)
            if "num_beams" in settings:
                entry[label]["score"] = a.sequences_scores[0].item()
            else:
                entry[label]["min_top_gap"] = smallest_gap(a.scores)
        rows.append(entry)
    right = sum(row["greedy"]["caption"] == scene["caption"] for row, (scene, _) in zip(rows, scenes))
    print("captions exact", right, "of", len(rows))
    return dict(max_length=CAPTION_LENGTH, exact_captions=right, of=len(rows), answers=rows)


def retrieval(folder, tokenizer, scenes):
    """Scores of the true caption and of the two wrong ones."""
    model = BlipForImageTextRetrieval.from_pretrained(str(folder), dtype=torch.float64).eval()
    enc, rows, right = model.config.text_config.bos_token_id + 1, [], 0
    for scene, x in scenes:
        for text, truth in [(scene["caption"], 1)] + [(wrong, 0) for wrong in scene["wrong"]]:
            given = encode(tokenizer, text)
            with_enc = {k: v.clone() for k, v in given.items()}
            with_enc["input_ids"][:, 0] = enc
            itm = model(pixel_values=x.double(), **given).itm_score[0]
            rows.append(dict(
                file=scene["file"], text=text, truth=truth, itm=itm.tolist(), match_probability=itm.softmax(0)[1].item(),
                itm_enc=model(pixel_values=x.double(), **with_enc).itm_score[0].tolist(),
                itc=model(pixel_values=x.double(), use_itm_head=False, **given).itm_score[0, 0].item()))
            right += int(itm.argmax()) == truth
    print("matches right", right, "of", len(rows))
    return dict(right=right, of=len(rows), answers=rows)


def vqa(folder, tokenizer, scenes):
    """Answers by greedy and beam search."""
    m64, m32 = (BlipForQuestionAnswering.from_pretrained(str(folder), dtype=d).eval() for d in (torch.float64, torch.float32))
    stop, rows = m64.config.text_config.sep_token_id, []

    def words(row):
        return tokenizer.decode(cut(row, stop), skip_special_tokens=True)

    for scene, x in scenes:
        for question in scene["questions"]:
            given = encode(tokenizer, question["question"])
            greedy = m64.generate(pixel_values=x.double(), **given, max_length=ANSWER_LENGTH)[0].tolist()
            beam = m64.generate(pixel_values=x.double(), **given, max_length=ANSWER_LENGTH, num_beams=3)[0].tolist()
            greedy32 = m32.generate(pixel_values=x, **given, max_length=ANSWER_LENGTH)[0].tolist()
            rows.append(dict(
                file=scene["file"], question=question["question"], truth=question["answer"], tokens=cut(greedy, stop),
                answer=words(greedy), beam_3=words(beam), fp32_agrees=cut(greedy, stop) == cut(greedy32, stop)))
    right = sum(row["answer"] == row["truth"] for row in rows)
    print("answers right", right, "of", len(rows))
    return dict(max_length=ANSWER_LENGTH, right=right, of=len(rows), answers=rows)
