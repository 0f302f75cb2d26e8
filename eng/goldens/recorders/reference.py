"""Reference models: the configurations of the goldens, built from Hugging Face's classes with synthetic weights."""
import numpy as np
import torch
from transformers import BlipConfig, BlipForConditionalGeneration, BlipForImageTextRetrieval, BlipForQuestionAnswering, BlipModel

from . import synthetic

HEADS = dict(
    captioning=BlipForConditionalGeneration,
    model=BlipModel,
    retrieval=BlipForImageTextRetrieval,
    vqa=BlipForQuestionAnswering,
)


def config(vision, text, **top):
    """A BlipConfig whose remaining fields are those of the released checkpoints."""
    vision_config = dict(hidden_act="gelu", layer_norm_eps=1e-5, attention_dropout=0.0) | vision
    text_config = dict(
        hidden_act="gelu", layer_norm_eps=1e-12, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, eos_token_id=2,
        pad_token_id=0, is_decoder=True, use_cache=True, encoder_hidden_size=vision["hidden_size"],
        projection_dim=text["hidden_size"]) | text
    return BlipConfig(vision_config=vision_config, text_config=text_config, **top)


def tiny_square(**text):
    """Vision and text of one width."""
    return config(
        dict(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, image_size=24, patch_size=4),
        dict(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, vocab_size=99,
             max_position_embeddings=40, bos_token_id=97, sep_token_id=3) | text,
        projection_dim=20, image_text_hidden_size=12)


def tiny_wide(**text):
    """Vision and text of different widths, and odd sizes."""
    return config(
        dict(hidden_size=48, intermediate_size=80, num_hidden_layers=3, num_attention_heads=3, image_size=30, patch_size=5,
             layer_norm_eps=1e-6),
        dict(hidden_size=24, intermediate_size=56, num_hidden_layers=3, num_attention_heads=2, vocab_size=131, layer_norm_eps=1e-5,
             max_position_embeddings=48, bos_token_id=129, sep_token_id=3) | text,
        projection_dim=28, image_text_hidden_size=16)


def tiny_head64(**text):
    """Heads of size 64 as in the real models, so that the fast kernels run; everything else is odd."""
    return config(
        dict(hidden_size=128, intermediate_size=320, num_hidden_layers=2, num_attention_heads=2, image_size=40, patch_size=8),
        dict(hidden_size=128, intermediate_size=192, num_hidden_layers=2, num_attention_heads=2, vocab_size=307,
             max_position_embeddings=64, bos_token_id=305, sep_token_id=3) | text,
        projection_dim=64, image_text_hidden_size=32)


def base(layers=12, **text):
    """The size of the released base checkpoints."""
    return config(
        dict(hidden_size=768, intermediate_size=3072, num_hidden_layers=layers, num_attention_heads=12, image_size=384, patch_size=16),
        dict(hidden_size=768, intermediate_size=3072, num_hidden_layers=layers, num_attention_heads=12, vocab_size=30524,
             max_position_embeddings=512, bos_token_id=30522, sep_token_id=102) | text,
        projection_dim=512, image_text_hidden_size=256)


def large(**text):
    """The size of the released large checkpoints."""
    return config(
        dict(hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16, image_size=384, patch_size=16),
        dict(hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12, vocab_size=30524,
             max_position_embeddings=512, bos_token_id=30522, sep_token_id=102) | text,
        projection_dim=512, image_text_hidden_size=256)


def canonical(name):
    """The key that a checkpoint keeps of tied tensors: both take its values."""
    return name.replace("cls.predictions.decoder.bias", "cls.predictions.bias")


def build(head, cfg, salt, dtype):
    """A head's model with synthetic weights."""
    model = HEADS[head](cfg).eval()
    seen = set()
    for name, parameter in model.named_parameters():
        if parameter.data_ptr() in seen:
            continue
        seen.add(parameter.data_ptr())
        parameter.data = torch.from_numpy(synthetic.tensor(canonical(name), tuple(parameter.shape), salt)).clone()
    model.tie_weights()
    return model.to(dtype)


def pixels(cfg, n, salt, size=None):
    """Synthetic pixel values [n, 3, height, width], float32."""
    side = cfg.vision_config.image_size
    height, width = size or (side, side)
    return synthetic.values(f"{salt}pixel_values", (n, 3, height, width), 0.1, 1.0)


def ids(cfg, n, length, salt, name, first=None, lengths=None):
    """Token ids without special tokens and their mask; a first token and right padding where they are asked for."""
    text = cfg.text_config
    u = synthetic.uniform24(f"{salt}{name}", n * length).reshape(n, length)
    out = (5 + np.floor(u * (text.bos_token_id - 6))).astype(np.int64)
    if first is not None:
        out[:, 0] = first
    mask = np.ones_like(out)
    for i, kept in enumerate(lengths or []):
        out[i, kept:] = text.pad_token_id
        mask[i, kept:] = 0
    return torch.from_numpy(out), torch.from_numpy(mask)


def top_gap(logits):
    """The closest that the two best tokens came."""
    top = logits.double().topk(2, -1).values
    return (top[..., 0] - top[..., 1]).min().item()


def begin(threads, gradients=False):
    """Threads and gradients of a recorder: sums depend on the number of threads."""
    torch.set_num_threads(threads)
    torch.set_grad_enabled(gradients)
