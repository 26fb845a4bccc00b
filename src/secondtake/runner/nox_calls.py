"""Wrong calls of nox: told with the nearest session, and exit code 2, before a session runs.

Nox itself ends with 3 for a session that it does not know, which is "blocked" here. It loads
noxfile.py before it selects sessions, so the noxfile looks first at the options that select them.
"""

import argparse
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from nox.manifest import keyword_match

from secondtake.core.errors import Exit
from secondtake.core.streams import open_streams
from secondtake.core.validation import did_you_mean, fold, shorten_repr
from secondtake.runner.child_process import answer_signals

END = "--"  # behind it are the words of the session
SWITCHES = ("-r", "-R", "-N", "-x", "-v", "-h")  # that people glue to -s, as in -rs tests


def _is_running() -> bool:
    """True in `nox` and `python -m nox`, not where something else imports the noxfile."""
    program = Path(sys.argv[0])
    return "nox" in (program.stem, program.parent.name)


def _words() -> list[str]:
    """The words of nox's command line, those of its sessions not among them."""
    words = sys.argv[1:] if _is_running() else []
    return words[: words.index(END)] if END in words else words


def spellings(name: str) -> list[str]:
    """The ways in which a session's name was typed; its own where it was not."""
    typed = [word for word in _words() if fold(word) == fold(name)]
    return list(dict.fromkeys(typed)) or [name]


def refuse_wrong_call(sessions: Mapping[str, object]) -> None:
    """SystemExit 2 if nox runs and selects no session; `sessions`: name -> its Python, or None."""
    if not _is_running():
        return
    open_streams()
    answer_signals()
    if message := _complaint(_selection(_words()), sessions):
        print(f"error: {message}\n  → nox -l shows every session", file=sys.stderr)
        raise SystemExit(Exit.BAD_INPUT)


def _selection(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(add_help=False)
    names: dict[str, Any] = {"nargs": "*", "action": "extend"}
    parser.add_argument("-s", "-e", "--sessions", "--session", dest="sessions", **names)
    parser.add_argument("-t", "--tags", **names)
    parser.add_argument("-p", "--pythons", "--python", **names)
    parser.add_argument("--usage", nargs=1)
    parser.add_argument("-k", "--keywords")
    parser.add_argument("-l", "--list-sessions", "--list", action="store_true")
    parser.add_argument("--json", action="store_true")
    for switch in SWITCHES:
        parser.add_argument(switch, action="store_true", dest="_")
    try:
        return parser.parse_known_args(words)[0]
    except SystemExit:  # nox has complained of these words itself, and is not here
        return parser.parse_args([])


def _complaint(options: argparse.Namespace, sessions: Mapping[str, object]) -> str:
    """What is wrong with the options, in a sentence; "" if nothing is."""
    versioned = [f"{name}-{python}" for name, python in sessions.items() if python]
    typed = options.sessions or options.usage or _listed(os.environ.get("NOXSESSION", ""))
    for name in typed:
        if name not in sessions and name not in versioned:
            return f"no session {shorten_repr(name)}; {did_you_mean(name, sessions)}"
    if options.tags is not None:
        return "-t: no session has a tag; select sessions with -s"
    selected = [name for name in sessions if not options.sessions or name in options.sessions]
    pythons = {str(sessions[name]) for name in selected if sessions[name]}
    if options.pythons and not pythons & set(options.pythons):
        has = f"it is {' and '.join(sorted(pythons))}" if pythons else "no version can be chosen"
        return f"-p: no selected session runs on Python {' or '.join(options.pythons)}; {has}"
    if options.keywords and not _matches(options.keywords, selected):
        return f"-k: {shorten_repr(options.keywords)} is the keyword of no session"
    if options.json and not options.list_sessions:
        return "--json: of what? type: nox --list --json"
    return ""


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _matches(expression: str, names: Iterable[str]) -> bool:
    try:
        return any(keyword_match(expression, [name]) for name in names)
    except Exception:  # no expression of Python, whatever is wrong with it
        return False
