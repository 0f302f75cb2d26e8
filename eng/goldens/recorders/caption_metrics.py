"""evaluation/metrics.json: BLEU, ROUGE-L and CIDEr of 40 captions by the COCO caption evaluation code, with its PTB tokenizer (Java)."""
import json
import random

from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.rouge.rouge import Rouge
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

SEED = 3
SUBJECTS = [
    "a woman", "two dogs", "a man in a hat", "the old train", "a black-and-white cat", "three people", "a child's toy", "an orange bus",
    "someone", "a group of zebras"]
VERBS = ["sitting on", "standing next to", "riding", "looking at", "holding", "running through", "parked near", "eating"]
OBJECTS = [
    "a wooden bench", "the beach", "a red bicycle", "some tall grass", "the train tracks", "a plate of food", "an open field",
    "a busy street", "the kitchen table", "a tree"]
ENDS = [".", "", " on a sunny day.", " at night", ", with a dog", " in the rain!", " (blurred)", " - close up", " at 5 o'clock"]


def captions():
    """References and candidates of 40 images: a candidate is a reference with some words replaced."""
    rng = random.Random(SEED)

    def say():
        return f"{rng.choice(SUBJECTS)} {rng.choice(VERBS)} {rng.choice(OBJECTS)}{rng.choice(ENDS)}"

    references, candidates = {}, {}
    for i in range(40):
        references[str(i)] = [say() for _ in range(rng.randint(1, 6))]
        words = rng.choice(references[str(i)]).split()
        for _ in range(rng.randint(0, 4)):
            j = rng.randrange(len(words))
            words[j] = rng.choice(say().split())
        if rng.random() < .2:
            words = words[: rng.randint(1, len(words))]
        candidates[str(i)] = " ".join(words)
    candidates["3"] = "word"
    candidates["4"] = references["4"][0]
    candidates["5"] = "a a a a a a a a"
    return references, candidates


def record(output, options):
    """Writes evaluation/metrics.json."""
    references, candidates = captions()
    tokenizer = PTBTokenizer()
    truth = tokenizer.tokenize({k: [dict(caption=c) for c in v] for k, v in references.items()})
    result = tokenizer.tokenize({k: [dict(caption=v)] for k, v in candidates.items()})
    document = dict(
        references=references, candidates=candidates, tokenized_references=truth, tokenized_candidates=result, scores={}, per_image={})
    bleu, each = Bleu(4).compute_score(truth, result, verbose=0)
    for n in range(4):
        document["scores"][f"BLEU-{n + 1}"] = bleu[n]
        document["per_image"][f"BLEU-{n + 1}"] = list(map(float, each[n]))
    for name, scorer in (("ROUGE-L", Rouge()), ("CIDEr", Cider())):
        score, each = scorer.compute_score(truth, result)
        document["scores"][name] = float(score)
        document["per_image"][name] = list(map(float, each))
    document["order"] = list(truth.keys())
    folder = output / "evaluation"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "metrics.json").write_text(json.dumps(document, indent=0), encoding="utf-8")
    print(document["scores"])
