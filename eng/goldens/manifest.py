"""manifest.json: the recorder, the size and the hash of every golden, and what each recorder ran with. Needs nothing but Python."""
import hashlib
import json
from importlib import metadata

from catalog import APPROVED, RECORDERS, ROOT, kept_files, recorder_of

PATH = ROOT / "eng" / "goldens" / "manifest.json"
NOTE = "Written by 'python eng/goldens/record.py --manifest'; README.md beside this file says how."


def sha256(path):
    """The hash of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read():
    """The manifest; one without entries where there is none."""
    return json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else dict(recorders={}, approved={}, files={})


def installed(packages):
    """Versions of the packages that are installed."""
    versions = {}
    for package in packages:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            pass
    return versions


def unknown():
    """Files that no recorder writes."""
    return [file for file in kept_files() if recorder_of(file) is None]


def write(recorded_now=()):
    """Writes the manifest and returns the files whose entries changed. Recorders that ran just now get the installed versions."""
    old = read()
    recorders = {name: describe(name, old, name in recorded_now) for name in RECORDERS}
    files = {file: entry(file) for file in kept_files()}
    text = "\n".join([
        "{", f' "note": {json.dumps(NOTE)},', ' "recorders": {', lines(recorders), " },", ' "approved": {', lines(APPROVED), " },",
        ' "files": {', lines(files), " }", "}", ""])
    PATH.write_text(text, encoding="utf-8", newline="\n")
    names = sorted(files.keys() | old["files"].keys())
    return [name for name in names if files.get(name) != old["files"].get(name)]


def describe(name, old, ran):
    """A recorder's entry."""
    recorder = RECORDERS[name]
    versions = old["recorders"].get(name, {}).get("versions")
    if ran or versions is None:
        versions = installed(recorder.packages)
    return dict(script=recorder.script, command=recorder.command, versions=versions)


def entry(file):
    """A file's entry."""
    path = ROOT / file
    return dict(recorder=recorder_of(file), bytes=path.stat().st_size, sha256=sha256(path))


def lines(entries):
    """Entries, one a line, so that a change reads well."""
    return ",\n".join(f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in entries.items())


def compare(output, names):
    """Says of each file below a folder whether it is the golden of the tree; returns how many are not."""
    known, different = read()["files"], 0
    for path in sorted(p for p in output.rglob("*") if p.is_file()):
        file = f"Blip.Tests/Goldens/{path.relative_to(output).as_posix()}"
        if recorder_of(file) not in names:
            continue
        same = known.get(file, {}).get("sha256") == sha256(path)
        different += not same
        print("same     " if same else "different" if file in known else "new      ", file)
    return different
