"""Whisper: which words of a sung take are understood by a recogniser that never sees them."""

from secondtake.core.registry.judge import SUNG, JudgeSpec
from secondtake.core.registry.spec import GIB, Checkpoint, WeightFile

BASE, BASE_COMMIT = "Systran/faster-whisper-base", "ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66"
# faster-whisper's own name for large-v3-turbo is redirected here, which mirrors do not do.
TURBO = "dropbox-dash/faster-whisper-large-v3-turbo"
TURBO_COMMIT = "0a363e9161cbc7ed1431c9597a8ceaf0c4f78fcf"
LICENCE = "MIT"
PACKAGED_LOCK = "lyrics_packaged"  # of venv-lyrics with the weights of two packages in it
BASE_SHA256 = {  # of the hub's files
    "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
}
BASE_BYTES = {
    "model.bin": 145_217_532,
    "config.json": 2_309,
    "tokenizer.json": 2_203_239,
    "vocabulary.txt": 459_861,
}
# The packages' model.bin, of their two parts, and the variables that it has and the hub's has not:
# switches of ALiBi, both off, which converters began to write after the hub's was made.
PACKAGED_SHA256 = "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57"
PACKAGED_BYTES = 145_217_607
PACKAGED_MORE = ("decoder/alibi_use_positive_positions", "decoder/scale_alibi")


def packaged_difference() -> str:
    """How the packages' model.bin differs from the hub's, and what is done about it: a sentence."""
    more = PACKAGED_BYTES - BASE_BYTES["model.bin"]
    return (
        f"the packages' model.bin (sha256 {PACKAGED_SHA256[:8]}…) is not the hub's file "
        f"({BASE_SHA256['model.bin'][:8]}…): it has {more} bytes more, two switches that are off; "
        "they are taken out, and what is loaded has the hub's sha256"
    )


def _weights(
    repository: str, commit: str, files: dict[str, tuple[int, str]]
) -> tuple[WeightFile, ...]:
    """The files of a checkpoint in CTranslate2's format: name -> bytes and sha256 ("": unknown)."""
    return tuple(
        WeightFile(name.partition(".")[0], name, repository, commit, sha256=sha256, bytes=size)
        for name, (size, sha256) in files.items()
    )


WHISPER = JudgeSpec(
    name="lyrics",
    title="Whisper",
    question="lyrics",
    asks="which of the words to be sung are understood",
    hears=SUNG,
    reads_languages=True,
    version=2,
    code_licence="MIT",
    devices=("cpu",),
    imports=("faster_whisper", "soundfile", "soxr"),
    environment_bytes=GIB,
    checkpoint_by_lock={PACKAGED_LOCK: "base-packaged"},
    checkpoints=(
        Checkpoint(
            name="base",
            title="Whisper (base)",
            weights=_weights(
                BASE,
                BASE_COMMIT,
                {name: (BASE_BYTES[name], sha256) for name, sha256 in BASE_SHA256.items()},
            ),
            licence=LICENCE,
            memory_bytes=GIB,
        ),
        Checkpoint(
            name="large-v3-turbo",
            title="Whisper (large-v3-turbo)",
            weights=_weights(
                TURBO,
                TURBO_COMMIT,
                {
                    "model.bin": (
                        1_617_884_929,
                        "e76620f83d5f5b69efd3d87e3dc180c1bd21df9fbebacfd4335e5e1efcc018da",
                    ),
                    "config.json": (2_263, ""),
                    "preprocessor_config.json": (340, ""),
                    "tokenizer.json": (2_710_337, ""),
                    "vocabulary.json": (1_068_114, ""),
                },
            ),
            licence=LICENCE,
            memory_bytes=4 * GIB,
        ),
        # Of two packages whose publisher nobody knows: only where their lock was chosen.
        Checkpoint(
            name="base-packaged",
            title="Whisper (base, packaged)",
            note=packaged_difference(),
            licence=LICENCE,
            memory_bytes=GIB,
        ),
    ),
)
