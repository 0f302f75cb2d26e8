"""gradcam.safetensors: where a matched text looks, as LAVIS's compute_gradcam does it.

Cross-attention times its positive gradient of the "match" logit, mean over heads. Per model and layer: [batch, tokens, image tokens without
the class position]; tokens include [CLS] and [SEP]. The inputs are those of models/<model>/retrieval (label cls).
"""
import torch
from safetensors.torch import save_file

from .reference import begin, build, ids, pixels, tiny_head64, tiny_square, tiny_wide


def record(output, options):
    """Writes gradcam.safetensors."""
    begin(threads=1, gradients=True)
    salt, tensors = "", {}
    for name, make in (("tiny-square", tiny_square), ("tiny-wide", tiny_wide), ("tiny-head64", tiny_head64)):
        cfg = make()
        model = build("retrieval", cfg, salt, torch.float64)
        x = torch.from_numpy(pixels(cfg, 3, salt)).double()
        text, mask = ids(cfg, 3, 9, salt, "texts", first=4, lengths=[9, 5, 7])
        for parameter in model.parameters():
            parameter.requires_grad_(True)
        image = model.vision_model(x).last_hidden_state
        out = model.text_encoder(text, attention_mask=mask, encoder_hidden_states=image, output_attentions=True)
        logits = model.itm_head(out.last_hidden_state[:, 0])
        attentions = list(out.cross_attentions)
        gradients = torch.autograd.grad(logits[:, 1].sum(), attentions)
        for layer, (attention, gradient) in enumerate(zip(attentions, gradients)):
            cam = (attention * gradient.clamp(min=0))[:, :, :, 1:].mean(1) * mask[:, :, None]
            tensors[f"{name}.{layer}"] = cam.detach().float().contiguous()
            print(name, layer, tuple(cam.shape), cam.abs().max().item())
    save_file(tensors, output / "gradcam.safetensors")
