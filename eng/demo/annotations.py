#!/usr/bin/env python3
"""Writes weights/samples/captions.json and questions.json out of samples.json: the demo as a data set that `blip eval` reads.

    python eng/demo/annotations.py [--samples DIR]

captions.json: COCO's retrieval form, one caption an image. questions.json: VQA's form, each answer as four people's.
Needs nothing but Python.
"""
import argparse
import json
import sys
from pathlib import Path

SAMPLES = Path(__file__).resolve().parents[2] / "weights" / "samples"
PEOPLE = 4


def captions(scenes):
    """Each image with its caption."""
    return [dict(image=scene["file"], caption=[scene["caption"]]) for scene in scenes]


def questions(scenes):
    """Each question with its image and its answers."""
    asked = [(scene["file"], question) for scene in scenes for question in scene["questions"]]
    return [
        dict(question_id=i, question=question["question"], image=file, answer=[question["answer"]] * PEOPLE)
        for i, (file, question) in enumerate(asked)]


def write(path, rows):
    """Writes one row a line."""
    path.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n", encoding="utf-8", newline="\n")


def main(arguments):
    """Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--samples", metavar="DIR", type=Path, default=SAMPLES, help="folder of samples.json (default: weights/samples)")
    folder = parser.parse_args(arguments).samples
    source = folder / "samples.json"
    if not source.is_file():
        print(f"annotations.py: {source}: there is no such file; draw.py writes it.", file=sys.stderr)
        return 2
    scenes = json.loads(source.read_text(encoding="utf-8"))["samples"]
    write(folder / "captions.json", captions(scenes))
    write(folder / "questions.json", questions(scenes))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
