"""Keeps every 61st logit of models/base/vqa, and leaves out what no test reads: the whole would have 2.7 MB more. Needs nothing but Python."""
import json
import struct

TENSOR, STEP, BYTES = "greedy.logits", 61, 4


def keep_every(folder, name=TENSOR, step=STEP):
    """Stores [:, :, ::step] of a three-dimensional float32 tensor, and says so in golden.json."""
    def part(key, shape, data):
        if key != name:
            return shape, data
        return [*shape[:-1], -(-shape[-1] // step)], b"".join(data[i:i + BYTES] for i in kept(shape, step))

    rewrite(folder, part)
    note(folder / "golden.json", name, f":, :, ::{step}")


def leave_out(folder, name):
    """Stores nothing of a tensor, and says so in golden.json."""
    rewrite(folder, lambda key, shape, data: None if key == name else (shape, data))
    note(folder / "golden.json", name, None)


def rewrite(folder, part):
    """Writes tensors.safetensors anew with what part(key, shape, data) gives for each tensor; None leaves it out."""
    path = folder / "tensors.safetensors"
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header, body = json.loads(data[8:8 + length]), data[8 + length:]
    thinned, parts = {}, b""
    for key, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        start, end = entry["data_offsets"]
        result = part(key, entry["shape"], body[start:end])
        if result is not None:
            thinned[key] = dict(dtype=entry["dtype"], shape=result[0], data_offsets=[len(parts), len(parts) + len(result[1])])
            parts += result[1]
    text = json.dumps(thinned).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + parts)


def kept(shape, step):
    """Where the kept values begin in the tensor's bytes."""
    rows, width = shape[0] * shape[1], shape[2]
    return (BYTES * (row * width + column) for row in range(rows) for column in range(0, width, step))


def note(path, name, stored):
    """Says in golden.json which slice is stored; None: nothing."""
    document = json.loads(path.read_text(encoding="utf-8"))
    if stored is None:
        del document["tensors"][name]
    else:
        document["tensors"][name]["stored"] = stored
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")
