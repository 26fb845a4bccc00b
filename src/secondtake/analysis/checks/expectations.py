"""Checks of a take against its record and its model's entry in the registry."""

from dataclasses import dataclass

from secondtake.analysis.audio_io import Header
from secondtake.analysis.checks.check import RECORD, REGISTRY, Check, make_check
from secondtake.core.lyrics import read_lyrics
from secondtake.core.registry.all_models import MODELS
from secondtake.core.take_facts import baseline_mark
from secondtake.core.takes import Take

LENGTH_TOLERANCE = 0.010  # s; a model that can count samples has no excuse for more
EXPECTED_VOICE = {"vocal": True, "instrumental": False}  # in a file without a record
SHORTEST, LONGEST = 0.5, 1.5  # of the asked length, for a model that stops when it has finished


@dataclass(frozen=True)
class Expectations:
    """Facts of a take's record and of its model that its checks depend on."""

    model: str
    sample_rate: int  # Hz; 0 for a model that is not in the registry, as for the next two
    channels: int
    bandwidth: float  # Hz
    exact_length: bool
    voice_only: bool  # it makes nothing but a voice
    voice: bool | None  # whether one is asked for; None: neither asked for nor ruled out
    lyrics: str  # what is sung of them
    seconds: float
    sha256: str
    frames: int
    flags: tuple[str, ...]  # of the model's own checks while it generated, window by window
    from_baseline: str = ""  # what the take owes to the user's recording

    @classmethod
    def from_take(cls, take: Take) -> "Expectations":
        """The facts of a take's record and of its model; of an unknown model, none."""
        job, model = take.job, MODELS.get(take.job.model)
        roles = model.roles if model else ()
        sung = read_lyrics(job.lyrics).text
        return cls(
            model=job.model,
            sample_rate=model.sample_rate if model else 0,
            channels=model.channels if model else 0,
            bandwidth=model.bandwidth_hz if model else 0.0,
            exact_length=bool(model and model.exact_length),
            voice_only=roles == ("vocal",),
            voice=_voice(sung, roles),
            lyrics=sung,
            seconds=job.seconds,
            sha256=take.wav.sha256,
            frames=take.wav.frames,
            flags=_flags(take),
            from_baseline=baseline_mark(take),
        )


def _voice(lyrics: str, roles: tuple[str, ...]) -> bool | None:
    """A model that cannot sing is not asked to, and a song with words does not rule a voice out."""
    if not lyrics.strip():
        return False
    return True if "vocal" in roles else None


def _flags(take: Take) -> tuple[str, ...]:
    """The flags of every window in a record's details, which any model may have written."""
    windows = take.details.get("windows")
    if not isinstance(windows, list):
        return ()
    by_window = [window.get("flags") for window in windows if isinstance(window, dict)]
    return tuple(str(flag) for flags in by_window if isinstance(flags, list) for flag in flags)


def _equal(name: str, figure: int, expected: int, note: str, source: str, unit: str = "") -> Check:
    threshold = f"{expected} {unit}".rstrip()
    fails = figure != expected
    return make_check(name, figure, unit, threshold, fails=fails, note=note, source=source)


def sample_rate(header: Header, expected: int) -> Check:
    """The file's sample rate in Hz is the model's."""
    note = f"the model makes {expected} Hz: the file was resampled or is not its work"
    return _equal("sample rate", header.sample_rate, expected, note, REGISTRY, "Hz")


def channels(header: Header, expected: int) -> Check:
    """The file has the model's number of channels."""
    return _equal("channels", header.channels, expected, f"the model makes {expected}", REGISTRY)


def frames(header: Header, recorded: int) -> Check:
    """The file has as many frames as its record says."""
    note = "cut short or changed since it was made"
    return _equal("frames", header.frames, recorded, note, RECORD)


def hash_equal(measured: str, recorded: str) -> Check:
    """The file's sha256 is the record's (figure 1 for equal, 0 for not)."""
    equal = float(measured == recorded)
    threshold, fails = "equal to the record", not equal
    note = f"sha256 {measured[:12]}…, the record says {recorded[:12]}…: changed since"
    return make_check("hash", equal, "", threshold, fails=fails, note=note, source=RECORD)


def independence(mark: str) -> Check:
    """A hint on a take that was made from the user's recording. mark: of core.take_facts."""
    note = f"{mark}: however close it comes to that, it is not independent of it"
    threshold = "made without the baseline"
    return make_check("independence", None, "", threshold, hints=True, note=note, source=RECORD)


def exact_duration(seconds: float, requested: float) -> Check:
    """A model that can make an exact length made the length it was asked for (10 ms)."""
    threshold = f"{requested:g} s ± {LENGTH_TOLERANCE:g} s"
    fails = abs(seconds - requested) > LENGTH_TOLERANCE
    note = f"{seconds - requested:+.3f} s against the request"
    return make_check("duration", seconds, "s", threshold, fails=fails, note=note)


def free_duration(seconds: float, requested: float) -> Check:
    """A model that stops when it has finished stayed between half and one and a half of it."""
    low, high = SHORTEST * requested, LONGEST * requested
    warns = not low <= seconds <= high
    note = f"asked for {requested:g} s; the model ends by itself, but this is far off"
    return make_check("duration", seconds, "s", f"{low:g} to {high:g} s", warns=warns, note=note)
