"""Whisper base and large-v3-turbo in CTranslate2's format, some 3 MB of seeded noise each.

    python tests/tiny/lyrics.py FOLDER        (in venv-lyrics)

They know no language: every file, variable, special token and code path is true, the numbers are
not. CTranslate2 tells a checkpoint of many languages from its vocabulary, so that it has its true
size and the empty token that theirs has, and made-up words. Written are Systran/faster-whisper-base
(80 mel bands, vocabulary.txt) and dropbox-dash/faster-whisper-large-v3-turbo (128 bands, a language
more, vocabulary.json and preprocessor_config.json).
"""

import itertools
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

SEED = 20220921
WIDTH, HEADS, LAYERS, INNER = 16, 2, 2, 32
FRAMES, TOKENS = 1500, 448  # of the encoder and the decoder at most: true
TEXT_TOKENS = 50_257  # before <|endoftext|>
TIMESTAMPS = 1501  # <|0.00|> to <|30.00|>
CANTONESE = "yue"  # of large-v3 and its like alone
# Deviations: of a position over a word's, so that words change with it and do not repeat; of a
# timestamp and the like, which all together are less probable than the likeliest word.
POSITION, WORD, OTHER = 4.0, 0.5, 0.01
SHARP = 8.0  # of the last layer before the words
HEARD = 3.0  # of what a word takes from the recording, so that others give other words
CONSONANTS, VOWELS = "bcdfghjklmnprstvwz", "aeiou"


@dataclass(frozen=True)
class Kind:
    """What is not the same in the two checkpoints."""

    repository: str
    mels: int
    languages: tuple[str, ...]
    no_speech: str
    vocabulary: str  # its file


def kinds() -> tuple[Kind, Kind]:
    from faster_whisper.tokenizer import _LANGUAGE_CODES as CODES

    older = tuple(code for code in CODES if code != CANTONESE)
    base = "Systran/faster-whisper-base"
    turbo = "dropbox-dash/faster-whisper-large-v3-turbo"
    return (
        Kind(base, 80, older, "<|nocaptions|>", "vocabulary.txt"),
        Kind(turbo, 128, (*older, CANTONESE), "<|nospeech|>", "vocabulary.json"),
    )


def write(folder: Path) -> dict[str, Path]:
    """Write every file that the checkpoints are made of: repository/file -> its path."""
    for kind in kinds():
        target = folder / kind.repository
        target.mkdir(parents=True, exist_ok=True)
        text = _text_tokens()
        special = _special_tokens(kind)
        _write_tokenizer(target / "tokenizer.json", text, special)
        _write_model(target, kind, [*text, *special, *_timestamps()])
        if kind.vocabulary.endswith(".txt"):
            tokens = json.loads((target / "vocabulary.json").read_text(encoding="utf-8"))
            (target / kind.vocabulary).write_text("\n".join(tokens) + "\n", encoding="utf-8")
            (target / "vocabulary.json").unlink()
        else:
            facts = {"chunk_length": 30, "feature_size": kind.mels, "hop_length": 160, "n_fft": 400}
            (target / "preprocessor_config.json").write_text(
                json.dumps({**facts, "sampling_rate": 16_000}), encoding="utf-8"
            )
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in files}


def _text_tokens() -> list[str]:
    """The 256 bytes as the byte-level BPE spells them, then words with a space before, then ""."""
    from tokenizers.pre_tokenizers import ByteLevel

    alphabet = sorted(ByteLevel.alphabet())
    syllables = ["".join(pair) for pair in itertools.product(CONSONANTS, VOWELS)]
    groups = (itertools.product(syllables, repeat=length) for length in (1, 2, 3))
    words = ("Ġ" + "".join(word) for word in itertools.chain.from_iterable(groups))
    return [*alphabet, *itertools.islice(words, TEXT_TOKENS - len(alphabet) - 1), ""]


def _special_tokens(kind: Kind) -> list[str]:
    languages = [f"<|{code}|>" for code in kind.languages]
    tasks = ["<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>"]
    first = ["<|endoftext|>", "<|startoftranscript|>"]
    return [*first, *languages, *tasks, kind.no_speech, "<|notimestamps|>"]


