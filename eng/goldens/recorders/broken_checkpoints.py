"""checkpoints/bad-*: files that must be refused with an error that names the file, before anything is executed or allocated.

Those that follow from tied-float32.safetensors or are all nesting are not written here (derived.py).
"""
import io
import json
import os
import pickle
import struct
import zipfile

import torch
from safetensors.torch import save

from .derived import derived

NORM = "vision_model.post_layernorm.weight"


class Evil:
    """An object whose pickle calls a function when it is read."""

    def __init__(self, call, *args):
        self.call, self.args = call, args

    def __reduce__(self):
        return self.call, self.args


def torch_zip(path, data_pickle, storages=()):
    """Writes torch's container around a pickle and its storages."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", data_pickle)
        archive.writestr("archive/byteorder", "little")
        for name, data in storages:
            archive.writestr(f"archive/data/{name}", data)
        archive.writestr("archive/version", "3\n")


def raw_safetensors(header, data=b"", length=None):
    """A safetensors file whose header may be wrong."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def f32(start, end, shape):
    """A header's entry of a float32 tensor."""
    return dict(dtype="F32", shape=shape, data_offsets=[start, end])


def write(folder, tied, expected):
    """Writes every file, and what is wrong with it into `expected`."""

    def bad(name, note):
        expected[name] = dict(expect="error", note=note)

    not_checkpoints(folder, bad)
    pickles(folder, bad)
    safetensors_headers(folder, bad)
    missing = dict(tied)
    missing.pop(NORM)
    derived("bad-missing-key.safetensors", save(missing))
    bad("bad-missing-key.safetensors", f"{NORM} is absent: the message names it")
    wrong = dict(tied)
    wrong[NORM] = torch.zeros(31)
    derived("bad-wrong-shape.safetensors", save(wrong))
    bad("bad-wrong-shape.safetensors", "the message names the key, the shape found and the shape wanted")


def not_checkpoints(folder, bad):
    """Writes what a failed download leaves behind."""
    (folder / "bad-truncated.bin").write_bytes((folder / "float32.bin").read_bytes()[:30000])
    bad("bad-truncated.bin", "cut short")
    (folder / "bad-empty.bin").write_bytes(b"")
    bad("bad-empty.bin", "0 bytes")
    (folder / "bad-html.bin").write_bytes(b"<!DOCTYPE html><html>404</html>")
    bad("bad-html.bin", "an error page saved as the file")
    (folder / "bad-lfs-pointer.bin").write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 989820849\n")
    bad("bad-lfs-pointer.bin", "a git LFS pointer: say so in the message")


def pickles(folder, bad):
    """Writes pickles that call functions, and pickles that are not sound."""
    small = {"a": torch.arange(6.).view(2, 3)}
    buffer = io.BytesIO()
    torch.save(small, buffer)
    good = buffer.getvalue()
    calls = (Evil(os.system, "touch pwned"), Evil(eval, "1+1"), Evil(getattr, "text", "upper"), Evil(os.execv, "/bin/sh", ["sh"]))
    for i, evil in enumerate(calls):
        torch_zip(folder / f"bad-code-{i}.bin", pickle.dumps({"a": evil}, 2))
        bad(f"bad-code-{i}.bin", "names a function that a checkpoint has no use for: refused, never called")
    torch_zip(folder / "bad-memo.bin", b"\x80\x02}q\x00h\x63s.")
    bad("bad-memo.bin", "reads a memo slot never written")
    # Its dates change, so the tests make it without a hash: torch_zip around b"\x80\x02" + b"(" * 200000 + b".".
    bad("bad-deep.bin", "200,000 open marks")
    torch_zip(folder / "bad-cycle.bin", b"\x80\x02]q\x00h\x00a.")
    bad("bad-cycle.bin", "a list that contains itself")
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        data = archive.read(next(n for n in archive.namelist() if n.endswith("data.pkl")))
    torch_zip(folder / "bad-missing-storage.bin", data)
    bad("bad-missing-storage.bin", "the storage entry is absent")
    torch_zip(folder / "bad-short-storage.bin", data, [("0", b"\0" * 20)])
    bad("bad-short-storage.bin", "the storage holds 20 bytes, the tensor needs 24")
    huge = data.replace(b"K\x02K\x03\x86", b"J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86")
    torch_zip(folder / "bad-huge-shape.bin", huge, [("0", b"\0" * 24)])
    bad("bad-huge-shape.bin", "2^31-1 by 2^31-1 over a 24-byte storage: no allocation before the check")


def safetensors_headers(folder, bad):
    """Writes safetensors files with headers that lie."""
    twice = b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}'
    eight, twelve = b"\0" * 8, b"\0" * 12
    for name, header, data, length, note in (
            ("bad-header-length", {"a": f32(0, 8, [2])}, eight, 1 << 60, "header length beyond the file"),
            ("bad-header-100mb", {"a": f32(0, 8, [2])}, eight, 100_000_001, "header length above 100 MB"),
            ("bad-json", b'{"a": {"dtype":"F32","shape":[2],', eight, None, "broken JSON"),
            ("bad-out-of-range", {"a": f32(0, 16, [4])}, eight, None, "offsets beyond the data"),
            ("bad-overlap", {"a": f32(0, 8, [2]), "b": f32(4, 12, [2])}, twelve, None, "two tensors share bytes"),
            ("bad-hole", {"a": f32(0, 8, [2]), "b": f32(16, 24, [2])}, b"\0" * 24, None, "bytes that no tensor owns"),
            ("bad-reversed", {"a": f32(8, 0, [2])}, eight, None, "end before start"),
            ("bad-size", {"a": f32(0, 8, [3])}, eight, None, "shape and bytes disagree"),
            ("bad-overflow", {"a": f32(0, 0, [1 << 32, 1 << 32])}, b"", None, "shape product overflows 64 bits"),
            ("bad-negative", {"a": f32(0, 8, [-2])}, eight, None, "negative dimension"),
            ("bad-dtype", {"a": dict(dtype="F99", shape=[2], data_offsets=[0, 8])}, eight, None, "unknown type"),
            ("bad-duplicate", twice, eight, None, "a key twice"),
            ("bad-array", b'[1,2,3]', b"", None, "the header is no object")):
        (folder / f"{name}.safetensors").write_bytes(raw_safetensors(header, data, length))
        bad(f"{name}.safetensors", note)
    derived("bad-deep.safetensors", raw_safetensors(b'{"a":' + b"[" * 50000 + b"]" * 50000 + b"}"))
    bad("bad-deep.safetensors", "nesting of 50,000")
