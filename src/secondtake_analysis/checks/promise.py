"""Is the file what its model and its record promise?"""

from secondtake_analysis.audio import Header
from secondtake_analysis.checks.check import Check, judge

LENGTH_TOLERANCE = 0.010  # s; a model that can count samples has no excuse for more
SHORTEST, LONGEST = 0.5, 1.5  # of the asked length, for a model that stops when it has finished


def sample_rate(header: Header, promised: int) -> Check:
    """The file's sample rate in Hz is the model's."""
    return judge(
        "sample rate",
        header.sample_rate,
        "Hz",
        f"{promised} Hz",
        fails=header.sample_rate != promised,
        note=f"the model makes {promised} Hz: the file was resampled or is not its work",
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
    )
