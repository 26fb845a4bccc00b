"""The job that the benchmarks of ACE-Step ask for."""

from secondtake.core.jobs import Job
from secondtake.core.registry.ace_step import ACE_STEP

PROMPT = "bolero, warm female voice, nylon guitar, soft bongos, intimate, slow"
LYRICS = """[Verse]
La mar al amanecer se queda sola conmigo
y el viento que la despierta no sabe lo que le digo
[Chorus]
Canta, corazón, canta, que la noche ya se va
canta, corazón, canta, que mañana volverá
"""


def job(seconds: float, steps: int, mode: str, dtype: str, seed: int) -> Job:
    """A take of turbo with the registry's settings, but for these."""
    checkpoint = ACE_STEP.checkpoint("turbo")
    options = {"steps": steps, "mode": mode, "dtype": dtype}
    return Job(
        song="benchmark",
        segment=1,
        kind="verse",
        title="",
        model=ACE_STEP.name,
        checkpoint=checkpoint.name,
        take=1,
        seed=seed,
        seconds=seconds,
        prompt=PROMPT,
        style=PROMPT,
        lyrics=LYRICS,
        languages=("es",),
        bpm=96.0,
        key="A minor",
        settings=ACE_STEP.settings(checkpoint, options) | {"cover": ""},
    )
