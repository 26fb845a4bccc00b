"""Text to the tokens that Bark reads: multilingual BERT's word pieces, case kept."""

from collections.abc import Callable
from pathlib import Path

from secondtake.core.errors import ModelError
from secondtake.models.bark.constants import REMEDY

Tokenize = Callable[[str], list[int]]
LONGEST_WORD = 100  # characters; BERT's own limit, a longer word is unknown to it


def load_tokenizer(vocabulary: Path) -> Tokenize:
    """BertTokenizer (do_lower_case=False): text -> ids. ModelError bad_weights: no vocabulary."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece
    from tokenizers.normalizers import NFC, BertNormalizer, Sequence
    from tokenizers.pre_tokenizers import BertPreTokenizer

    try:
        words = vocabulary.read_text(encoding="utf-8").split("\n")
        ids = {word.rstrip("\r"): number for number, word in enumerate(words) if word}
        pieces = WordPiece(ids, unk_token="[UNK]", max_input_chars_per_word=LONGEST_WORD)  # noqa: S106
    except (ValueError, OSError) as error:
        message = f"{vocabulary} is no vocabulary of BERT's: {error}"
        raise ModelError("bad_weights", message, REMEDY) from error
    tokenizer = Tokenizer(pieces)
    # An accent that is written as a character of its own joins its letter, as in BertTokenizer.
    tokenizer.normalizer = Sequence([BertNormalizer(lowercase=False), NFC()])
    tokenizer.pre_tokenizer = BertPreTokenizer()

    def tokenize(text: str) -> list[int]:
        return list(tokenizer.encode(" ".join(text.split()), add_special_tokens=False).ids)

    return tokenize
