"""The sketch: a rule-based arrangement, the control that every model of music must beat."""

from secondtake.core.registry.spec import GIB, Checkpoint, ModelSpec

SKETCH = ModelSpec(
    name="sketch",
    title="Sketch (rule-based control)",
    roles=("vocal", "instrumental"),
    sample_rate=44_100,
    channels=2,
    bandwidth_hz=20_000,
    exact_length=True,
    code_licence="MIT",
    supports=("style", "lyrics", "languages", "seconds", "bpm", "key", "seed"),
    devices=("cpu",),
    imports=("numpy", "tinysoundfont", "pretty_midi", "espeakng_loader"),
    environment_bytes=GIB // 8,
    checkpoints=(
        Checkpoint("built-in", "General MIDI soundfont and espeak-ng", longest_seconds=180.0),
    ),
    is_control=True,
    note="no model of music: the mark that a neural model must beat",
)
