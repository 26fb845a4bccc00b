"""From vote files to votes/listening.json: merging, exclusions, and one result a part."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from secondtake.analysis.formatting import round_floats
from secondtake.analysis.votes.abx_and_ratings import abx_results, rating_results
from secondtake.analysis.votes.clip_systems import SystemByClip, systems_of
from secondtake.analysis.votes.exclusion import exclusions
from secondtake.analysis.votes.merge import ListenerVotes, MergedVotes, merge, merging_notes
from secondtake.analysis.votes.pair_questions import (
    found_baselines,
    question_result,
    ungrouped_votes,
)
from secondtake.analysis.votes.vote_export import MAX_BYTES
from secondtake.analysis.votes.vote_sentences import sentences
from secondtake.core.formatting import plural
from secondtake.core.listening_file import ListeningFile
from secondtake.core.serialization import JsonFileError, from_dict, read_json
from secondtake.core.validation import SAFE_NAME
from secondtake.core.votes_file import QUESTIONS, Listener, Mode, VotedSystem, VotesFile, as_json


def merged_votes(
    paths: Iterable[Path],
    song: str,
    listening: ListeningFile,
    apart: Mapping[str, str] | None = None,
) -> VotesFile:
    """The result of a set of vote files. Its numbers have six digits, as they are written.

    apart: see `systems_of`. If no file could be used, it has no listeners.
    """
    merged, systems = merge(paths, song, listening), systems_of(listening, apart)
    excluded = {listener.listener: exclusions(listener) for listener in merged.listeners}

    def counted(mode: Mode) -> list[ListenerVotes]:
        return [each for each in merged.listeners if mode not in excluded[each.listener]]

    questions = (
        question_result(question, counted("pairs"), merged.listeners, systems)
        for question in QUESTIONS
    )
    votes = VotesFile(
        state="ready",
        study=listening.study,
        files=tuple(merged.files),
        listeners=tuple(
            Listener(
                listener=each.listener,
                nickname=each.nickname,
                planned=each.planned,
                answered=each.answered,
                excluded=excluded[each.listener],
            )
            for each in merged.listeners
        ),
        questions=tuple(question for question in questions if question),
        abx=abx_results(merged.listeners, systems),
        ratings=rating_results(counted("ratings"), systems),
        notes=tuple(_notes(merged, systems)),
    )
    votes = replace(votes, systems=_voted_on(votes, systems))
    rounded = from_dict(
        VotesFile, round_floats({**as_json(song, votes), "state": "ready"}), strict=False
    )
    return replace(rounded, sentences=tuple(each.text for each in sentences(rounded)))


def songs_named(paths: Iterable[Path]) -> list[str]:
    """The songs that vote files are about, by name, as far as the files can be read."""
    names = set()
    for path in paths:
        with suppress(OSError, JsonFileError):
            if path.is_file() and path.stat().st_size <= MAX_BYTES:
                name = read_json(path, lambda value: str(value["song"]))
                names |= {name} if SAFE_NAME.fullmatch(name) else set()
    return sorted(names)


def _notes(merged: MergedVotes, systems: SystemByClip) -> Iterable[str]:
    yield from merging_notes(merged)
    if same := ungrouped_votes(merged.listeners, systems):
        yield f"{plural(same, 'vote')} between two takes of one model: left out"
    found, hidden = found_baselines(merged.listeners, systems)
    if hidden:
        yield f"check of attention: listeners found the hidden baseline in {found} of \
{plural(hidden, 'pair')}"
    early = sum(0 < len(each.abx) < each.planned["abx"] for each in merged.listeners)
    if early:
        runs = plural(early, "ABX run")
        yield f"{runs} ended before the planned number of trials: the p is right only if chance, \
not the score, ended it"


def _voted_on(votes: VotesFile, systems: SystemByClip) -> tuple[VotedSystem, ...]:
    """The systems that a result names, by name."""
    names = {strength.system for question in votes.questions for strength in question.systems}
    names |= {name for result in votes.abx for name in (result.first, result.second)}
    names |= {result.system for result in votes.ratings}
    known = {system.system: system for system in systems.values()}
    return tuple(known[name] for name in sorted(names))
