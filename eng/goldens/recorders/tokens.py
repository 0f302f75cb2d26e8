"""tokens/: text to ids and ids to text, by the reference's tokenizer."""
import json
import random
import shutil

from transformers import BertTokenizer

SEED = 11
LETTERS = "abcdefghijklmnopqrstuvwxyzABCXYZ0123456789 .,!?'-$+<>=éüñ中한😀\u0301\t"
TEXTS = [
    "a picture of ",
    "A woman and her dog sitting in a beach",
    "how many dogs are in the picture?",
    "",
    " ",
    "\t\n  \r",
    "Hello, World! It's 5 o'clock.",
    "$5 + 3 < 10 = true > false ^ ` | ~ @ # % & * ( ) _ - { } [ ] : ; \" ' / \\ ?",
    "price: $1,299.99 (20% off) a+b=c x<y>z",
    "C++ and C# and .NET",
    "naïve café résumé Zürich São Paulo Ångström",
    "cafe\u0301 nai\u0308ve e\u0301\u0300\u0302",
    "ﬁne ﬂow ﬀ ½ ² ③ Ⅷ ℃ ™",
    "ÀÉÎÕÜ ß ẞ Æ œ Ø ø Đ ł",
    "İstanbul ıssız DŽ ǅ",
    "Ελληνικά σίσυφος ΣΑΣ",
    "Москва Ёлка й",
    "日本語のテキスト 漢字 カタカナ ひらがな",
    "中文字幕,你好。世界",
    "한국어 안녕하세요",
    "हिन्दी में पाठ",
    "العربية مَرْحَبًا",
    "עִבְרִית",
    "ไทย ภาษา",
    "Tiếng Việt đẹp",
    "emoji 😀 👨‍👩‍👧 🇫🇷 ❤️ end",
    "zero\u200bwidth \u200d joiner \ufeff bom \u00ad soft",
    "nbsp\u00a0here\u2003em\u2028line\u3000wide",
    "control \x00 \x01 \x7f \x85 \x9f chars",
    "\ufffd replacement",
    "private \ue000 use \U000f0000",
    "math 𝒜𝓑 𝟙 ∑ ∫ √ ≤ ≥ ≠ ± × ÷ ° €£¥₹¢",
    "“smart” ‘quotes’ – — … « » ¿ ¡ § ¶ † ‡ • ·",
    "x" * 100,
    "x" * 101,
    "y" * 300,
    "supercalifragilisticexpialidocious antidisestablishmentarianism",
    "[CLS] literal [SEP] specials [MASK] [PAD] [UNK] [DEC]",
    "[cls] [Sep]lower",
    "word[SEP]glued",
    "@user #hash http://a.b/c?d=e&f=g me@x.org",
    "1234567890 3.14159 1e-9 0xFF 12:30 2026-11-23",
    "a.b.c...d!!e??f",
    "under_score camelCase kebab-case",
    "two red circles left of a large blue star on a gray background",
    "Is there a ring?",
    "what colour is the café?",
    "ALL CAPS SHOUTING",
    "tab\tseparated\tvalues",
    "𐐀 deseret 𐍈 gothic",
    "e\u0338 overlay ⃝",
    "ǆ ﷺ ㍿ ｆｕｌｌｗｉｄｔｈ ﾊﾝｶｸ",
    "\u1100\u1161\u11a8 jamo",
    "\u0600\u06dd\u070f format",
    "a\u0000b",
]


def record(output, options):
    """Writes tokens/: the demo's vocabulary, and bert-base-uncased's where its vocab.txt is given.

    bert-base-uncased's vocabulary is a third party's data and is not committed. Tests read both files from the folder in BLIP_BERT_VOCAB.
    """
    folder = output / "tokens"
    folder.mkdir(parents=True, exist_ok=True)
    if options.bert_vocab:
        tokens(folder, options.bert_vocab, "bert-base-uncased")
    tokens(folder, options.weights / "captioning" / "vocab.txt", "demo")


def tokens(folder, vocabulary, name):
    """Writes a vocabulary and what its tokenizer makes of the texts."""
    tokenizer = BertTokenizer.from_pretrained(str(vocabulary.parent))
    rng = random.Random(SEED)
    size = len(tokenizer)
    texts = list(TEXTS)
    texts += ["".join(rng.choice(LETTERS) for _ in range(rng.randint(1, 40))) for _ in range(150)]
    cases = [dict(text=t, ids=tokenizer(t).input_ids, plain=tokenizer(t, add_special_tokens=False).input_ids) for t in texts]
    truncation = [
        dict(text=t, max_length=m, ids=tokenizer(t, truncation=True, max_length=m).input_ids) for t in texts[:8] for m in (3, 5, 8)]
    batch = tokenizer(texts[:4], padding=True)
    padded = dict(texts=texts[:4], input_ids=batch.input_ids, attention_mask=batch.attention_mask)
    decode = []
    for i in range(60):
        row = tokenizer(rng.choice(texts)).input_ids if i % 2 else [rng.randrange(size) for _ in range(rng.randint(1, 12))]
        decode.append(decoded(tokenizer, row))
    document = dict(vocab_size=size, cases=cases, truncation=truncation, padded=padded, decode=decode)
    (folder / f"{name}.json").write_text(json.dumps(document, separators=(",", ":")), encoding="utf-8")
    shutil.copyfile(vocabulary, folder / f"{name}.vocab.txt")
    print(name, size, len(cases))


def decoded(tokenizer, row):
    """A row of ids as text, in each way of decoding."""
    return dict(
        ids=row,
        skip=tokenizer.decode(row, skip_special_tokens=True),
        keep=tokenizer.decode(row),
        skip_no_cleanup=tokenizer.decode(row, skip_special_tokens=True, clean_up_tokenization_spaces=False),
        skip_cleanup=tokenizer.decode(row, skip_special_tokens=True, clean_up_tokenization_spaces=True))
