"""The recorders and the files that each of them writes. A new golden gets a line here."""
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GOLDENS = "Blip.Tests/Goldens"
WEIGHTS = "weights"
MODEL_PACKAGES = ("numpy", "torch", "transformers", "safetensors")


@dataclass(frozen=True)
class Recorder:
    """Who writes which files.

    script: its path from the root of the repository; None where there is none. command: how one runs it.
    files: patterns of its files. packages: what it imports. inputs: options of record.py that it cannot do without.
    about: one sentence for --list.
    """

    script: str | None
    command: str
    files: tuple[str, ...]
    about: str
    packages: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()

    def writes(self, file):
        """Whether a file, by its path from the root, is this recorder's."""
        return any(Path(file).match(pattern) for pattern in self.files)


def recorded(name, module, files, about, packages=(), inputs=()):
    """A recorder that record.py runs."""
    command = " ".join([f"python eng/goldens/record.py --only {name}", *(f"--{option} PATH" for option in inputs)])
    patterns = tuple(f"{GOLDENS}/{file}" for file in files)
    return Recorder(f"eng/goldens/recorders/{module}.py", command, patterns, about, tuple(packages), tuple(inputs))


def checkpoint_files():
    """Patterns of the demo checkpoints."""
    return tuple(f"{WEIGHTS}/{head}/*" for head in ("captioning", "retrieval", "vqa"))


RECORDERS = {
    "models": recorded(
        "models", "models", ("models/*/*/config.json", "models/*/*/golden.json", "models/*/*/tensors.safetensors"),
        "every head with synthetic weights: hidden states, attention, losses, generated tokens", MODEL_PACKAGES),
    "photos": recorded(
        "photos", "photos", ("models/base/photos.json",),
        "two photographs captioned by the full-size model with synthetic weights",
        (*MODEL_PACKAGES, "pillow"), ("bert-vocab",)),
    "checkpoints": recorded(
        "checkpoints", "checkpoints", ("checkpoints/*", "checkpoints/sharded/*"),
        "one checkpoint in every container, and files that must be refused", MODEL_PACKAGES),
    "images": recorded(
        "images", "images", ("images/*",),
        "images of every kind, and what Pillow and the reference's processor make of them",
        ("numpy", "pillow", "torch", "transformers", "safetensors"), ("photographs",)),
    "image-kinds": recorded(
        "image-kinds", "image_kinds", ("image-kinds.json.gz",), "small images of the kinds that few programs write, and their pixels", ("pillow",)),
    "tokens": recorded(
        "tokens", "tokens", ("tokens/*",), "text to ids and back, by the reference's tokenizer", ("transformers",)),
    "rules": recorded("rules", "rules", ("rules/*",), "each logits rule of generate()", MODEL_PACKAGES),
    "gradcam": recorded("gradcam", "gradcam", ("gradcam.safetensors",), "Grad-CAM of the matching head", MODEL_PACKAGES),
    "demo": recorded(
        "demo", "demo", ("demo/*",), "the demo checkpoints' answers on the sample images", (*MODEL_PACKAGES, "pillow")),
    "capfilt": recorded(
        "capfilt", "capfilt", ("capfilt.json",), "the filter's probabilities by the demo matcher", (*MODEL_PACKAGES, "pillow")),
    "caption-metrics": recorded(
        "caption-metrics", "caption_metrics", ("evaluation/metrics.json",), "BLEU, ROUGE-L and CIDEr by the COCO code",
        ("pycocoevalcap",)),
    "answer-accuracy": recorded(
        "answer-accuracy", "answer_accuracy", ("evaluation/metrics-vqa.json",), "VQA accuracy by the official code",
        (), ("vqa-code",)),
    "seed": recorded(
        "seed", "seed", ("seed/*",), "the model card's config, modules and parameters", (), ("card", "card-config")),
    "lora": recorded(
        "lora", "lora", ("lora/*", "lora/rslora/*"), "two adapters by the PEFT library, and what the adapted captioner answers",
        (*MODEL_PACKAGES, "peft")),
    "augment": recorded(
        "augment", "augment", ("augment/*",), "each operation of the authors' augmentation on three images",
        ("numpy", "pillow", "opencv-python-headless")),
    "training": recorded(
        "training", "training", ("training/*",),
        "captions, contrast, matching and answers: losses, gradients of every parameter, three steps of AdamW", MODEL_PACKAGES),
    "pretrain": recorded(
        "pretrain", "pretrain", ("pretrain/*",),
        "all three objectives at once with tied towers, momentum copies and queues: four steps", MODEL_PACKAGES),
    "heads": recorded(
        "heads", "heads", ("heads/*",), "NLVR2 by the authors' text encoder, with some gradients, and clips by the matcher",
        MODEL_PACKAGES, ("blip-code",)),
    "demo-scenes": Recorder(
        "eng/demo/draw.py", "python eng/demo/draw.py --output DIR",
        (f"{WEIGHTS}/samples/[0-9][0-9].png", f"{WEIGHTS}/samples/samples.json"), "the demo's sample images", ("pillow",)),
    "demo-annotations": Recorder(
        "eng/demo/annotations.py", "python eng/demo/annotations.py",
        (f"{WEIGHTS}/samples/captions.json", f"{WEIGHTS}/samples/questions.json"), "the sample images as a data set"),
    "demo-checkpoints": Recorder(
        None, "see eng/demo/README.md", checkpoint_files(), "the demo's checkpoints; the script that trained them is not kept",
        ("torch", "transformers")),
}

# Reports on the project's own code. A test of the project writes them and compares them, so they have no hash here.
APPROVED = {
    f"{GOLDENS}/ptxas.txt": dict(
        test="Blip.Tests/Kernels/PtxReportTests.cs",
        command="BLIP_APPROVE=1 dotnet test -c Release -- --filter-class '*PtxReportTests'"),
}


def recorder_of(file):
    """The name of the recorder that writes a file; None for none."""
    return next((name for name, recorder in RECORDERS.items() if recorder.writes(file)), None)


def kept_files():
    """Paths from the root of every golden and every file of the demo, in order; documents are not among them."""
    paths = (path for folder in (GOLDENS, WEIGHTS) for path in (ROOT / folder).rglob("*") if path.is_file())
    files = sorted(path.relative_to(ROOT).as_posix() for path in paths if path.suffix != ".md")
    return [file for file in files if file not in APPROVED]
