"""Keeps a part of the columns of large tensors, such as every 61st logit of models/base/vqa, of 2.3 MB. Needs nothing but Python."""
import json
import struct

TENSOR, STEP, BYTES = "greedy.logits", 61, 4


def keep_every(folder, name=TENSOR, step=STEP):
    """Stores [..., ::step] of a float32 tensor, and says so in golden.json. A name that ends in a dot stands for all that begin so."""
    path = folder / "tensors.safetensors"
    for thinned in columns(path, lambda key: key == name or name.endswith(".") and key.startswith(name), step):
        note(folder / "golden.json", *thinned, step)


def columns(path, wanted, step):
    """Stores every step-th column of the wanted tensors of a file; returns their names and ranks."""
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header, body = json.loads(data[8:8 + length]), data[8 + length:]
    thinned, parts, names = {}, b"", []
    for key, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        start, end = entry["data_offsets"]
        part, shape = body[start:end], entry["shape"]
        if wanted(key):
            part = b"".join(part[i:i + BYTES] for i in kept(len(part) // BYTES, shape[-1], step))
            names.append((key, len(shape)))
            shape = [*shape[:-1], -(-shape[-1] // step)]
        thinned[key] = dict(dtype=entry["dtype"], shape=shape, data_offsets=[len(parts), len(parts) + len(part)])
        parts += part
    text = json.dumps(thinned).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + parts)
    return names


def kept(values, width, step):
    """Where the kept values begin in the tensor's bytes."""
    return (BYTES * (row + column) for row in range(0, values, width) for column in range(0, width, step))


def note(path, name, rank, step):
    """Says in golden.json which slice is stored, of which the first dimensions may be a part already."""
    document = json.loads(path.read_text(encoding="utf-8"))
    entry = document["tensors"][name]
    entry["stored"] = ", ".join([entry.get("stored", ", ".join([":"] * (rank - 1))), f"::{step}"])
    path.write_text(json.dumps(document, separators=(",", ":")), encoding="utf-8")
