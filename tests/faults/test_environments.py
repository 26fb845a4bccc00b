"""Environments that are broken, builds in odd surroundings."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.faults.studio import Studio, happens, studio_in

from secondtake.core.environ import MARKER
from secondtake.core.run_lock import run_lock
from secondtake.runner import environments

PACKAGE = "tone"
LIBRARY = b"\x7fELF" + bytes(5000)
FILES = {"tone/__init__.py": b"PITCH = 440\n", "tone/sine.py": b"", "tone/_sine.so": LIBRARY}
HUM = ("invoke", "generate", "--song", "hum", "--models", "hum", "--force")
PROBE = "import tone.sine, secondtake, sys; print(tone.PITCH, ascii(secondtake.__file__))"
SLOW_SETUP = """
import os, sys, time
from pathlib import Path
from setuptools import setup
facts = sorted(n for n in os.environ if "TOKEN" in n or n.startswith(("PYTHONP", "PIP_", "CFLAGS")))
Path({told!r}).write_text(" ".join([*facts, "built"]))
time.sleep({seconds})
setup(name="slow", version="1", py_modules=[])
"""


@pytest.fixture
def toned(studio: Studio) -> Studio:
    """A project whose model has a package, installed by links from a cache of its own."""
    studio.song("calm")
    wheel = write_wheel(studio.project.root / "tone-1-py3-none-any.whl")
    lock_file(studio, PACKAGE, wheel)
    assert build(studio).returncode == 0
    return studio


def write_wheel(path: Path) -> Path:
    """A package with a module and what looks like a library."""
    info = {"tone-1.dist-info/METADATA": b"Metadata-Version: 2.1\nName: tone\nVersion: 1\n"}
    info["tone-1.dist-info/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    rows = []
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (FILES | info).items():
            archive.writestr(name, content)
            digest = urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            rows.append(f"{name},sha256={digest},{len(content)}\n")
        archive.writestr("tone-1.dist-info/RECORD", "".join(rows) + "tone-1.dist-info/RECORD,,\n")
    return path


def lock_file(studio: Studio, package: str, file: Path) -> None:
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    line = f"{package} @ {file.as_uri()} --hash=sha256:{digest}\n"
    studio.project.lock("hum").write_text(line, encoding="utf-8")


def build(studio: Studio, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Build the environment, as the first command that needs it does."""
    cache = {"UV_CACHE_DIR": str(studio.project.root / "uv-cache")}
    return studio.type(*HUM, **(cache | variables))


def built_folder(studio: Studio) -> Path:
    return studio.project.environment("hum").resolve()


def packages(studio: Studio) -> Path:
    return built_folder(studio) / "lib" / "python3.11" / "site-packages"


def probe(studio: Studio) -> str:
    """What the environment's Python imports, and from where."""
    command = [studio.project.python("hum"), "-P", "-c", PROBE]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd="/").stdout


