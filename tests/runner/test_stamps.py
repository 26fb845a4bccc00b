"""A stage is not started where it would find nothing new, and is wherever anything changed."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.runner.humming import write_song

from secondtake.core import file_hashes
from secondtake.core.environ import MARKER
from secondtake.core.files import file_fingerprint, sha256_of, write_json
from secondtake.core.project import Project
from secondtake.core.song import load_song
from secondtake.core.weights import FetchedFile, Manifest, write_manifest
from secondtake.runner.stamps import FOLDER, STAGES, StageRun, Stamps

ALL = frozenset(STAGES)
SAID = "it is so\n"
CODE, PICTURE = "src/secondtake/core/code.py", "results/hum/analysis/take.png"


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files count as settled at once: no test waits for two seconds."""
    monkeypatch.setattr(file_hashes, "SETTLED_NS", 0)


@pytest.fixture
def judged(hum: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with a file of every kind that a stage reads or writes, and every stage stamped."""
    write_song(hum, "calm")
    song = hum.root / "songs" / "hum.toml"
    baseline = 'seconds = 0.5\nbaseline = "data/baseline/1.wav"'
    song.write_text(song.read_text().replace("seconds = 0.5", baseline))
    (hum.root / "src").unlink()
    for name in (
        *(CODE, "src/secondtake/analysis/calibration.json", "data/baseline/1.wav"),
        *("requirements/analysis.lock", "requirements/lyrics.lock"),
        *(f"scripts/{stage.script}.py" for stage in STAGES.values()),
        *(f"venvs/analysis/{MARKER}", "packages/site-packages/jinja2-3.1.dist-info/RECORD"),
        *(f"results/hum/local_models/hum_segment1_instrumental{end}" for end in (".wav", ".json")),
        *("results/hum/kept.json", "results/hum/outcomes/hum.json", "results/hum/logs/run.log"),
        *("results/hum/verification.json", "results/hum/ranking.json", "results/hum/lyrics/a.json"),
        *(PICTURE, "results/hum/analysis/comparison_results.json"),
        *("results/hum/PHASE1_PROGRESS.md", "results/hum/PHASE5_PROGRESS.md"),
        *("results/hum/listening/a.mp3", "results/hum/votes/listening.json"),
        *("results/hum/listen.html", "results/hum/listen/a.js", "results/hum/report.html"),
    ):
        path = hum.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"what {name} holds")
    (hum.root / "results/hum/best").mkdir()
    (hum.root / "results/hum/best/hum.wav").symlink_to("../local_models/hum.wav")
    hum.environment("analysis").symlink_to("venvs/analysis")
    monkeypatch.setattr(sys, "path", [*sys.path, str(hum.root / "packages/site-packages")])
    write_weights(hum)
    stamp(hum)
    return hum


def write_weights(project: Project, text: str = "weights") -> None:
    path = project.cache / "w.bin"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    facts = ("w", "w.bin", sha256_of(path), len(text), "a/b", "main", False, file_fingerprint(path))
    write_manifest(project, Manifest("hum", "low", {"w": FetchedFile(*facts)}))


def stamps_of(project: Project) -> Stamps:
    return Stamps(project, load_song(project.root / "songs" / "hum.toml", project))


def stamp(project: Project, *names: str, code: int = 0, complaints: tuple[str, ...] = ()) -> None:
    stamps = stamps_of(project)
    for name in names or STAGES:
        reads, _ = stamps.state(name, [])
        stamps.keep(name, [], reads, StageRun(code, SAID.encode(), complaints))


def fresh(project: Project) -> set[str]:
    """The stages that would not be started."""
    stamps = stamps_of(project)
    return {name for name in STAGES if stamps.answer(name, [])}


def edit(name: str) -> Callable[[Project], None]:
    def change(project: Project) -> None:
        path = project.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text() if path.exists() else ""
        path.unlink(missing_ok=True)  # a new inode: a clock's tick may be longer than a test
        path.write_text(f"{text}#")

    return change


def cut(name: str) -> Callable[[Project], None]:
    def change(project: Project) -> None:
        path = project.root / name
        path.write_text(path.read_text()[:-1])

    return change


def delete(name: str) -> Callable[[Project], None]:
    return lambda project: (project.root / name).unlink()


def point_elsewhere(project: Project) -> None:
    link = project.root / "results/hum/best/hum.wav"
    link.unlink()
    link.symlink_to("../local_models/hum_take2.wav")


def rebuild(project: Project) -> None:
    project.environment("analysis").unlink()
    edit(f"venv-analysis/{MARKER}")(project)


def upgrade(project: Project) -> None:
    packages = project.root / "packages/site-packages"
    (packages / "jinja2-3.1.dist-info").rename(packages / "jinja2-3.2.dist-info")


TAKE = "results/hum/local_models/hum_segment1_instrumental"
CHANGES: dict[str, tuple[Callable[[Project], None], set[str] | frozenset[str]]] = {
    # Inputs that every stage has.
    "code edited": (edit(CODE), ALL),
    "code added": (edit("src/secondtake/core/new.py"), ALL),
    "code deleted": (delete(CODE), ALL),
    "calibration": (edit("src/secondtake/analysis/calibration.json"), ALL),
    "song": (edit("songs/hum.toml"), ALL),
    "record edited": (edit(f"{TAKE}.json"), ALL),
    "record deleted": (delete(f"{TAKE}.json"), ALL),
    "wav edited": (edit(f"{TAKE}.wav"), ALL),
    "wav cut": (cut(f"{TAKE}.wav"), ALL),
    "wav deleted": (delete(f"{TAKE}.wav"), ALL),
    "take added": (edit(f"{TAKE}_take2.wav"), ALL),
    "baseline edited": (edit("data/baseline/1.wav"), ALL),
    "baseline deleted": (delete("data/baseline/1.wav"), ALL),
    "kept": (edit("results/hum/kept.json"), ALL),
    "analysis' lock": (edit("requirements/analysis.lock"), ALL),
    "a model's lock": (edit("requirements/hum.lock"), ALL),
    "environment built anew": (edit(f"venvs/analysis/{MARKER}"), ALL),
    "environment gone": (delete("venv-analysis"), ALL),
    "environment of another": (rebuild, ALL),
    "weights fetched anew": (lambda project: write_weights(project, "others"), ALL),
    "weights cut": (cut(".cache/w.bin"), ALL),
    "weights deleted": (delete(".cache/w.bin"), ALL),
    # Inputs of some, which are outputs of others.
    "transcript": (edit("results/hum/lyrics/a.json"), ALL),
    "transcript added": (edit("results/hum/lyrics/b.json"), ALL),
    "verdicts": (edit("results/hum/verification.json"), ALL - {"understand", "listen"}),
    "verdicts cut": (cut("results/hum/verification.json"), ALL - {"understand", "listen"}),
    "ranking": (edit("results/hum/ranking.json"), {"rank", "analyse", "report"}),
    "best link": (point_elsewhere, {"rank", "analyse", "report"}),
    "best link deleted": (delete("results/hum/best/hum.wav"), {"rank", "analyse", "report"}),
    "comparison": (
        edit("results/hum/analysis/comparison_results.json"), {"analyse", "report"}
    ),
    "picture cut": (cut(PICTURE), {"analyse", "report"}),
    "picture deleted": (delete(PICTURE), {"analyse", "report"}),
    "outcome": (edit("results/hum/outcomes/hum.json"), {"report"}),
    "page edited": (edit("results/hum/PHASE1_PROGRESS.md"), {"report"}),
    "page cut": (cut("results/hum/PHASE5_PROGRESS.md"), {"report"}),
    "page deleted": (delete("results/hum/PHASE5_PROGRESS.md"), {"report"}),
    "clip cut": (cut("results/hum/listening/a.mp3"), {"listen", "report"}),
    "votes": (edit("results/hum/votes/listening.json"), {"report"}),
    "listening page": (edit("results/hum/listen.html"), {"report"}),
    "listening page's clip": (delete("results/hum/listen/a.js"), {"report"}),
    "report": (edit("results/hum/report.html"), {"report"}),
    "runner's packages": (upgrade, {"rank", "report"}),
    # No inputs.
    "nothing": (lambda project: None, set()),
    "discarded": (edit("results/hum/discarded/a.wav"), set()),
    "log": (edit("results/hum/logs/run.log"), set()),
    "hidden file": (edit("results/hum/analysis/.DS_Store"), set()),
    "compiled code": (edit("src/secondtake/core/__pycache__/code.pyc"), set()),
    "other song's results": (edit("results/other/verification.json"), set()),
    **{
        f"script of {name}": (edit(f"scripts/{stage.script}.py"), {name})
        for name, stage in STAGES.items()
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_makes_the_stages_run_that_it_may_concern(judged, kind):
    change, concerned = CHANGES[kind]
    change(judged)
    assert fresh(judged) == ALL - concerned


@pytest.mark.parametrize(
    "variable", ["SUNO_USE_SMALL_MODELS", "SECONDTAKE_LOW_MEMORY", "SECONDTAKE_CACHE"]
)
def test_a_setting_that_changed_makes_every_stage_run(judged, monkeypatch, variable):
    monkeypatch.setenv(variable, "1")
    assert not fresh(judged)


def test_a_change_that_is_taken_back_starts_nothing(judged):
    page = judged.root / "results/hum/PHASE1_PROGRESS.md"
    text = page.read_text()
    page.write_text("mine")
    assert "report" not in fresh(judged)
    page.write_text(text)
    assert fresh(judged) == ALL


def test_other_options_have_a_stamp_of_their_own(judged):
    stamps = stamps_of(judged)
    assert stamps.answer("verify", []) and not stamps.answer("verify", ["--json"])
    reads, _ = stamps.state("verify", ["--json"])
    stamps.keep("verify", ["--json"], reads, StageRun(1, b"{}", ()))
    answers = [stamps.answer("verify", options) for options in ([], ["--json"])]
    assert [(stamp.exit_code, stamp.answer) for stamp in answers] == [(0, SAID), (1, "{}")]


@pytest.mark.parametrize(
    ("code", "complaints", "kept"),
    [
        (0, (), True),
        (0, ("UserWarning: a library's words",), True),
        (0, ("warning: best/a.wav is a file of yours and was left alone",), False),
        (1, (), True),  # a verdict: a take failed
        (1, ("error: No space left on device",), False),
        (1, ("Traceback (most recent call last):",), False),
        *((code, (), False) for code in (2, 3, 4, 77, 130, 143, -9, -15)),
    ],
)
def test_an_end_is_stamped_if_it_is_an_answer(judged, code, complaints, kept):
    edit(f"{TAKE}.wav")(judged)
    stamp(judged, "verify", code=code, complaints=complaints)
    answer = stamps_of(judged).answer("verify", [])
    assert (answer.exit_code if answer else None) == (code if kept else None)


@pytest.mark.parametrize("during", [edit(f"{TAKE}.wav"), edit("songs/hum.toml"), edit(CODE)])
def test_what_changes_while_a_stage_runs_is_not_stamped(judged, during):
    stamps = stamps_of(judged)
    reads, _ = stamps.state("verify", [])
    during(judged)
    stamps.keep("verify", [], reads, StageRun(0, b"of before", ()))
    assert "verify" not in fresh(judged)


def test_a_stage_that_is_killed_between_two_files_has_no_stamp(judged):
    """As far as a kill may come, the stamp of before is not true any more."""
    page = judged.root / "results/hum/PHASE1_PROGRESS.md"
    edit(f"{TAKE}.json")(judged)
    for text in ("of the new take", ""):
        page.write_text(text)
        assert "report" not in fresh(judged)


DAMAGES = [b"", b"{", b"[]", b"null", b'{"reads": ""}', b"\xff\xfe", b"7"]


@pytest.mark.parametrize("data", DAMAGES)
def test_a_damaged_stamp_is_forgotten(judged, data):
    for name in STAGES:
        stamps_of(judged).path(name, []).write_bytes(data)
    assert not fresh(judged)
    stamp(judged)
    assert fresh(judged) == ALL


@pytest.mark.parametrize("field", ["reads", "wrote", "exit_code", "answer"])
def test_a_stamp_without_a_field_or_with_another_type_is_forgotten(judged, field):
    path = stamps_of(judged).path("rank", [])
    value = json.loads(path.read_text())
    for changed in ({**value, field: []}, {k: v for k, v in value.items() if k != field}):
        write_json(path, changed)
        assert fresh(judged) == ALL - {"rank"}


def test_stamps_may_be_deleted(judged):
    for path in (judged.results / "hum" / FOLDER).iterdir():
        path.unlink()
    (judged.results / "hum" / ".hashes.json").unlink()
    assert not fresh(judged)


def test_an_answer_is_given_again_byte_for_byte(judged):
    stamps = stamps_of(judged)
    said = "ñ ✓ \x1b[1m\r\n".encode() + bytes(range(256))
    reads, _ = stamps.state("rank", [])
    stamps.keep("rank", [], reads, StageRun(0, said, ()))
    again = stamps_of(judged).answer("rank", [])
    assert again.answer.encode(errors="surrogateescape") == said


def test_nothing_is_read_twice(judged, monkeypatch):
    stamp(judged)
    names: list[Path] = []
    monkeypatch.setattr(file_hashes, "sha256_of", lambda path: names.append(path) or "")
    assert fresh(judged) == ALL and names == []


def test_a_song_without_results_has_no_stamps_and_gets_no_folder(hum):
    assert not fresh(hum) and not (hum.results / "hum").exists()


def test_a_folder_of_takes_on_another_disk(judged, tmp_path):
    takes = judged.results / "hum" / "local_models"
    takes.rename(tmp_path / "large")
    takes.symlink_to(tmp_path / "large")
    stamp(judged)
    assert fresh(judged) == ALL
    edit(f"{TAKE}.wav")(judged)
    assert not fresh(judged)


def test_links_in_a_circle_end(judged):
    (judged.results / "hum" / "analysis" / "again").symlink_to("..")
    stamp(judged)
    assert fresh(judged) == ALL
