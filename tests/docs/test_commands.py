"""Every command that the documentation, the pages and the messages tell to type exists."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise

import pytest
from invoke import Collection, FilesystemLoader
from tests.conftest import ROOT
from tests.docs.markdown_pages import pages

from secondtake.core.errors import Exit, UserError
from secondtake.core.registry.all_judges import JUDGES, parse_judges
from secondtake.core.registry.all_models import MODELS
from secondtake.core.scripts import ANALYSIS
from secondtake.runner.options import parse_checkpoints, parse_models

CORE_FLAGS = {"--help", "--list", "--version", "--print-completion-script", "--collection"}
NOX_FLAGS = {"-s", "-l", "-r", "-R", "-h", "--list", "--help", "--version"}
PROGRAM = re.compile(r"^(?:\S*/)?(invoke|secondtake|nox|python3?(?:\.\d+)?)$")
SWITCH = re.compile(r"--?[A-Za-z][\w-]*")
# In the code a command is a part of a sentence: it ends with a quote, a bracket or punctuation.
IN_MESSAGES = re.compile(r"\b(?:invoke|nox -s) [a-z][^\"'`;:,.()→\\{\n]*")
PROSE = "itself has is does import and says keeps".split()  # "invoke itself ends with 1"
ENVIRONMENTS = {*JUDGES, "analysis"}  # that are built, and hold no model
HIDDEN = {"--worker"}  # no option for people


@cache
def verbs() -> Mapping[str, set[str]]:
    """The options of every verb."""
    module, _ = FilesystemLoader(start=str(ROOT)).load("tasks")
    contexts = Collection.from_module(module).to_contexts()
    return {
        name: {*context.flags, *context.inverse_flags}  # --no-x of --x
        for context in contexts
        for name in (context.name, *context.aliases)
        if name
    }


@cache
def sessions() -> Mapping[str, str]:
    """The script behind every session of nox; "" for a session that runs none."""
    text = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    named = re.findall(r"^@nox\.session.*\ndef (\w+)", text, re.MULTILINE)
    models = {name: f"generate_{name}" for name in MODELS}
    judges = {name: f"judge_{name}" for name in JUDGES}
    return {**dict.fromkeys(named, ""), **models, **judges}


@cache
def help_of(script: str) -> str:
    """What a script prints for --help; where its environment is not here, its source."""
    done = subprocess.run(
        [sys.executable, f"scripts/{script}.py", "--help"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != Exit.BLOCKED:
        assert done.returncode == 0, done.stderr
        return done.stdout
    sources = (ROOT / "scripts" / f"{script}.py", ROOT / "src/secondtake/analysis/cli.py")
    return "".join(path.read_text(encoding="utf-8") for path in sources)


def faults(command: str) -> Iterator[str]:
    """What of a command does not exist; nothing if it is none of this project."""
    try:
        words = shlex.split(command, comments=True)
    except ValueError:  # prose between backticks, with an apostrophe
        return
    while words and re.fullmatch(r"\w+=\S*", words[0]):
        words.pop(0)
    for separator in ("&&", "|", ";"):
        if separator in words:
            at = words.index(separator)
            yield from faults(shlex.join(words[at + 1 :]))
            words = words[:at]
    if not words or not (match := PROGRAM.match(words[0])):
        return
    kind, rest = match[1], words[1:]
    if kind in ("invoke", "secondtake"):
        yield from verb_faults(rest)
    elif kind == "nox":
        yield from nox_faults(rest)
    elif len(rest) > 0:
        yield from python_faults(rest)


def verb_faults(words: list[str]) -> Iterator[str]:
    if words and words[0] in CORE_FLAGS:
        yield from (f"no verb {w}" for w in words[1:2] if words[0] == "--help" and w not in verbs())
        return
    if not words or words[0] not in verbs():
        if words and words[0].isascii() and words[0] not in (*PROSE, "VERB"):
            yield f"no verb {words[0]}"
        return
    flags = verbs()[words[0]]
    end = words.index("--") if "--" in words else len(words)
    for word in words[1:end]:
        option = word.partition("=")[0]
        if SWITCH.fullmatch(option) and option not in flags:
            yield f"{words[0]} has no option {option}"
    yield from value_faults(words[:end])


def value_faults(words: list[str]) -> Iterator[str]:
    """Models and checkpoints that do not exist."""
    for option, value in pairwise(words):
        names = value.split(",")
        if option == "--models" and words[0] == "setup":
            names = [name for name in names if name not in ENVIRONMENTS]
        try:
            if option == "--models" and value.islower():
                parse_models(",".join(names))
            if option == "--judges" and value.islower():
                parse_judges(value, option)
            if option == "--checkpoint" and "=" in value and value.islower():
                parse_checkpoints(value)
        except UserError as error:
            yield str(error)


def nox_faults(words: list[str]) -> Iterator[str]:
    end = words.index("--") if "--" in words else len(words)
    yield from (f"nox: {w}" for w in words[:end] if w.startswith("-") and w not in NOX_FLAGS)
    if "-s" not in words or words.index("-s") + 1 >= len(words):
        return
    name = words[words.index("-s") + 1]
    if name.replace("-", "_") not in sessions():
        yield f"no session {name}"
        return
    script, options = sessions()[name.replace("-", "_")], words[end + 1 :]
    if name == "analysis" and options and not options[0].startswith("-"):
        script, options = options[0].removesuffix(".py"), options[1:]
    if script:
        yield from option_faults(script, options)


def option_faults(script: str, words: list[str]) -> Iterator[str]:
    if not (ROOT / "scripts" / f"{script}.py").is_file():
        yield f"no script {script}"
        return
    listed = help_of(script)
    for option in (word.partition("=")[0] for word in words):
        if not SWITCH.fullmatch(option) or option in HIDDEN:
            continue
        if not re.search(rf"{re.escape(option)}\b", listed):
            yield f"{script}.py has no option {option}"


def python_faults(words: list[str]) -> Iterator[str]:
    if words[0].startswith("scripts/") and words[0].isascii() and "<" not in words[0]:
        yield from option_faults(words[0].removeprefix("scripts/").removesuffix(".py"), words[1:])
    top, *rest = words[1].split(".") if words[0] == "-m" and words[1:] else [""]
    if top in ("benchmarks", "secondtake"):
        path = (ROOT / ("src" if top == "secondtake" else "")).joinpath(top, *rest)
        if not path.with_suffix(".py").is_file() and not path.is_dir():
            yield f"no module {words[1]}"


NEW = ("docs/adding-a-model.md", "docs/adding-a-judge.md")
DOCUMENTED = [
    pytest.param(page.name, line, id=f"{page.name}: {line[:60]}")
    for page in pages()
    if page.name not in NEW  # what they add is not in the registry
    for line in dict.fromkeys(page.code)
    if re.match(r"(\w+=\S* )*(\S*/)?(invoke|secondtake|nox|python)\S* ", line)
]


@pytest.mark.parametrize(("page", "line"), DOCUMENTED)
def test_a_command_of_the_documentation_exists(page: str, line: str) -> None:
    assert list(faults(line.replace("…", " ").replace("[", "").replace("]", ""))) == []


def messages() -> Iterator[tuple[str, str]]:
    """The commands in our sources: hints, templates of pages, .env.example, songs, requirements."""
    places = {"src": "*.py *.j2", "scripts": "*.py", "songs": "*.toml", "requirements": "*.txt"}
    files = [
        file
        for place, patterns in places.items()
        for pattern in patterns.split()
        for file in (ROOT / place).rglob(pattern)
    ]
    for file in sorted([*files, ROOT / ".env.example", ROOT / "noxfile.py", ROOT / "tasks.py"]):
        for command in dict.fromkeys(IN_MESSAGES.findall(file.read_text(encoding="utf-8"))):
            yield file.relative_to(ROOT).as_posix(), command.strip()


@pytest.mark.parametrize(("file", "command"), sorted(set(messages())))
def test_a_command_of_a_message_exists(file: str, command: str) -> None:
    words = command.split()
    options = [word for word in words[2:] if word.startswith("--")]
    assert list(faults(" ".join([*words[: 3 if words[0] == "nox" else 2], *options]))) == []


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        ("invoke generate-al", "no verb generate-al"),
        ("invoke generate-all --takes=3 --force", ""),
        ("invoke generate-all --tkes 3", "generate-all has no option --tkes"),
        ("invoke fetch --models barc", "did you mean 'bark'"),
        ("invoke fetch --checkpoint bark=tiny", "small"),
        ("invoke setup --models lyrics,bark", ""),
        ("invoke check --json -- -odd.wav", ""),
        ("python3.11 -m venv .venv && .venv/bin/invoke generat", "no verb generat"),
        ("HF_HUB_OFFLINE=1 invoke docter", "no verb docter"),
        ("nox -s barc", "no session barc"),
        ("nox -s bark -- --segmnt 10", "generate_bark.py has no option --segmnt"),
        ("nox -s analysis -- verify_result --help", "no script verify_result"),
        ("python scripts/generate_bark.py --segment 10", ""),
        ("python scripts/generate_barc.py", "no script generate_barc"),
        ("python -m benchmarks.analysis.nothing", "no module benchmarks.analysis.nothing"),
        ("ffmpeg -i a.wav b.mp3", ""),
    ],
)
def test_what_does_not_exist_is_found(command: str, fault: str) -> None:
    found = list(faults(command))
    assert (fault in " ".join(found)) if fault else found == []


def test_there_are_commands_to_look_at() -> None:
    assert len(DOCUMENTED) > 80 and len(set(messages())) > 30
    assert ANALYSIS in sessions()
