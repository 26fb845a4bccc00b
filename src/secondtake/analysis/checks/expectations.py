"""Is the file what its model and its record promise?"""

from dataclasses import dataclass

from secondtake.analysis.audio_io import Header
from secondtake.analysis.checks.check import RECORD, REGISTRY, Check, judge
from secondtake.core.registry.all_models import MODELS
from secondtake.core.takes import Take

LENGTH_TOLERANCE = 0.010  # s; a model that can count samples has no excuse for more
SHORTEST, LONGEST = 0.5, 1.5  # of the asked length, for a model that stops when it has finished


@dataclass(frozen=True)
class Promise:
    """What decides how a take is judged, apart from its sound."""

    model: str
    sample_rate: int  # Hz; 0 for a model that is not in the registry, as for the next two
    channels: int
    bandwidth: float  # Hz
    exact_length: bool
    voice_only: bool  # it makes nothing but a voice
    voice: bool | None  # whether one is asked for; None: neither asked for nor ruled out
    lyrics: str
    seconds: float
    sha256: str
    frames: int
    noticed: tuple[str, ...]  # what the model's page itself found odd, window by window

    @classmethod
    def of(cls, take: Take) -> "Promise":
        """What a take's record says, and the registry says of its model."""
        job, model = take.job, MODELS.get(take.job.model)
        roles = model.roles if model else ()
        return cls(
            model=job.model,
            sample_rate=model.sample_rate if model else 0,
            channels=model.channels if model else 0,
            bandwidth=model.bandwidth_hz if model else 0.0,
            exact_length=bool(model and model.exact_length),
            voice_only=roles == ("vocal",),
            voice=_voice(job.lyrics, roles),
            lyrics=job.lyrics,
            seconds=job.seconds,
            sha256=take.wav.sha256,
            frames=take.wav.frames,
            noticed=_noticed(take),
        )


def _voice(lyrics: str, roles: tuple[str, ...]) -> bool | None:
    """A model that cannot sing is not asked to, and a song with words does not rule a voice out."""
    if not lyrics.strip():
        return False
    return True if "vocal" in roles else None


def _noticed(take: Take) -> tuple[str, ...]:
    windows = take.details.get("windows")
    noted = (
        [one.get("flags") for one in windows if isinstance(one, dict)]
        if isinstance(windows, list)
        else []
    )
    return tuple(str(flag) for flags in noted if isinstance(flags, list) for flag in flags)


def sample_rate(header: Header, promised: int) -> Check:
    """The file's sample rate in Hz is the model's."""
    return judge(
        "sample rate",
        header.sample_rate,
        "Hz",
        f"{promised} Hz",
        fails=header.sample_rate != promised,
        note=f"the model makes {promised} Hz: the file was resampled or is not its work",
        source=REGISTRY,
    )


def channels(header: Header, promised: int) -> Check:
    """The file has the model's number of channels."""
    return judge(
        "channels",
        header.channels,
        "",
        str(promised),
        fails=header.channels != promised,
        note=f"the model makes {promised}",
        source=REGISTRY,
    )


def exact_duration(seconds: float, asked: float) -> Check:
    """A model that can make an exact length made the length it was asked for (10 ms)."""
    return judge(
        "duration",
        seconds,
        "s",
        f"{asked:g} s ± {LENGTH_TOLERANCE:g} s",
        fails=abs(seconds - asked) > LENGTH_TOLERANCE,
        note=f"{seconds - asked:+.3f} s against the request",
    )


def free_duration(seconds: float, asked: float) -> Check:
    """A model that stops when it has finished stayed between half and one and a half of it."""
    low, high = SHORTEST * asked, LONGEST * asked
    return judge(
        "duration",
        seconds,
        "s",
        f"{low:g} to {high:g} s",
        warns=not low <= seconds <= high,
        note=f"asked for {asked:g} s; the model ends by itself, but this is far off",
    )


def frames(header: Header, recorded: int) -> Check:
    """The file has as many frames as its record says."""
    return judge(
        "frames",
        header.frames,
        "",
        str(recorded),
        fails=header.frames != recorded,
        note="cut short or changed since it was made",
        source=RECORD,
    )


def hash_equal(measured: str, recorded: str) -> Check:
    """The file's sha256 is the record's (figure 1 for equal, 0 for not)."""
    return judge(
        "hash",
        float(measured == recorded),
        "",
        "equal to the record",
        fails=measured != recorded,
        note=f"sha256 {measured[:12]}…, the record says {recorded[:12]}…: changed since",
        source=RECORD,
    )
