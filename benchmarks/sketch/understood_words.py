"""How many words of the sketch are understood, and whether they are on the beat.

    python -m benchmarks.sketch.understood_words [--lines design] [--before COMMIT]
        [--write docs/lab/sketch.md]

Every line is arranged as a study would, in venv-sketch, and heard by the judge in venv-lyrics,
as is the same voice alone, speaking in its own time; venv-analysis compares the words. --before:
another commit's arrangement too.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.harness import ROOT, put
from benchmarks.sketch.lines import DESIGN, TEST, Line

from secondtake.core.judgments import JudgeJob, TranscribedSpan
from secondtake.core.project import find_project
from secondtake.core.registry.whisper import WHISPER
from secondtake.core.weights import verified_weights

LINES = {"design": DESIGN, "test": TEST}
NATURAL_RANGE = 50  # espeak's own intonation
ON_BEAT = 0.04  # seconds
MODULE = "benchmarks.sketch.understood_words"
HEAD = (
    "| line | take: words | CER | shuffled | voice alone: words | CER | stresses on the beat |\n"
    "|---|---|---|---|---|---|---|"
)


def render(folder: Path, lines: Sequence[Line], alone: bool) -> None:
    """Write take<N>.wav of every line, and with `alone` voice<N>.wav; print the stresses' offsets.

    An earlier commit's code, which knows no stresses, makes the takes and nothing else.
    """
    from secondtake.core.wav import write_wav
    from secondtake.models.sketch.arrange import arrange
    from secondtake.models.sketch.dsp import SAMPLE_RATE

    offsets = []
    for number, line in enumerate(lines):
        write_wav(folder / f"take{number}.wav", arrange(line.segment), SAMPLE_RATE)
        if alone:
            offsets.append(_offsets(line))
            _speak_alone(folder / f"voice{number}.wav", line)
    print(json.dumps(offsets))


def _offsets(line: Line) -> list[float]:
    """Seconds from every stress to the nearest beat, half-beat or, in 6/8, third of a beat."""
    from secondtake.models.sketch.compose import compose

    segment = line.segment
    step = 1 / segment.bar.subdivision
    stresses = [
        beat
        for phrase in compose(segment).lyrics
        for beat, syllable in zip(phrase.beats, phrase.spoken.syllables, strict=True)
        if syllable.stressed
    ]
    return [abs(beat - round(beat / step) * step) * 60 / line.bpm for beat in stresses]


def _speak_alone(path: Path, line: Line) -> None:
    from secondtake.core.prompts.espeak_voices import espeak_voice
    from secondtake.core.wav import write_wav
    from secondtake.models.sketch.singing import RATES
    from secondtake.models.sketch.tts import SpeechRequest, speak
    from secondtake.models.sketch.vocals import VARIANT

    name = espeak_voice(line.language) + VARIANT
    (said,) = speak([SpeechRequest(line.lyrics, name, RATES[0], 50, NATURAL_RANGE)])
    write_wav(path, said.samples[:, None], said.sample_rate)


def listen(folder: Path, lines: Sequence[Line]) -> None:
    """Print what is said in every wav in the folder: {file: spans}."""
    from secondtake.judges.recordings import read_mono
    from secondtake.judges.whisper import SAMPLE_RATE, Transcriber, model_folder

    name = WHISPER.default.name
    weights = verified_weights(find_project(), WHISPER, WHISPER.checkpoint(name))
    recogniser, spans = Transcriber(model_folder(name, weights)), {}
    for path in sorted(folder.glob("*.wav")):
        samples = read_mono(JudgeJob(WHISPER.name, name, path.stem, str(path), ""), SAMPLE_RATE)
        heard = recogniser.transcribe(samples, [_line_of(path.stem, lines).language])
        spans[path.stem] = [asdict(span) for span in heard]
    print(json.dumps(spans))


def compare(path: Path, lines: Sequence[Line]) -> None:
    """Print how many words of the spans in a file are those of its line: {file: figures}."""
    from secondtake.analysis.lyrics.text import character_error_rate, shuffled_error_rates
    from secondtake.analysis.lyrics.transcripts import make_transcript

    figures = {}
    for name, heard in json.loads(path.read_text(encoding="utf-8")).items():
        line, spans = _line_of(name, lines), [TranscribedSpan(**span) for span in heard]
        transcript = make_transcript(line.lyrics, [line.language], spans)
        words, hypothesis = list(transcript.reference), list(transcript.hypothesis)
        figures[name] = {
            "hits": transcript.alignment.hits,
            "words": len(words),
            "cer": character_error_rate(words, hypothesis),
            "floor": shuffled_error_rates(words, hypothesis)["cer"],
            "heard": transcript.raw_text,
        }
    print(json.dumps(figures))


def _line_of(name: str, lines: Sequence[Line]) -> Line:
    """Of take<N> or voice<N>."""
    return lines[int(name.removeprefix("take").removeprefix("voice"))]


def _run(environment: str, job: str, path: Path, source: Path, lines: str) -> Any:
    """One of the jobs in its environment, with the code of a checkout's src."""
    python = str(find_project().python(environment))
    command = [python, "-m", MODULE, job, str(path), "--lines", lines]
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join((str(source / "src"), str(ROOT)))}
    done = subprocess.run(command, env=variables, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def _checkout(commit: str) -> Iterator[Path]:
    """A working tree of a commit, gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--detach", folder, commit], check=True, capture_output=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run([*git, "remove", "--force", folder], check=True)


def figures_of(lines: str, source: Path, alone: bool) -> tuple[list[list[float]], dict[str, Any]]:
    """The stresses' offsets of every line, and what was understood of every file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        job = "--render" if alone else "--render-takes"
        offsets = _run("sketch", job, folder, source, lines)
        heard = folder / "heard.json"
        spans = _run("lyrics", "--listen", folder, ROOT, lines)
        heard.write_text(json.dumps(spans), encoding="utf-8")
        return offsets, _run("analysis", "--compare", heard, ROOT, lines)


def row(name: str, figures: Mapping[str, Any], places: Sequence[int], offsets: list[float]) -> str:
    """The lines at these places as one row, rates weighted by their words."""
    cells = [name]
    for kind in ("take", "voice"):
        group = [figures[key] for place in places if (key := f"{kind}{place}") in figures]
        words = sum(one["words"] for one in group)
        if not words:
            cells += ["", ""]
            continue
        hits = sum(one["hits"] for one in group)
        rates = [sum(one[k] * one["words"] for one in group) / words for k in ("cer", "floor")]
        cells += [f"{hits} of {words} ({100 * hits / words:.0f} %)", f"{rates[0]:.2f}"]
        cells += [f"{rates[1]:.2f}"] if kind == "take" else []
    near = sum(offset <= ON_BEAT for offset in offsets)
    cells.append(f"{near} of {len(offsets)}" if offsets else "")
    return f"| {' | '.join(cells)} |"


def table(lines: Sequence[Line], figures: Mapping[str, Any], offsets: list[list[float]]) -> str:
    """A row per line, then the sums."""
    rows = [HEAD]
    for place, line in enumerate(lines):
        name = f"{line.language}, {line.kind}, {line.bpm:g} BPM, {line.meter}"
        rows.append(row(name, figures, [place], offsets[place] if offsets else []))
    for language in ("en", "es", ""):
        places = [n for n, line in enumerate(lines) if language in ("", line.language)]
        beats = [offset for n in places for offset in (offsets[n] if offsets else [])]
        rows.append(row(f"**all {language}**".replace(" *", "*"), figures, places, beats))
    if beats:
        rows.append(f"\nThe median stress is {1000 * median(beats):.0f} ms from its place.")
    return "\n".join(rows)


def main() -> None:
    page = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    page.add_argument("--lines", choices=LINES, default="test", help="(default: %(default)s)")
    page.add_argument("--before", metavar="COMMIT", help="an earlier control, as well")
    page.add_argument("--write", type=Path, help="put the table into this page of docs/")
    page.add_argument("--show", action="store_true", help="print what was heard")
    for job in ("--render", "--render-takes", "--listen", "--compare"):
        page.add_argument(job, type=Path, help=argparse.SUPPRESS)
    options = page.parse_args()
    lines = LINES[options.lines]
    if options.listen:
        return listen(options.listen, lines)
    if options.compare:
        return compare(options.compare, lines)
    if folder := options.render or options.render_takes:
        return render(folder, lines, alone=bool(options.render))
    offsets, figures = figures_of(options.lines, ROOT, alone=True)
    if options.show:
        for name, one in figures.items():
            print(f"{name}: {one['heard']}", file=sys.stderr)
    text = table(lines, figures, offsets)
    if options.before:
        with _checkout(options.before) as source:
            _, earlier = figures_of(options.lines, source, alone=False)
        text += f"\n\nThe control of {options.before}:\n\n{table(lines, earlier, [])}"
    put(options.write, f"understood words, {options.lines} set", text)
    return None


if __name__ == "__main__":
    main()
