"""One picture a take: baseline and take, or take and sketch, or the take alone."""

from secondtake_analysis.material import Compared, Material
from secondtake_analysis.plots import draw, picture
from secondtake_analysis.recording import Recording


def illustration(material: Material, compared: Compared) -> bytes:
    """The PNG of a take, from the cache if its sounds and titles are unchanged."""
    shown = _columns(compared)
    titles = [_title(material, recording) for recording in shown]
    made_from = [
        [recording.identity, title] for recording, title in zip(shown, titles, strict=True)
    ]

    def make() -> bytes:
        pairs = zip(shown, titles, strict=True)
        return draw([picture(recording.audio, title) for recording, title in pairs])

    return compared.recording.cache.bytes_of("plot", made_from, make)


def _columns(compared: Compared) -> list[Recording]:
    """Left and right: the original before the take, the take before the sketch."""
    if compared.reference is None:
        return [compared.recording]
    if compared.reference.label == "baseline":
        return [compared.reference, compared.recording]
    return [compared.recording, compared.reference]


def _title(material: Material, recording: Recording) -> str:
    return f"segment {material.segment.number}: {recording.label}"
