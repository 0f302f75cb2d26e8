#!/usr/bin/env python3
"""Counts contorted clauses per 1,000 words of prose: eng/words.py [--list N | --at-most X] [PATH...]

Prose is Markdown outside code and headings, and the comments of C# files. A contorted clause is one that CONTRIBUTING.md asks to rewrite: a
clause with 'what' in place of a noun, 'whoever' and its kin, 'nobody', 'of its own', 'those who', 'that of', and the inverted 'so are',
'as does', 'nor is'. Questions do not count, and neither do indirect ones ("says what is wrong"). --list prints the N files with the most of
them, and each of their lines; --at-most fails where a kind of prose has more than X per 1,000 words.
"""

import re
import subprocess
import sys
from pathlib import Path

CONTORTED = re.compile(
    r"\b(?:who|what|which|where|whom)(?:so)?ever\b|\bnobody\b|\bof (?:its|their|our|his|her|your|one's) own\b"
    r"|\b(?:so|nor) (?:is|are|was|were|do|does|did|has|have|can|may|must|will)\b|\bas (?:do|does|did|has|have) (?:the|a|an|its|their|every|all|it)\b"
    r"|(?:^|[.:;] )Who (?!are\b)\w+s\b|\bthose (?:who|that|which)\b|\bthat of\b|\bwhat\b",
    re.IGNORECASE,
)
# Before 'what': an indirect question, which is plain English.
ASKS = re.compile(r"\b(?:say|saying|tell|told|said|show|see|know|ask|decide|explain|find out|no matter|about)s? $", re.IGNORECASE)
WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")


def prose(path):
    """(line number, words) of a file."""
    code = False
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        if path.endswith(".md"):
            if line.lstrip().startswith("```"):
                code = not code
            if not code and not line.startswith("#"):
                yield number, re.sub(r"\]\([^)]*\)|`[^`]*`", " ", line)
        else:
            comment = re.match(r"\s*///? ?(.*)", line) or re.match(r".*\s// (.*)", line)
            if comment:
                yield number, re.sub(r"<[^>]*>|`[^`]*`", " ", comment[1])


def tracked(paths):
    """The tracked files; without git, or outside a clone, all but those that a build makes."""
    try:
        git = ["git", "-c", "safe.directory=*", "ls-files", "--", *paths]
        return subprocess.run(git, check=True, capture_output=True, text=True).stdout.split("\n")
    except (OSError, subprocess.CalledProcessError):
        built = {".git", "bin", "obj", "artifacts", "TestResults"}
        files = [path.as_posix() for root in paths for path in ([Path(root)] if Path(root).is_file() else Path(root).rglob("*"))]
        return sorted(path for path in files if not built & set(path.split("/")))


def kind(path):
    if path.startswith("docs/decisions/"):
        return "decisions"
    if path.endswith(".md"):
        return "docs"
    return "comments of tests" if path.startswith("Blip.Tests/") else "comments"


def main():
    arguments = sys.argv[1:]
    option = arguments[0] if arguments[:1] in (["--list"], ["--at-most"]) else None
    most = int(arguments[1]) if option == "--list" else 0
    limit = float(arguments[1]) if option == "--at-most" else None
    paths = arguments[2:] if option else arguments
    files = tracked(paths or ["."])
    counts, found = {}, {}
    for path in files:
        if not path.endswith((".md", ".cs")) or path.startswith(("Blip.Tests/Goldens/", "docs/measurements/")) or path.endswith(".g.cs"):
            continue
        words = clauses = 0
        for number, text in prose(path):
            words += len(WORD.findall(text))
            hits = [
                hit for hit in CONTORTED.finditer(text)
                if not text[hit.start():].rstrip().endswith("?") and not (hit[0].lower() == "what" and ASKS.search(text[:hit.start()]))
            ]
            clauses += len(hits)
            if hits:
                found.setdefault(path, []).append(f"{number}: {text.strip()}")
        total = counts.setdefault(kind(path), [0, 0, 0])
        total[0] += 1
        total[1] += words
        total[2] += clauses
    for name, (number, words, clauses) in sorted(counts.items()):
        print(f"{name:18} {number:5} files  {words:7,} words  {clauses:5} clauses  {1000 * clauses / max(words, 1):5.2f} per 1,000")
    if limit is not None and any(1000 * clauses > limit * words for _, words, clauses in counts.values()):
        sys.exit(f"more than {limit:g} per 1,000 words: eng/words.py --list 10 shows where")
    for path, lines in sorted(found.items(), key=lambda entry: -len(entry[1]))[:most]:
        print(f"\n{path}: {len(lines)}")
        print("\n".join(f"  {line}" for line in lines))


main()
