"""Synthetic weights: the same float32 values in every language, so that full-size models need no download.

value(name, i) = float32(offset + scale * sqrt(3) * (2 * u - 1)), u = top 24 bits of splitmix64 / 2**24.
The state of splitmix64 is fnv1a64(utf8 name) + (i + 1) * 0x9E3779B97F4A7C15 (mod 2**64); i is the row-major index.
All arithmetic after u is float64, rounded once to float32. `name` is the checkpoint's key behind a salt.

The first rule that fits gives (offset, scale); names are compared in lower case:
  *logit_scale                                                -> (2.6592, 0)
  *layernorm.weight, *layer_norm1.weight, *layer_norm2.weight -> (1, 0.1)
  *.bias                                                      -> (0, 0.05)
  *word_embeddings.weight                                     -> (0, 0.1)
  *class_embedding, *position_embedding, *position_embeddings.weight -> (0, 0.2)
  *qkv.weight, *.query.weight, *.key.weight                   -> (0, 1.6 / sqrt(fan_in))
  *.output.dense.weight                                       -> (0, 0.4 / sqrt(fan_in))
  every other weight                                          -> (0, 1 / sqrt(fan_in))
fan_in is the product of all dimensions but the first. Pixel values are uniform, with an offset and a scale of their own.
Blip.Runtime/Checkpoints/Synthetic is the same rule in C#.
"""
import math

import numpy as np

GOLDEN_RATIO = np.uint64(0x9E3779B97F4A7C15)


def fnv1a64(text: str) -> int:
    """The 64-bit FNV-1a hash of a text's UTF-8 bytes."""
    value = 0xCBF29CE484222325
    for byte in text.encode("utf-8"):
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def uniform24(name: str, count: int) -> np.ndarray:
    """`count` float64 values in [0, 1), each a multiple of 2**-24."""
    with np.errstate(over="ignore"):
        z = np.uint64(fnv1a64(name)) + (np.arange(count, dtype=np.uint64) + np.uint64(1)) * GOLDEN_RATIO
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) * 2.0**-24


def rule(name: str, shape) -> tuple[float, float]:
    """The offset and the scale of a parameter's values."""
    fan_in = int(np.prod(shape[1:])) if len(shape) > 1 else 1
    low = name.lower()
    if low.endswith("logit_scale"):
        return 2.6592, 0.0
    if low.endswith(("layernorm.weight", "layer_norm1.weight", "layer_norm2.weight")):
        return 1.0, 0.1
    if low.endswith(".bias"):
        return 0.0, 0.05
    if low.endswith("word_embeddings.weight"):
        return 0.0, 0.1
    if low.endswith(("class_embedding", "position_embedding", "position_embeddings.weight")):
        return 0.0, 0.2
    if low.endswith(("qkv.weight", ".query.weight", ".key.weight")):
        return 0.0, 1.6 / math.sqrt(fan_in)
    if low.endswith(".output.dense.weight"):
        return 0.0, 0.4 / math.sqrt(fan_in)
    return 0.0, 1.0 / math.sqrt(fan_in)


def values(name: str, shape, offset: float, scale: float) -> np.ndarray:
    """float32 values under a name, with their offset and scale."""
    count = int(np.prod(shape)) if len(shape) else 1
    return (offset + scale * math.sqrt(3.0) * (2.0 * uniform24(name, count) - 1.0)).astype(np.float32).reshape(shape)


def tensor(name: str, shape, salt: str = "") -> np.ndarray:
    """The float32 values of a parameter."""
    return values(salt + name, shape, *rule(name, shape))