def cut(path: Path) -> None:
    """Lose the end of a file, and not of those that share its bytes."""
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[: len(content) // 2])


def exchange_interpreter(python: Path, target: str) -> None:
    python.unlink()
    python.symlink_to(target)


def exchange_binary(python: Path) -> None:
    real = python.resolve()
    python.unlink()
    python.write_text(f'#!/bin/sh\nexec {real} "$@"\n')
    python.chmod(0o755)


def foreign_version(settings: Path) -> None:
    settings.write_text(settings.read_text().replace("3.11.", "3.10."))


def wrong_marker(marker: Path) -> None:
    marker.write_text(json.dumps(json.loads(marker.read_text()) | {"lock_sha256": "0" * 64}))


def added(folder: Path) -> None:
    (folder / "numpy-1.dist-info").mkdir()


def exchange_for_link(package: Path) -> None:
    package.rename(package.parents[5] / package.name)
    package.symlink_to(package.parents[5] / package.name)


def ring(link: Path) -> None:
    link.unlink()
    link.symlink_to(link.name)


def a_folder_instead(file: Path) -> None:
    file.unlink()
    file.mkdir()


DAMAGES: dict[str, tuple[str, Callable[[Path], object]]] = {
    "a file is deleted": ("tone/sine.py", Path.unlink),
    "a package is deleted": ("tone", shutil.rmtree),
    "a package's own list is deleted": ("tone-1.dist-info", shutil.rmtree),
    "a library is cut": ("tone/_sine.so", cut),
    "a package is added": ("", added),
    "a module is added": ("numpy.py", Path.touch),
    "a package is a link to another folder": ("tone", exchange_for_link),
    "a file cannot be read": ("tone/sine.py", lambda path: path.chmod(0)),
    "the way to our sources is a folder": ("secondtake.pth", a_folder_instead),
    "a link of it is gone": ("../../../lib64", Path.unlink),
    "its own link leads in a ring": ("../../../../../venv-hum", ring),
    "the interpreter is another": (
        "../../../bin/python",
        lambda python: exchange_interpreter(python, "/bin/sh"),
    ),
    "the interpreter is gone": (
        "../../../bin/python",
        lambda python: exchange_interpreter(python, "/nowhere/python3.11"),
    ),
    "the interpreter's binary is another": ("../../../bin/python", exchange_binary),
    "the version is another": ("../../../pyvenv.cfg", foreign_version),
    "the settings are gone": ("../../../pyvenv.cfg", Path.unlink),
    "killed between two renames": ("../../..", lambda f: f.rename(f.parent / ".building-x-old")),
    "a command is deleted": ("../../../bin/activate", Path.unlink),
    "the marker is gone": (f"../../../{MARKER}", Path.unlink),
    "the marker is cut": (f"../../../{MARKER}", cut),
    "the marker is of another lock": (f"../../../{MARKER}", wrong_marker),
}


def test_a_broken_environment_is_noticed_and_built_again(toned):
    """An environment of which anything was deleted, cut, exchanged or added is built again by the
    next command, without a question."""
    for what, (path, damage) in DAMAGES.items():
        damage(Path(os.path.normpath(packages(toned) / path)))
        assert not environments.is_built(toned.project, "hum"), what
        done = build(toned)
        assert done.returncode == 0, what + done.stdout + done.stderr
        assert probe(toned).startswith("440 "), what
    names = [path.name for path in built_folder(toned).parent.iterdir()]
    assert names == [built_folder(toned).name]


def test_a_damage_that_the_cache_shares_is_mended_too(toned):
    """A library cut in place, where the environment's file and uv's cached one are the same, is
    fetched anew: what is installed has the sizes that its package states."""
    library = packages(toned) / "tone" / "_sine.so"
    assert library.stat().st_nlink > 1
    os.truncate(library, 100)
    done = build(toned)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (packages(toned) / "tone" / "_sine.so").read_bytes() == LIBRARY


@pytest.mark.parametrize("moment", ["creating", "installing", "trying"])
def test_killed_while_building_again_nothing_is_left_half(toned, moment):
    """A build that is killed at any step, over a broken environment too, is done anew by the next
    command, and leaves nothing behind."""
    (packages(toned) / "tone" / "sine.py").unlink()
    for log in logs(toned):
        log.unlink()
    words = {"creating": " venv ", "installing": " sync ", "trying": "import secondtake"}
    process = toned.start(*HUM, UV_CACHE_DIR=str(toned.project.root / "uv-cache"))
    assert happens(lambda: any(words[moment] in text.read_text() for text in logs(toned)))
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert toned.none_alive()
    done = build(toned)
    assert done.returncode == 0, done.stdout + done.stderr
    assert probe(toned).startswith("440 ")
    assert [path.name for path in built_folder(toned).parent.iterdir()] == [
        built_folder(toned).name
    ]


def logs(studio: Studio) -> list[Path]:
    return list((studio.takes.parent / "logs").glob("*build-hum.log"))


HOSTILE = {
    "UV_CONSTRAINT": "constraints.txt",
    "UV_OVERRIDE": "constraints.txt",
    "UV_EXCLUDE_NEWER": "2001-01-01",
    "UV_PROJECT": "/nowhere",
    "UV_PYTHON": "3.7",
    "UV_PYTHON_PREFERENCE": "only-managed",
    "UV_NO_BINARY": "1",
    "UV_NO_BUILD_ISOLATION": "1",
    "UV_TARGET": "elsewhere",
    "UV_SYSTEM_PYTHON": "1",
    "UV_CONFIG_FILE": "uv.toml",
    "XDG_CONFIG_HOME": "",
    "PIP_REQUIRE_VIRTUALENV": "1",
    "VIRTUAL_ENV": "/nowhere",
    "PYTHONSTARTUP": "/nowhere",
}


def test_nothing_in_the_shell_changes_what_is_built(toned):
    """A PYTHONPATH with modules of your own, PIP_ and UV_ variables that choose packages or a
    Python, settings for uv of yours or of a folder above: the environment is the locked one."""
    folder = toned.project.root / "mine"
    folder.mkdir()
    (folder / "tone.py").write_text("raise SystemExit('mine')\n")
    (toned.project.root / "constraints.txt").write_text("tone==2\nsetuptools<1\n")
    settings = toned.project.root / "home" / ".config" / "uv"
    settings.mkdir(parents=True)
    for place in (settings, toned.project.root, toned.project.root.parent):
        (place / "uv.toml").write_text('[pip]\ntarget = "elsewhere"\n')
    (packages(toned) / "tone" / "sine.py").unlink()
    done = build(toned, **HOSTILE)
    assert done.returncode == 0, done.stdout + done.stderr
    (packages(toned) / "tone" / "sine.py").unlink()
    done = build(toned, PYTHONPATH=str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    assert probe(toned).startswith("440 ")


def latin_locale(folder: Path) -> dict[str, str]:
    """A locale of another encoding, where this system can make one."""
    program = shutil.which("localedef")
    place = folder / "de_DE.ISO-8859-1"
    folder.mkdir()
    if (
        program
        and not subprocess.run(
            [program, "-i", "de_DE", "-f", "ISO-8859-1", place], capture_output=True, check=False
        ).returncode
    ):
        return {"LOCPATH": str(folder), "LC_ALL": place.name}
    return {"LC_ALL": "POSIX"}


def test_any_folder_and_any_locale_will_do(tmp_path):
    """A project in a folder with spaces, quotes, umlauts, Chinese, a line break, a dollar sign or
    a leading dash is built and sings under the locales C, POSIX, C.UTF-8 and ISO-8859-1."""
    root = tmp_path / "-música 'ü' \"音\" $HOME\n;" / "project"
    with studio_in(root) as studio:
        lock_file(studio, PACKAGE, write_wheel(tmp_path / "tone-1-py3-none-any.whl"))
        locales = [{"LC_ALL": name} for name in ("C", "POSIX", "C.UTF-8")]
        for locale in (*locales, latin_locale(tmp_path / "locales")):
            shutil.rmtree(root / ".venvs", ignore_errors=True)
            studio.song("calm")
            done = build(studio, PYTHONIOENCODING="utf-8", **locale)  # as the test reads it
            assert done.returncode == 0, f"{locale} {done.stdout} {done.stderr}"
            for entry in (studio.project.environment("hum"), built_folder(studio)):
                command = [entry / "bin" / "python", "-P", "-c", PROBE]
                environ = {"PATH": os.environ["PATH"], **locale}
                done = subprocess.run(command, capture_output=True, text=True, env=environ)
                assert done.stdout.startswith("440 ") and "/src/secondtake" in done.stdout, done
            line = packages(studio) / environments.SOURCES_FILE
            assert line.read_bytes().isascii()


def sdist(studio: Studio, told: Path, seconds: float = 0) -> Path:
    """A package without a wheel, whose build says what it sees."""
    folder = studio.project.root / "slow-1"
    folder.mkdir()
    (folder / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: slow\nVersion: 1\n")
    (folder / "setup.py").write_text(SLOW_SETUP.format(told=str(told), seconds=seconds))
    archive = shutil.make_archive(str(folder), "gztar", studio.project.root, "slow-1")
    return Path(archive)


def test_a_package_without_a_wheel_is_built_with_what_is_locked_and_sees_no_token(studio):
    """What has no wheel is built apart, with tools that are locked by hash in
    requirements/build.lock; its build sees no token and nothing of your shell that changes it."""
    told = studio.project.root / "told"
    lock_file(studio, "slow", sdist(studio, told))
    secret = {"HF_TOKEN": "hf_x", "MY_HF_TOKEN": "x", "HUGGINGFACE_TOKEN_2": "x", "CFLAGS": "-x"}
    done = build(studio, **secret)
    assert done.returncode == 0, done.stdout + done.stderr
    assert told.read_text() == "built"
    build_lock = studio.project.lock("build")
    content = build_lock.read_text(encoding="utf-8")
    for changed in ("", wrong_hashes(content)):
        build_lock.write_text(changed, encoding="utf-8")
        shutil.rmtree(studio.project.root / ".venvs")
        shutil.rmtree(studio.project.root / "uv-cache")
        told.unlink(missing_ok=True)
        done = build(studio)
        assert done.returncode == 3 and "setuptools" in done.stdout
        assert not told.exists()


def wrong_hashes(lock: str) -> str:
    words = lock.split()
    found = {word for word in words if word.startswith("--hash=sha256:")}
    for word in found:
        lock = lock.replace(word, "--hash=sha256:" + "0" * 64)
    return lock


def test_a_build_that_hangs_is_ended_and_so_is_all_that_it_started(studio):
    """A build of which nothing is heard for SECONDTAKE_TIMEOUT seconds is ended, and says so; so
    does Ctrl-C, and nothing of it is left alive or lying about."""
    told = studio.project.root / "told"
    lock_file(studio, "slow", sdist(studio, told, seconds=600))
    done = build(studio, SECONDTAKE_TIMEOUT="4")
    assert done.returncode == 1 and "nothing was said or written" in done.stdout
    assert told.exists() and studio.none_alive()
    told.unlink()
    process = studio.start(*HUM, UV_CACHE_DIR=str(studio.project.root / "uv-cache"))
    assert happens(told.exists)
    studio.interrupt(process)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in out + err
    assert studio.none_alive() and not list((studio.project.root / ".venvs").iterdir())


def test_two_builds_of_one_environment_do_no_harm(studio):
    """Two commands that need one environment at once: it is built once, and both go on."""
    with run_lock(studio.project):
        both = [studio.start(*HUM) for _ in range(2)]
        assert happens(lambda: len(studio.alive()) >= 2)
    for process in both:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, out + err
    assert sum(log.read_text().count(" venv ") for log in logs(studio)) == 1


def test_a_running_study_stays_in_the_environment_that_it_began_with(studio):
    """A lock that is changed while a run goes on, and another environment built from it: what the
    run makes then is made, and recorded, by the environment that it began with."""
    studio.song("calm", "slow", "calm")
    process = studio.start(*HUM)
    assert happens(lambda: len(list(studio.takes.glob("*.json"))) == 1)
    before = built_folder(studio)
    lock_hash = hashlib.sha256(studio.project.lock("hum").read_bytes()).hexdigest()
    studio.project.lock("hum").write_text("# changed\n", encoding="utf-8")
    studio.project.environment("hum").unlink()
    studio.project.environment("hum").symlink_to(".venvs/hum-of-another-lock")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, out + err
    records = [json.loads(path.read_text()) for path in studio.takes.glob("*.json")]
    assert len(records) == 3 and before.is_dir()
    assert {lock_hash in json.dumps(record) for record in records} == {True}
