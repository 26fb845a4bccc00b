"""Listeners and their votes, as merging hands them on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.analysis.votes.made_votes import LISTENING, SONG, vote_file, written

from secondtake.analysis.votes.merge import ListenerVotes, merge


@pytest.fixture
def listeners(tmp_path: Path) -> Callable[..., list[ListenerVotes]]:
    """Of each list of votes, a listener."""

    def run(*all_votes: list[dict[str, Any]]) -> list[ListenerVotes]:
        paths = [
            written(tmp_path, f"{number}.json", vote_file(number, votes))
            for number, votes in enumerate(all_votes)
        ]
        return merge(paths, SONG, LISTENING).listeners

    return run
