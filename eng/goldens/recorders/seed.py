"""seed/: the model card that BLIP was specified by, cut into its config, its tree of modules and its table of parameters.

Needs the card (Markdown) and its config.json. Needs nothing but Python.
"""
import shutil

TREE_START, TREE_END = "BlipModel(\n", "\n)\n"
RULE = "=" * 85 + "\n"


def record(output, options):
    """Writes seed/."""
    folder = output / "seed"
    folder.mkdir(parents=True, exist_ok=True)
    card = options.card.read_text(encoding="utf-8")
    start = card.index(TREE_START)
    tree = card[start:card.index(TREE_END, start) + len(TREE_END)]
    (folder / "tree.txt").write_text(tree, encoding="utf-8", newline="\n")
    start, end = card.index(RULE), card.rindex(RULE) + len(RULE)
    (folder / "table.txt").write_text(card[start:end], encoding="utf-8", newline="\n")
    shutil.copyfile(options.card_config, folder / "config.json")