def _timestamps() -> list[str]:
    return [f"<|{n * 0.02:.2f}|>" for n in range(TIMESTAMPS)]


def _write_tokenizer(path: Path, text: list[str], special: list[str]) -> None:
    """Whisper's kind: bytes that merge to words; here only "Ġ" with a consonant does."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    vocabulary = {token: place for place, token in enumerate(text)}
    merges = [("Ġ" + c, v) for c in CONSONANTS for v in VOWELS if "Ġ" + c in vocabulary]
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    tokenizer.save(str(path))


def _write_model(folder: Path, kind: Kind, tokens: list[str]) -> None:
    """model.bin, config.json and vocabulary.json, as CTranslate2's converters write them."""
    from ctranslate2.specs import WhisperSpec

    spec = WhisperSpec(LAYERS, HEADS, LAYERS, HEADS)
    dice = np.random.default_rng(SEED)
    for name, layer, attribute in _unset(spec):
        shape = _shape(name, kind, len(tokens))
        value = dice.standard_normal(shape).astype(np.float32)
        if name.endswith(("gamma", "beta")):
            height = SHARP if name == "decoder/layer_norm/gamma" else 1.0
            value = np.full(shape, height * name.endswith("gamma"), np.float32)
        elif name == "decoder/embeddings/weight":
            value *= WIDTH**0.5 / np.linalg.norm(
                value, axis=1, keepdims=True
            )  # no word is favoured
            value *= np.where(np.arange(len(tokens)) < TEXT_TOKENS, WORD, OTHER)[:, None]
        elif name == "decoder/position_encodings/encodings":
            value *= POSITION
        else:
            value *= shape[-1] ** -0.5 * (HEARD if "/attention/linear_2/" in name else 1.0)
        setattr(layer, attribute, value.astype(np.float16))
    spec.decoder.projection.weight = spec.decoder.embeddings.weight
    first = tokens.index("<|startoftranscript|>")
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = [tokens.index("Ġ"), tokens.index("<|endoftext|>")]
    spec.config.lang_ids = list(range(first + 1, first + 1 + len(kind.languages)))
    spec.config.alignment_heads = [[LAYERS - 1, head] for head in range(HEADS)]
    spec.register_vocabulary(tokens)
    spec.validate()
    spec.optimize()
    spec.save(str(folder))


def _unset(spec: Any) -> list[tuple[str, Any, str]]:
    """Every variable that a converter of Whisper sets: its name, its layer, the attribute there."""
    from ctranslate2.specs.model_spec import OPTIONAL, visit_spec

    unset: list[tuple[str, Any, str]] = []

    def look(layer: Any, name: str, value: Any) -> None:
        attribute = name.rpartition("/")[2]
        is_set_too = attribute in ("bias", "encodings") and isinstance(value, str)
        if value is None or (is_set_too and value == OPTIONAL):
            unset.append((name, layer, attribute))

    visit_spec(spec, look)
    return [entry for entry in unset if not entry[0].startswith("decoder/projection")]


def _shape(name: str, kind: Kind, tokens: int) -> tuple[int, ...]:
    """The shape of a variable, of the widths above."""
    if name == "decoder/embeddings/weight":
        return tokens, WIDTH
    if name.endswith("position_encodings/encodings"):
        return (FRAMES if name.startswith("encoder") else TOKENS), WIDTH
    if "/conv" in name:
        inputs = kind.mels if "/conv1/" in name else WIDTH
        return (WIDTH,) if name.endswith("bias") else (WIDTH, inputs, 3)
    if "/ffn/linear_" in name:
        out, into = (INNER, WIDTH) if "linear_0" in name else (WIDTH, INNER)
    elif "layer_norm" in name:
        return (WIDTH,)
    else:  # queries, keys and values at once; of attention to the encoder, keys and values
        fused = {"self_attention/linear_0": 3, "/attention/linear_1": 2}
        out, into = WIDTH * next((n for end, n in fused.items() if end in name), 1), WIDTH
    return (out, into) if name.endswith("weight") else (out,)


if __name__ == "__main__":
    for name, path in write(Path(sys.argv[1])).items():
        print(name, path.stat().st_size)
