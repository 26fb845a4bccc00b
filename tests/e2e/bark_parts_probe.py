"""Bark's drawing and spelling, in its environment: python bark_parts_probe.py FOLDER

Prints JSON: each beside what torch and transformers do.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

import torch
from transformers import BertTokenizer

from secondtake.models.bark.tokenizer import load_tokenizer
from secondtake.models.inference.noise_ahead import NoiseAhead
from secondtake.models.inference.sampling import sample, softmax_with_temperature

TEMPERATURES = (0.05, 0.3, 0.7, 1.0, 1.5, 2.0)
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:!?¡¿'-[]()♪áéíóúñüÑçØ"
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *(f"##{x}" for x in LETTERS),
         "你", "好", "世", "🎵", "night", "noche", "whisper", "##ing", "##ito", "cora", "##zón",
         "don", "MAN", "La"]  # fmt: skip
TEXTS = (
    "[MAN] ♪ We whisper, susurra conmigo. ♪", "La noche, corazón; ¿qué será? ¡Ñandú!",
    "whispering nightito Don't DON'T", "cora\u0301zo\u0301n cafe\u0301", "你好世界 hello你",
    "hm 🎵 🎶!", "cafe\u200b\u0301",
    "a\u0000b\u0007c\u200bd\ufffde", "x" * 200, "a" * 100 + " " + "a" * 101,
    "one\r\ntwo\rthree\n\n four",
    "tab\there\u00a0no\u2028line\u3000wide", "  ", "…—«»“”", "a-b-c [laughs] (x2)", "ﬁn Å \u212b",
    "l'été ç Ç ß", "soft\u00adhyphen \ue000 private", "\u1680og\u1c3cham",
)  # fmt: skip


def draws() -> bool:
    """True if tokens are torch.multinomial's, alone, in a batch, and one after the other."""
    logits = torch.randn(len(TEMPERATURES), 10_001, generator=torch.Generator().manual_seed(1)) * 3
    temperatures = torch.tensor(TEMPERATURES)[:, None]
    probs, steps = softmax_with_temperature(logits, temperatures), 40
    theirs = []
    for seed, row in enumerate(probs):
        torch.manual_seed(seed)
        theirs.append([torch.multinomial(row, 1).item() for _ in range(steps)])
    rows = [torch.Generator().manual_seed(seed) for seed in range(len(probs))]
    noise = NoiseAhead(rows, probs.shape[1:], "cpu", 1)
    together = torch.stack([sample(probs, noise.block(1)[0]) for _ in range(steps)], 1).tolist()
    one_by_one = NoiseAhead([torch.Generator().manual_seed(5)], probs.shape[1:], "cpu", 1)
    torch.manual_seed(5)
    after = [torch.multinomial(row, 1).item() for row in probs]
    varied = len({token for row in together for token in row}) > steps
    alone = sample(probs, one_by_one.block(len(probs))[:, 0]).tolist()
    return together == theirs and alone == after and varied


def spellings(folder: Path) -> dict[str, Any]:
    """By text: our tokens beside BertTokenizer's, wherever they differ."""
    (folder / "words").mkdir(exist_ok=True)
    path = folder / "words" / "vocab.txt"
    path.write_text("\n".join(WORDS) + "\n", encoding="utf-8")
    tokenizer, tokenize = BertTokenizer(str(path), do_lower_case=False), load_tokenizer(path)
    differ = {}
    for text in TEXTS:
        as_suno_bark = re.sub(r"\s+", " ", text).strip()
        theirs = tokenizer.encode(as_suno_bark, add_special_tokens=False)
        if tokenize(text) != theirs:
            differ[text[:40]] = [tokenize(text), theirs]
    return differ


def main(folder: Path) -> dict[str, Any]:
    return {
        "draws": draws(),
        "spelled_differently": spellings(folder),
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]).resolve())))
