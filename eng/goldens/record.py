#!/usr/bin/env python3
"""Records the goldens of Blip.Tests with the reference implementation, and keeps their manifest.

    python eng/goldens/record.py --list                      what there is
    python eng/goldens/record.py --only rules --output DIR   records into DIR and compares with the tree
    python eng/goldens/record.py --only rules --in-place     records into Blip.Tests/Goldens and updates the manifest
    python eng/goldens/record.py --manifest                  updates the manifest alone; needs nothing but Python

Exit status: 0 for success, 1 where a recorded file differs from the tree's or a file has no recorder, 2 where an option is wrong or a
package is missing. README.md beside this file says what each golden is.
"""
import argparse
import importlib
import sys
from importlib import metadata
from pathlib import Path

import manifest
from catalog import GOLDENS, RECORDERS, ROOT, WEIGHTS

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
INPUTS = {
    "photographs": "folder of the photographs astronaut, chelsea, coffee and rocket (scikit-image's, as PNG or JPEG)",
    "bert-vocab": "bert-base-uncased's vocab.txt, alone in its folder or beside that model's tokenizer files",
    "vqa-code": "folder of the official vqaEval.py, converted to Python 3",
    "blip-code": "a checkout of the authors' first release, salesforce/BLIP",
    "card": "the model card that seed/ is cut from (Markdown)",
    "card-config": "the config.json that goes with that card",
}


def parse(arguments):
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--list", action="store_true", help="list the recorders and what each needs")
    parser.add_argument("--manifest", action="store_true", help="update manifest.json from the files of the tree")
    parser.add_argument("--only", metavar="NAME", action="append", help="record this one; may be repeated (default: all)")
    target = parser.add_mutually_exclusive_group()
    target.add_argument("--output", metavar="DIR", type=Path, help="record into a new or empty folder, and compare with the tree")
    target.add_argument("--in-place", action="store_true", help=f"record into {GOLDENS}, and update the manifest")
    for name, about in INPUTS.items():
        parser.add_argument(f"--{name}", metavar="PATH", type=lambda text: Path(text).resolve(), help=about)
    return parser.parse_args(arguments)


def fail(message):
    """Ends with exit status 2."""
    print(f"record.py: {message}", file=sys.stderr)
    sys.exit(2)


def runnable():
    """Names of the recorders that this script runs."""
    return [name for name, recorder in RECORDERS.items() if recorder.script and recorder.script.startswith("eng/goldens/")]


def show():
    """Prints the recorders."""
    for name, recorder in RECORDERS.items():
        print(f"{name}: {recorder.about}")
        print(f"  files   {' '.join(recorder.files)}")
        print(f"  script  {recorder.script or 'none'}")
        print(f"  needs   {' '.join([*recorder.packages, *(f'--{option}' for option in recorder.inputs)]) or 'nothing but Python'}")


def chosen(options):
    """The recorders to run."""
    names = runnable()
    for name in options.only or []:
        if name not in names:
            other = f"; it is made by '{RECORDERS[name].command}'" if name in RECORDERS and RECORDERS[name].script else ""
            fail(f"--only {name}: there is no such recorder{other}. Give one of {', '.join(names)}.")
    return [name for name in names if name in options.only] if options.only else names


def check_inputs(options, names):
    """Ends where an input of a recorder is not given or not there."""
    for name in names:
        for option in RECORDERS[name].inputs:
            path = getattr(options, option.replace("-", "_"))
            if path is None:
                fail(f"{name} needs --{option} PATH: {INPUTS[option]}. Give it, or choose other recorders with --only.")
            if not path.exists():
                fail(f"--{option} {path}: there is no such file or folder; give {INPUTS[option]}.")


def pinned():
    """The version of each package in requirements.txt."""
    rows = (line.split("==") for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines() if "==" in line and line[0] != "#")
    return {name.strip(): version.strip() for name, version in rows}


def check_packages(names):
    """Ends where a package is missing; warns where its version is another one."""
    versions, missing = pinned(), []
    for package in sorted({package for name in names for package in RECORDERS[name].packages}):
        try:
            found = metadata.version(package)
        except metadata.PackageNotFoundError:
            missing.append(f"{package}=={versions[package]}")
            continue
        if not matches(found, versions[package]):
            print(f"record.py: {package} is {found}, the goldens were recorded with {versions[package]}: results may differ.",
                  file=sys.stderr)
    if missing:
        fail(f"{', '.join(names)}: not installed: {', '.join(missing)}. Run: python -m pip install -r {relative(REQUIREMENTS)}")


def matches(found, wanted):
    """Whether a version is the wanted one, which may end in a star."""
    return found.startswith(wanted[:-1]) if wanted.endswith("*") else found == wanted


def relative(path):
    """A path as one types it at the root of the repository."""
    return path.relative_to(ROOT).as_posix()


def destination(options):
    """The folder to record into."""
    if options.in_place:
        return ROOT / GOLDENS
    if options.output is None:
        fail(f"say where to record to: --output DIR for a folder to compare, --in-place for {GOLDENS}.")
    if options.output.exists() and (not options.output.is_dir() or any(options.output.iterdir())):
        fail(f"--output {options.output}: it holds something already, and nothing of it is replaced; give a new or empty folder.")
    return options.output.resolve()


def record(options):
    """Runs recorders; returns the exit status."""
    names = chosen(options)
    output = destination(options)
    check_inputs(options, names)
    check_packages(names)
    output.mkdir(parents=True, exist_ok=True)
    options.goldens, options.weights = ROOT / GOLDENS, ROOT / WEIGHTS
    for name in names:
        print(f"{name}: {RECORDERS[name].about}", flush=True)
        importlib.import_module(f"recorders.{Path(RECORDERS[name].script).stem}").record(output, options)
    return update(names) if options.in_place else int(manifest.compare(output, names) > 0)


def update(recorded_now=()):
    """Writes the manifest; returns the exit status."""
    unknown = manifest.unknown()
    if unknown:
        for file in unknown:
            print(f"{file}: no recorder of eng/goldens/catalog.py writes it.", file=sys.stderr)
        print("record.py: add a recorder, or a line of APPROVED where a test of the project writes the file.", file=sys.stderr)
        return 1
    changed = manifest.write(recorded_now)
    for file in changed:
        print(f"changed  {file}")
    print(f"{relative(manifest.PATH)}: {len(changed)} of {len(manifest.read()['files'])} entries changed.")
    return 0


def main(arguments):
    """Returns the exit status."""
    options = parse(arguments)
    if options.list:
        show()
        return 0
    return update() if options.manifest else record(options)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
