"""The comparison as a page of markdown, from its JSON values alone."""

from typing import Any

from secondtake.text import markdown
from secondtake_analysis.page import overview as report_overview
from secondtake_analysis.page import segment as report_segment

HEAD = """\
Written by `scripts/analyse_results.py` from the takes' records and files; changes by hand are
lost. What each metric means: `docs/metrics.md`.
"""
HOW_TO_READ = """\
## How to read this

No similarity stands alone. Every value lies between its *floor*, what other music scores against
the same original (the median of a reference corpus), and its *ceiling*, what the original scores
against other parts of itself. *Scaled*, 0 is the floor and 1 the ceiling. Brackets hold the 95 %
interval: where it reaches the floor, a take cannot be told from other music. *Beats* is the share
of other music that is less close. The *sketch* follows rules and is no model of music; a model
should beat it.
"""


def page(comparison: dict[str, Any]) -> str:
    """The whole page; ends with a newline.

    What the user wrote is escaped; names of takes and of metrics are the project's own words.
    """
    parts = [
        f"# Comparison: {markdown(comparison['title'])}",
        HEAD,
        HOW_TO_READ,
        *report_overview.blocks(comparison),
        *report_segment.blocks(comparison),
    ]
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"
