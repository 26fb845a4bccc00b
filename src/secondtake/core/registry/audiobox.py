"""Audiobox Aesthetics: how a recording is liked and made, without a reference."""

from secondtake.core.registry.judge import HIGHER, NEITHER, JudgeScale, JudgeSpec
from secondtake.core.registry.spec import GIB, Checkpoint, WeightFile

REPOSITORY = "facebook/audiobox-aesthetics"
COMMIT = "9b1dd8e5df9af7216e836a98974fe3b82c56ded6"
UNIT = "points of 10"
OTHERS = "damaged copies of the baseline"
LEAST_SPAN = 0.5  # points; people differ by more


def _scale(name: str, closer_is: str, sentence: str) -> JudgeScale:
    """One of its four axes."""
    return JudgeScale(
        name,
        UNIT,
        closer_is,
        LEAST_SPAN,
        OTHERS,
        f"""{sentence}

    Definition: Audiobox Aesthetics' estimate of what listeners would say, mean over windows of 10 s
    by their length. Interval: from how far windows lie from the mean of their recording, over all
    recordings of the song.
    Range: 1 to 10. Floor: damaged copies of the baseline; ceiling: the baseline.
    Source: Tjandra et al., Meta Audiobox Aesthetics (2025).
    Fails: it was trained on short clips, most of them in English, and says nothing of the song.
    """,
    )


AUDIOBOX = JudgeSpec(
    name="audiobox",
    title="Audiobox Aesthetics",
    question="aesthetics",
    asks="how listeners would like a take, and how it is made, without comparing it with anything",
    scales=(
        _scale("production quality", HIGHER, "How well recorded and mixed it sounds."),
        _scale("content enjoyment", HIGHER, "How much listeners would enjoy it."),
        _scale("content usefulness", HIGHER, "How usable it is for other productions."),
        _scale("production complexity", NEITHER, "How much goes on at once; more is not better."),
    ),
    hears_damage=True,
    code_licence="CC-BY-4.0, parts MIT",
    devices=("cpu", "cuda", "mps"),
    imports=("torch", "audiobox_aesthetics", "safetensors", "soundfile", "soxr"),
    environment_bytes=6 * GIB,
    checkpoints=(
        Checkpoint(
            name="all-axes",
            title="Audiobox Aesthetics",
            weights=(
                WeightFile(
                    "model",
                    "model.safetensors",
                    REPOSITORY,
                    COMMIT,
                    sha256="a5a3c2412649cc2384ec525ffd5180ce6c4778f43bed6108e0a1303de04d014e",
                    bytes=415_472_992,
                    alternatives=("checkpoint.pt",),
                ),
                WeightFile(
                    "config",
                    "config.json",
                    REPOSITORY,
                    COMMIT,
                    sha256="0b8eabc5ced92cefed116a3aca8f1e59d2a33dc4d376b9e86dfb9c072e1d280d",
                    bytes=492,
                ),
            ),
            licence="CC-BY 4.0",
            converted_bytes=GIB // 2,  # of checkpoint.pt alone
            memory_bytes=2 * GIB,  # measured, of random weights: 1.4 GiB
        ),
    ),
)
