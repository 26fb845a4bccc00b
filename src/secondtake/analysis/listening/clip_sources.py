"""What there is to hear of a song: the baseline's stretch of every segment, and its takes.

The same takes as are compared: those of the plan and the kept ones, if their wavs are whole.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from secondtake.analysis.cache import Cache
from secondtake.analysis.comparison.material import CHANGED, DAMAGED
from secondtake.analysis.listening.marked_words import MarkedWord, marked_words
from secondtake.analysis.lyrics.transcribe import stored_transcript, transcripts_of
from secondtake.analysis.lyrics.transcripts import is_sung
from secondtake.analysis.recording import Recording
from secondtake.core.judge_jobs import baseline_name
from secondtake.core.project import Project
from secondtake.core.song import Segment, Song
from secondtake.core.take_store import TakeStore
from secondtake.core.takes import NAME, Take, wav_path


@dataclass(frozen=True)
class ClipSource:
    """A baseline or a take, of which a clip can be made."""

    segment: int
    take: str  # its name; "" for the baseline
    recording: Recording
    words: tuple[MarkedWord, ...] = ()  # () if nobody listened

    @property
    def name(self) -> str:
        """The take's name, or baseline_segment<number>."""
        return self.take or baseline_name(self.segment)


Skipped = tuple[str, str]  # name of a source, why it has no clip


def find_sources(song: Song, project: Project) -> tuple[list[ClipSource], list[Skipped]]:
    """All sources in the order of the song, a baseline before the takes; those left out, and why.

    A baseline that is not there is neither: pages know it from the song file.
    """
    cache, store = Cache(project.cache / "analysis"), TakeStore(song.results, song.name)
    sources: list[ClipSource] = []
    skipped: list[Skipped] = []
    for segment in song.segments:
        takes = [take for take in store.compared if take.job.segment == segment.number]
        baseline = _baseline(song, segment, takes, store, cache)
        for source in (baseline, *_takes(song, takes, store, cache)):
            if isinstance(source, ClipSource):
                sources.append(source)
            elif source:
                skipped.append(source)
    store.save_hashes()
    return sources, [*skipped, *_damaged(song, store)]


def _baseline(
    song: Song, segment: Segment, takes: Sequence[Take], store: TakeStore, cache: Cache
) -> ClipSource | Skipped | None:
    baseline = segment.baseline
    if baseline is None or not baseline.file.is_file():
        return None
    try:
        sha256 = store.hashes.sha256(baseline.file)
    except OSError as error:
        return baseline_name(segment.number), f"{baseline.file}: {error.strerror}"
    recording = Recording(baseline.file, "baseline", cache, baseline.start, baseline.end, sha256)
    sung = next(filter(is_sung, takes), None)  # without one, nobody listens to the baseline
    pair = transcripts_of(song, segment, sung, "", sha256) if sung else None
    if pair is None or isinstance(pair.reference, str):
        return ClipSource(segment.number, "", recording)
    words = marked_words(pair.reference, segment.lyrics)
    return ClipSource(segment.number, "", recording, words)


def _takes(
    song: Song, takes: Sequence[Take], store: TakeStore, cache: Cache
) -> Iterator[ClipSource | Skipped]:
    for take in takes:
        if store.is_whole(take):
            path = wav_path(song.results, take.name)
            recording = Recording(path, take.name, cache, sha256=take.wav.sha256)
            transcript = stored_transcript(song, take)
            words = marked_words(transcript, take.job.lyrics) if transcript else ()
            yield ClipSource(take.job.segment, take.name, recording, words)
        else:
            yield take.name, CHANGED


def _damaged(song: Song, store: TakeStore) -> Iterator[Skipped]:
    """The takes of the song's segments whose records cannot be read."""
    numbers = {str(segment.number) for segment in song.segments}
    for name in store.files.damaged:
        match = NAME.fullmatch(name)
        if match and match["segment"] in numbers:
            yield name, DAMAGED
