import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.runner.progress_pages.rendered import render
from tests.runner.progress_pages.scratch import Scratch, check

from secondtake.core import file_hashes
from secondtake.core.files import sha256_of, write_json
from secondtake.core.wav import write_wav
from secondtake.runner.progress_pages.phase1_baseline import WavHeader, read_wav_header

STRETCH = """
title = "One File"
results = "results"
baseline = "data/whole.wav"
[[segment]]
number = 1
kind = "intro"
title = "First"
seconds = 2
start = 1.5
end = 3
[[segment]]
number = 2
kind = "outro"
title = "Last"
seconds = 2
start = 10
"""
UNNAMED = """
title = "No Original"
[[segment]]
number = 3
kind = "intro"
title = "First"
seconds = 2
"""


def test_absent_files_say_what_to_type(scratch: Scratch) -> None:
    html = render(scratch.page(1))
    (block,) = html.blocks
    assert block.splitlines() == [
        "invoke import-baseline FILE --segment 7 --song songs/study.toml",
        "invoke import-baseline FILE --segment 10 --song songs/study.toml",
    ]
    assert "Done: the recordings that are there ✅" not in html.headings


def test_a_file_that_is_there_is_described(scratch: Scratch) -> None:
    path = scratch.baseline(10, seconds=2.5, sample_rate=48_000)
    page = scratch.page(1)
    row = next(line for line in page.splitlines() if line.startswith("| 10 | ["))
    assert "| 2.50 | 48000 Hz | stereo |" in row
    assert sha256_of(path)[:12] in row
    assert row.endswith("| not verified yet |")
    assert "--segment 10" not in page


def test_the_seconds_of_a_recording_of_another_kind_are_those_that_were_decoded(
    scratch: Scratch,
) -> None:
    baseline = scratch.song.segments[0].baseline
    assert baseline is not None
    baseline.file.parent.mkdir(parents=True)
    baseline.file.write_bytes(b"ID3 not a wav")
    name = scratch.project.relative(baseline.file)
    assert "| all of it | – | – | – |" in scratch.page(1)
    entry = {"file": name, "kind": "baseline", "sha256": sha256_of(baseline.file)}
    figures = [check("decodes", 12.5, "s", "pass", "")]
    files = [entry | {"verdict": "pass", "checks": figures}]
    write_json(scratch.results / "verification.json", {"song": "study", "files": files})
    assert "| all of it | 12.50 | – | – |" in scratch.page(1)
    assert "baseline | 12.50 | – | – |" in scratch.page(5)


def test_the_verdict_on_a_baseline(scratch: Scratch) -> None:
    path = scratch.baseline(7)
    peak = check("true peak", 0.5, "dBTP", "warn", "may clip")
    entry = {
        "file": scratch.project.relative(path),
        "kind": "baseline",
        "verdict": "warn",
        "checks": [peak],
    }
    write_json(scratch.results / "verification.json", {"song": "study", "files": [entry]})
    assert "⚠️ warn: true peak 0.5 dBTP (allowed: at most -1 dBTP): may clip" in scratch.page(1)


def test_stretches_of_one_file(another: Callable[[str], Scratch]) -> None:
    scratch = another(STRETCH)
    page = scratch.page(1)
    assert "FILE is the whole recording (wav, flac, ogg or mp3), which becomes `data/wh" in page
    assert page.count("data/whole.wav") == 3  # two rows and one sentence
    assert render(page).blocks == ["invoke import-baseline FILE --song songs/study.toml\n"]
    assert "`invoke import-baseline FILE --song songs/study.toml`" in scratch.page(5)
    scratch.baseline(1, seconds=20.0, sample_rate=8000)
    assert "| 1.5 s to 3 s |" in scratch.page(1)
    assert "| 10 s to the end |" in scratch.page(1)


def test_a_segment_that_names_none(another: Callable[[str], Scratch]) -> None:
    page = another(UNNAMED).page(1)
    assert 'baseline = "data/baseline/segment3.wav"' in page
    assert render(page).blocks == ["invoke import-baseline FILE --save --song songs/study.toml\n"]


