"""The page's section on tempo and key: what was asked for, and what the takes keep."""

from collections.abc import Iterator

from secondtake.analysis.comparison.adherence import UNDECIDABLE
from secondtake.analysis.formatting import JsonObject, markdown_table
from secondtake.core.escape import markdown
from secondtake.core.formatting import plural

ANCHOR = "asked-and-kept"  # PHASE 4 leads there
LEGEND = """\
Every take against what the song file asks for; this needs no baseline. Tempo is kept within 4 %;
half, double and what is grouped otherwise in 3/4 and 6/8 are the same pulse. Shares are of what
could be told. Two unrelated sung songs share their tempo in 14 % and their key in 4 %, two halves
of one recording in 88 % and 50 % (`docs/lab/tempo-and-key.md`).
"""
RARE = "regrouped"  # has a column where there is any
COLUMNS = {
    "tempo": {"kept": "tempo kept", "half": "half", "double": "double",
              "regrouped": "grouped otherwise", "other": "another tempo"},
    "key": {"same": "key kept", "relative": "relative key", "fifth": "a fifth away",
            "other": "another key"},
}  # fmt: skip


def adherence_section(comparison: JsonObject) -> Iterator[str]:
    """Two tables by model; nothing without takes."""
    kept = comparison["across"]["adherence"]
    if not kept["takes"]:
        return
    yield f'## Asked and kept: tempo and key <a id="{ANCHOR}"></a>'
    yield LEGEND
    if repaints := sum(take["repaint"] for take in kept["takes"]):
        yield f"{plural(repaints, 'take')} with a stretch made anew, and not counted here."
    takes = [take for segment in comparison["segments"] for take in segment["takes"]]
    titles = {take["model"]: markdown(take["model_title"]) for take in takes}
    for what, named in COLUMNS.items():
        columns = {
            outcome: name
            for outcome, name in named.items()
            if outcome != RARE or any(counts[what][RARE] for counts in kept["models"].values())
        }
        rows = [
            (titles[model], *_cells(counts[what], list(columns)))
            for model, counts in kept["models"].items()
        ]
        yield markdown_table(("model", *columns.values(), "undecided"), rows)


def _cells(counts: dict[str, int], outcomes: list[str]) -> list[str]:
    """Counts in order; the first of them as a share of those that could be told."""
    known = sum(counts[outcome] for outcome in outcomes)
    kept = counts[outcomes[0]]
    share = f"{100 * kept / known:.0f} % ({kept} of {known})" if known else "none could be told"
    return [share, *(str(counts[outcome]) for outcome in (*outcomes[1:], UNDECIDABLE))]
