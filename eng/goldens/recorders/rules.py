"""rules/: each logits rule of generate() on its own, and six of them in a chain."""
import json

import torch
import transformers.generation.logits_process as L
from safetensors.torch import save_file

from .reference import begin

SEED = 11
VOCABULARY, BATCH, LENGTH, STOP = 53, 3, 9, 7


def rules(ids, eos):
    """Name, options and processor of each rule."""
    bad_words = [[11], [int(ids[0, 8]), 12], [int(ids[1, 7]), int(ids[1, 8]), 13]]
    bias = [[[14], -4.0], [[int(ids[2, 8]), 15], 6.0]]
    return [
        ("temperature", dict(temperature=0.7), L.TemperatureLogitsWarper(0.7)),
        ("top_k", dict(top_k=5), L.TopKLogitsWarper(5)),
        ("top_k_all", dict(top_k=500), L.TopKLogitsWarper(500)),
        ("top_p", dict(top_p=0.8), L.TopPLogitsWarper(0.8)),
        ("top_p_small", dict(top_p=0.01), L.TopPLogitsWarper(0.01)),
        ("min_p", dict(min_p=0.1), L.MinPLogitsWarper(0.1)),
        ("typical_p", dict(typical_p=0.6), L.TypicalLogitsWarper(0.6)),
        ("epsilon_cutoff", dict(epsilon_cutoff=0.02), L.EpsilonLogitsWarper(0.02)),
        ("eta_cutoff", dict(eta_cutoff=0.02), L.EtaLogitsWarper(0.02)),
        ("repetition_penalty", dict(repetition_penalty=1.7), L.RepetitionPenaltyLogitsProcessor(1.7)),
        ("repetition_bonus", dict(repetition_penalty=0.6), L.RepetitionPenaltyLogitsProcessor(0.6)),
        ("no_repeat_1", dict(no_repeat_ngram_size=1), L.NoRepeatNGramLogitsProcessor(1)),
        ("no_repeat_2", dict(no_repeat_ngram_size=2), L.NoRepeatNGramLogitsProcessor(2)),
        ("no_repeat_3", dict(no_repeat_ngram_size=3), L.NoRepeatNGramLogitsProcessor(3)),
        ("min_length_active", dict(min_length=12), L.MinLengthLogitsProcessor(12, eos)),
        ("min_length_passed", dict(min_length=4), L.MinLengthLogitsProcessor(4, eos)),
        ("bad_words", dict(bad_words_ids=bad_words), L.NoBadWordsLogitsProcessor([list(words) for words in bad_words], eos)),
        ("sequence_bias", dict(sequence_bias=bias), L.SequenceBiasLogitsProcessor([list(pair) for pair in bias])),
        ("suppress_tokens", dict(suppress_tokens=[1, 5, 20]), L.SuppressTokensLogitsProcessor([1, 5, 20])),
        ("forced_eos_now", dict(forced_eos_token_id=STOP, max_length=10), L.ForcedEOSTokenLogitsProcessor(10, eos)),
        ("forced_eos_later", dict(forced_eos_token_id=STOP, max_length=20), L.ForcedEOSTokenLogitsProcessor(20, eos)),
        ("exponential_decay", dict(exponential_decay_length_penalty=[3, 1.3], prompt_length=2),
         L.ExponentialDecayLengthPenalty((3, 1.3), eos, 2)),
        ("renormalize", dict(renormalize_logits=True), L.LogitNormalization()),
    ]


def record(output, options):
    """Writes rules/."""
    begin(threads=2)
    folder = output / "rules"
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(SEED)
    ids = torch.randint(0, VOCABULARY, (BATCH, LENGTH))
    ids[0, 4:6] = ids[0, 7:9]
    ids[1, 2] = ids[1, 8]
    scores = torch.randn(BATCH, VOCABULARY) * 3
    eos = torch.tensor([STOP])
    tensors, document = dict(scores=scores.clone()), []
    for name, settings, processor in rules(ids, eos):
        tensors[name] = processor(ids.clone(), scores.clone()).float().contiguous()
        document.append(dict(name=name, options=settings))
    chain = L.LogitsProcessorList([
        L.RepetitionPenaltyLogitsProcessor(1.3), L.NoRepeatNGramLogitsProcessor(2), L.MinLengthLogitsProcessor(12, eos),
        L.TemperatureLogitsWarper(0.8), L.TopKLogitsWarper(20), L.TopPLogitsWarper(0.9)])
    tensors["chain"] = chain(ids.clone(), scores.clone()).float().contiguous()
    document.append(dict(name="chain", options=dict(
        repetition_penalty=1.3, no_repeat_ngram_size=2, min_length=12, temperature=0.8, top_k=20, top_p=0.9)))
    save_file(tensors, folder / "rules.safetensors")
    whole = dict(input_ids=ids.tolist(), eos_token_id=STOP, cases=document)
    (folder / "rules.json").write_text(json.dumps(whole, indent=1), encoding="utf-8")
