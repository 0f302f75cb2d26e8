"""evaluation/metrics-vqa.json: VQA accuracy of 120 answers, and normalised answers, by the official evaluation code.

Needs the folder of vqaEval.py (GT-Vision-Lab/VQA, PythonEvaluationTools/vqaEvaluation), converted to Python 3.
"""
import contextlib
import importlib
import io
import json
import random
import sys

SEED = 4
POOL = [
    "yes", "no", "Yes.", "yes!", "2", "two", "Two ", "the red one", "red", "a red one", "dont know", "don't know", "1,000", "1000", "3.5",
    "3.5 feet", "T-shirt", "t shirt", "tshirt", "black/white", "black and white", "black & white", "on the table", "table", "an apple",
    "apple", "wasnt", "couldnt have", "none", "0", "zero", "u.s.a.", "usa", "10:30", "it's", "its", "left\n", "\tleft", "hot-dog",
    "hot dog", "what?", "(yes)", "ten", "thirty", "12", "a", "the", ""]


class Annotations:
    """What vqaEval.py asks of the data set's own class."""

    def __init__(self, qa):
        self.qa = qa

    def getQuesIds(self):
        """The ids of all questions."""
        return list(self.qa)


def answers():
    """Ten answers of people and one to judge for each of 120 questions."""
    rng = random.Random(SEED)
    people, judged = {}, {}
    for i in range(120):
        few = rng.sample(POOL, rng.choice([1, 2, 2, 3, 5]))
        people[i] = [rng.choice(few) for _ in range(10)]
        judged[i] = rng.choice(few + POOL[:4])
    return people, judged


def record(output, options):
    """Writes evaluation/metrics-vqa.json."""
    sys.path.insert(0, str(options.vqa_code))
    official = importlib.import_module("vqaEval").VQAEval
    people, judged = answers()
    truth = {
        i: dict(question_type="any", answer_type="other", answers=[dict(answer=a, answer_id=n + 1) for n, a in enumerate(v)])
        for i, v in people.items()}
    result = {i: dict(answer=a) for i, a in judged.items()}
    evaluation = official(Annotations(truth), Annotations(result), n=6)
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation.evaluate()
    normalised = {
        text: evaluation.processDigitArticle(evaluation.processPunctuation(text.replace("\n", " ").replace("\t", " ").strip()))
        for text in POOL}
    document = dict(
        ground_truth=people, answers=judged, accuracy={i: evaluation.evalQA[i] for i in people},
        overall=evaluation.accuracy["overall"], normalised=normalised)
    folder = output / "evaluation"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "metrics-vqa.json").write_text(json.dumps(document, indent=0), encoding="utf-8")
    print(document["overall"], normalised)
