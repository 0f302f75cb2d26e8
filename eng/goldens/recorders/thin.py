"""Keeps a part of the columns of large tensors, such as every 61st logit of models/base/vqa, of 2.3 MB. Needs nothing but Python."""
import json
import struct

TENSOR, STEP, BYTES = "greedy.logits", 61, 4


def keep_every(folder, name=TENSOR, step=STEP):
    """Stores [:, :, ::step] of a three-dimensional float32 tensor, and says so in golden.json."""
    path = folder / "tensors.safetensors"
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header, body = json.loads(data[8:8 + length]), data[8 + length:]
    thinned, parts = {}, b""
    for key, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        start, end = entry["data_offsets"]
        part, shape = body[start:end], entry["shape"]
        if key == name:
            part = b"".join(part[i:i + BYTES] for i in kept(shape, step))
            shape = [*shape[:-1], -(-shape[-1] // step)]
        thinned[key] = dict(dtype=entry["dtype"], shape=shape, data_offsets=[len(parts), len(parts) + len(part)])
        parts += part
    text = json.dumps(thinned).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + parts)
    note(folder / "golden.json", name, step)


def kept(shape, step):
    """Where the kept values begin in the tensor's bytes."""
    rows, width = shape[0] * shape[1], shape[2]
    return (BYTES * (row * width + column) for row in range(rows) for column in range(0, width, step))


def note(path, name, step):
    """Says in golden.json which slice is stored, of which the first two dimensions may be a part already."""
    document = json.loads(path.read_text(encoding="utf-8"))
    entry = document["tensors"][name]
    entry["stored"] = f"{entry.get('stored', ':, :')}, ::{step}"
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")