def test_a_segment_outside_the_songs_recording_has_one_of_its_own(
    another: Callable[[str], Scratch],
) -> None:
    scratch = another(STRETCH.replace("start = 10", 'baseline = ""'))
    scratch.baseline(1, seconds=20.0, sample_rate=8000)
    page = scratch.page(1)
    assert 'Segment 2: add to it in the song file `baseline = "data/baseline/segment2.wav"`' in page
    assert "import-baseline" not in page


def test_a_stretch_of_a_recording_that_is_not_the_songs(another: Callable[[str], Scratch]) -> None:
    page = another(STRETCH.replace("start = 10", 'baseline = "data/live.wav"\nstart = 10')).page(1)
    assert render(page).blocks == [
        "invoke import-baseline FILE --segment 2 --song songs/study.toml\n",
        "invoke import-baseline FILE --song songs/study.toml\n",
    ]


def test_a_verdict_is_that_of_the_file_as_it_is(scratch: Scratch) -> None:
    path = scratch.baseline(7)
    entry = {
        "file": scratch.project.relative(path),
        "kind": "baseline",
        "verdict": "pass",
        "checks": [],
        "sha256": sha256_of(path),
    }
    write_json(scratch.results / "verification.json", {"song": "study", "files": [entry]})
    assert "✅ pass" in scratch.page(1)
    scratch.baseline(7, seconds=3.0)
    assert "✅ pass" not in scratch.page(1)


def test_a_file_that_may_not_be_read_is_a_state(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = scratch.baseline(7)
    scratch.baseline(10)

    def hashed(path: Path) -> str:
        if path == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return sha256_of(path)

    monkeypatch.setattr(file_hashes, "sha256_of", hashed)
    name = scratch.project.relative(closed)
    for number in (1, 4, 5):
        assert f"❌ {name} cannot be read: Permission denied" in scratch.page(number)
    assert "| ❌ cannot be read | " in scratch.page(1)
    assert "| ❌ cannot be read | baseline |" in scratch.page(5)
    assert "1 of 2 segments" in scratch.page(1)


def test_a_file_of_many_segments_is_read_once(
    another: Callable[[str], Scratch], monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = another(STRETCH)
    file = scratch.baseline(1, seconds=20.0, sample_rate=8000)
    read: list[Path] = []
    monkeypatch.setattr(file_hashes, "sha256_of", lambda path: read.append(path) or sha256_of(path))
    assert scratch.page(1).count(sha256_of(file)[:12]) == 2
    assert read == [file]  # for all pages


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(
        name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
        for name, data in chunks
    )
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


def form(tag: int, channels: int, rate: int, frame_bytes: int) -> bytes:
    return struct.pack("<HHIIHH", tag, channels, rate, rate * frame_bytes, frame_bytes, 16)


def test_a_wav_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write_wav(path, np.zeros((4800, 2), np.float32), 48_000)
    header = read_wav_header(path)
    assert header == WavHeader(48_000, 2, 4800)
    assert header.seconds == pytest.approx(0.1)


def test_floats_and_foreign_chunks_of_odd_length(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(
        riff(
            (b"JUNK", b"odd"),
            (b"fmt ", form(3, 1, 8000, 4)),
            (b"LIST", b"x"),
            (b"data", b"\0" * 40),
        )
    )
    assert read_wav_header(path) == WavHeader(8000, 1, 10)


def test_a_length_that_was_never_true_is_cut_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    whole = riff((b"fmt ", form(1, 1, 8000, 2)), (b"data", b"\0" * 20))
    path.write_bytes(whole[:40] + struct.pack("<I", 0xFFFFFFFF) + whole[44:])
    assert read_wav_header(path) == WavHeader(8000, 1, 10)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF",
        b"ID3" + b"\0" * 100,
        riff((b"data", b"\0" * 8)),
        riff((b"fmt ", form(1, 0, 8000, 2)), (b"data", b"\0" * 8)),
        riff((b"fmt ", form(1, 1, 0, 2)), (b"data", b"\0" * 8)),
        riff((b"fmt ", form(1, 1, 8000, 0)), (b"data", b"\0" * 8)),
        riff((b"fmt ", b"short")),
    ],
)
def test_what_is_no_wav_has_no_header(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(data)
    assert read_wav_header(path) is None


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert read_wav_header(tmp_path / "none.wav") is None
