"""Wrong calls of invoke: told with the nearest name, and exit code 2, before a verb runs.

Invoke itself ends with 1 for a word that it does not know, which is "something failed" here. It
loads tasks.py before it reads the verbs, so tasks.py looks first, with invoke's own parser.
"""

import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from invoke.collection import Collection
from invoke.exceptions import Exit, ParseError
from invoke.main import program as invoke_program
from invoke.parser.context import ParserContext
from invoke.parser.parser import Parser
from invoke.program import Program

from secondtake.core import errors
from secondtake.core.redaction import redact
from secondtake.core.streams import open_streams, wants_json
from secondtake.core.validation import shorten_repr, suggest_nearest

UNKNOWN = re.compile(r"No idea what ['\"](.*)['\"] is!", re.DOTALL)
NO_VALUE = re.compile(r"Flag <Argument: ([^ >]+).*needed value.*", re.DOTALL)
MISSING = re.compile(r"'(\S+)' did not receive required positional arguments: (.*)")


def refuse_wrong_call(collection: Collection, program: Program = invoke_program) -> None:
    """Exit, with code 2, if invoke is running and its words are no call of these verbs."""
    if not program.argv:  # tasks.py was imported by something else
        return
    open_streams()
    words = list(program.core.unparsed)
    parser = Parser(initial=program.initial_context, contexts=_contexts(collection))
    try:
        core, *_ = parser.parse_argv(words)
    except (ParseError, ValueError) as error:  # ValueError: a core option that wants a number
        name = program.binary_names[0]
        raise refusal(*_explain(error, words, parser.contexts, name), words) from None
    for option in ("help", "list"):
        value = program.args[option].value or core.args[option].value
        if isinstance(value, str) and (option == "list" or value not in parser.contexts):
            near = suggest_nearest(value, parser.contexts)
            hint = f"{near}{program.binary_names[0]} --list shows every verb"
            raise refusal(f"no verb {shorten_repr(value)} to {option}", hint, words)


def _contexts(collection: Collection) -> list[ParserContext]:
    """The verbs' contexts. Making them takes the help out of each task, which is put back."""
    tasks = [collection[name] for name in collection.task_names]
    helps = [dict(task.help) for task in tasks]
    contexts = collection.to_contexts()
    for task, texts in zip(tasks, helps, strict=True):
        task.help = texts
    return contexts


def refusal(message: str, hint: str, words: Sequence[str]) -> Exit:
    """Say what is wrong, on stdout too for --json; the exit that invoke is to make of it."""
    message, hint = redact(message), redact(hint)
    print(f"error: {message}\n  → {hint}", file=sys.stderr)
    if wants_json(words):
        errors.print_error_object("bad_input", message, hint, errors.Exit.BAD_INPUT)
    return Exit(code=errors.Exit.BAD_INPUT)


def _explain(
    error: Exception, words: Sequence[str], verbs: Mapping[str, ParserContext], program: str
) -> tuple[str, str]:
    """A complaint of invoke's parser, and what to type instead."""
    context: Any = getattr(error, "context", None)
    verb = (context and context.name) or ""
    help_line = f"{program} --help {verb}" if verb else f"{program} --list shows every verb"
    label = f"{verb}: " if verb else ""
    flags = list(context.flag_names()) if context else []
    if match := UNKNOWN.fullmatch(str(error)):
        word = match[1]
        if word.startswith("-"):
            owners = [name for name, other in verbs.items() if word in other.flags]
            near = f"it stands behind its verb: {program} {owners[0]} {word} …; " if owners else ""
            near = near if near and not verb else suggest_nearest(word, flags)
            return f"{label}no option {shorten_repr(word)}", f"{near}{help_line}"
        return f"{label}no verb {shorten_repr(word)}", _word_hint(
            word, words, context, verbs, program
        )
    if match := NO_VALUE.fullmatch(str(error)):
        option = f"--{match[1]}"
        about = (option in flags and context.flags[option].help) or ""
        return f"{label}{option} needs a value", f"{option} VALUE: {about}" if about else help_line
    if match := MISSING.fullmatch(str(error)):
        missing = match[2].replace("'", "").upper()
        every = " ".join(argument.name.upper() for argument in context.positional_args)
        return f"{label}{missing} is missing", f"type: {program} {verb} {every}"
    return f"{label}{error}", help_line


def _word_hint(
    word: str,
    words: Sequence[str],
    context: Any,
    verbs: Mapping[str, ParserContext],
    program: str,
) -> str:
    """What to do about a word that is neither a verb nor the value of an option."""
    flags = context.flags if context else {}
    for before, value, after in zip(words, words[1:], words[2:], strict=False):
        if after == word and before in flags and flags[before].takes_value:
            return f"several values have commas and no spaces between: {before} {value},{word}"
    for typed in words:
        option, _, value = typed.partition("=")
        if value == word and option in flags and not flags[option].takes_value:
            return f"{option} takes no value"
    return f"{suggest_nearest(word, verbs)}{program} --list shows every verb"
