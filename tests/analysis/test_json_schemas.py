"""What the programs of the analysis print as JSON is what docs/schemas says."""

import importlib.util
import io
import sys

import pytest
import soundfile
from tests.conftest import ROOT
from tests.schemas import mistakes, parsed

pytestmark = pytest.mark.e2e  # whole programs, one after the other

RATE = 22_050
SONG = ["--song", "known"]


@pytest.fixture
def printed(project, monkeypatch, capsys):
    """The JSON that a program prints, and its exit code."""
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("MPLCONFIGDIR", str(project.cache))

    def run(name, *words):
        spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        try:
            code = module.main(list(words))
        except SystemExit as end:
            code = end.code
        return code, parsed(capsys.readouterr().out)

    return run


@pytest.fixture
def takes(project, song, make_take, sounds):
    """A baseline and two takes, one of them of noise."""
    baseline = project.root / "data" / "baseline" / "one.wav"
    baseline.parent.mkdir(parents=True)
    soundfile.write(baseline, sounds.clicks(120, 12) + sounds.cadence(60, 12), RATE)
    make_take("sketch", sounds.pink(6, 44_100))
    make_take("stable_audio", sounds.chord((57, 60, 64), 6, rate=44_100))
    return song.results


def test_a_verification_and_a_ranking(printed, takes):
    code, value = printed("verify_results", *SONG, "--json")
    assert code in (0, 1) and len(value["files"]) == 3
    assert mistakes("verification", value) == []
    assert mistakes("verification", parsed((takes / "verification.json").read_text())) == []
    code, value = printed("rank_takes", *SONG, "--json")
    assert code == 0 and len(value["groups"]) == 2
    assert mistakes("ranking", value) == []


@pytest.mark.parametrize("words", [[], ["--naive"]], ids=["plain", "naive"])
def test_a_comparison(printed, takes, words):
    code, value = printed("analyse_results", *SONG, "--no-plots", "--json", *words)
    assert code == 0 and len(value["segments"][0]["takes"]) == 2
    assert value["segments"][0]["baseline"]["measured"]
    assert mistakes("comparison", value) == []


def test_a_comparison_of_nothing(printed):
    code, value = printed("analyse_results", *SONG, "--no-plots", "--json")
    assert code == 0 and mistakes("comparison", value) == []


def test_a_record(takes):
    records = sorted((takes / "local_models").glob("*.json"))
    assert len(records) == 2
    for record in records:
        assert mistakes("record", parsed(record.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("words", [[], ["--naive"]], ids=["plain", "naive"])
def test_loose_files(printed, takes, words):
    files = ["data/baseline/one.wav", "results/local_models/sketch_segment1_instrumental.wav"]
    code, value = printed("compare_files", "--json", *words, *files)
    assert code == 0 and ("naive" in value) is bool(words)
    assert mistakes("compare", value) == []
    code, value = printed("check_files", "--json", *files)
    assert len(value["files"]) == 2
    assert mistakes("check", value) == []


@pytest.mark.parametrize(
    "call",
    [
        ("verify_results", "--json", "--song", "none"),
        ("verify_results", "--json", "--sogn", "none"),
        ("analyse_results", "--json", "--song", "none"),
        ("rank_takes", "--json", "--song", "none"),
        ("rank_takes", "--json", "surplus"),
        ("check_files", "--json"),
        ("check_files", "--json", "none.wav"),
        ("check_files", "--json", "--expect", "vocals", "none.wav"),
        ("compare_files", "--json", "none.wav", "none.wav"),
    ],
    ids=" ".join,
)
def test_an_error_is_the_object_of_its_schema(printed, call):
    code, value = printed(*call)
    assert mistakes("error", value) == []
    assert (code, value["exit_code"], value["error"]["code"]) == (2, 2, "bad_input")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "utf-8"])
@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
def test_no_encoding_stops_a_program(project, takes, monkeypatch, encoding, as_json):
    """Levels have a minus sign, notes have arrows, files have names of any letters."""
    name = project.root / "ñandú 漢 −.wav"
    name.write_bytes((project.root / "data" / "baseline" / "one.wav").read_bytes())
    monkeypatch.chdir(project.root)
    files = [name.name, "results/local_models/sketch_segment1_instrumental.wav"]
    for program, words in {
        "check_files": files, "compare_files": files, "verify_results": SONG,
        "analyse_results": [*SONG, "--no-plots"], "rank_takes": SONG,
    }.items():  # fmt: skip
        written = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        monkeypatch.setattr(sys, "stdout", written)
        spec = importlib.util.spec_from_file_location(program, ROOT / "scripts" / f"{program}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        code = module.main([*(["--json"] if as_json else []), *words])
        written.flush()
        shown = written.buffer.getvalue().decode(encoding)
        assert code in (0, 1) and shown
        if as_json:
            assert "error" not in parsed(shown)
