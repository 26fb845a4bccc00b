"""The page's section on judges: a table a scale, and the takes of a model beside the baselines."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from secondtake.analysis.comparison.summary import in_order
from secondtake.analysis.findings.phrases import in_segments, open_reason, verdict_words
from secondtake.analysis.formatting import (
    JsonObject,
    format_number,
    format_with_interval,
    markdown_table,
)
from secondtake.analysis.metrics.metric import CLOSE, OPEN
from secondtake.core.escape import markdown
from secondtake.core.formatting import plural

ANCHOR = "judges"
PICTURE = "judges.png"
LEGEND = """\
A judge is a network that hears one recording at a time, and compares nothing. Every scale stands by
itself: no figure adds them up. Brackets hold 95 % intervals; of several takes the chosen one is
shown. The *floor* is the median of what the scale names. **Bold**: the whole interval lies above
what 90 of 100 of those reach. *Italics*: no better than they are, or worse. Where a judge answers a
question of the tables (prompt), 0 is that floor there, and 1 the baseline.
"""
DISTANCE = """\
All of a model's takes in these segments as one set, beside all baselines as one: the kernel audio
distance of the embeddings that {judges} leaves (0: drawn alike). *p*: how often takes and baselines
that change places by lot lie as far apart; above {most_p:g}, nothing shows that they differ.
"""
MOST_P = 0.05
MOST_OPEN = 8  # segments of a table that is not folded
LOST = ("as other music", "further")  # verdicts


def judges_section(comparison: JsonObject) -> Iterator[str]:
    """Every judge's scales; nothing where no judge has heard a take."""
    across = comparison["across"]
    judges = across.get("judges", [])
    if not judges:
        return
    yield f'## What the judges say <a id="{ANCHOR}"></a>'
    yield LEGEND
    yield f"![What each judge says of the baselines and of the takes]({PICTURE})"
    for judge in judges:
        for scale in judge["scales"]:
            yield from _scale(judge, scale, set(across["metrics"].values()))
    yield from _distances(across.get("distributions", []), judges)


def _scale(judge: JsonObject, scale: JsonObject, questions: set[str]) -> Iterator[str]:
    """A scale's heading, its table, and which models differ where no question says it."""
    yield f"### {scale['name'].capitalize()}"
    floor = f"floor: {scale['others']}" if scale["closer_is"] else "no score"
    yield f"{scale['about']} Says {markdown(judge['checkpoint'])}, in {scale['unit']}; {floor}."
    rows = [row for row in scale["rows"] if row["chosen"]]
    titles = {row["model"]: markdown(row["model_title"]) for row in rows}
    models = in_order(titles)
    head = ("segment", "baseline", *(titles[model] for model in models), "floor")
    numbers = list(dict.fromkeys(row["segment"] for row in rows))
    table = markdown_table(head, (_line(number, models, rows) for number in numbers))
    if len(numbers) > MOST_OPEN:
        table = f"<details>\n<summary>All segments</summary>\n\n{table}\n\n</details>"
    yield table
    if scale["closer_is"]:
        apart = [] if scale["name"] in questions else _told_apart(scale["pairs"], titles)
        yield "\n".join([*_said(rows, titles), *apart])


def _line(number: int, models: Sequence[str], rows: Sequence[JsonObject]) -> tuple[str, ...]:
    """A segment's row: its baseline, every model's chosen take, its floor."""
    own = {row["model"]: row for row in rows if row["segment"] == number}
    cells = (_cell(own.get(model)) for model in models)
    floors, ceilings = (_span(row[name] for row in own.values()) for name in ("floor", "ceiling"))
    return (str(number), ceilings, *cells, floors)


def _cell(row: JsonObject | None) -> str:
    if row is None or row["value"] is None:
        return "–"
    stars = "**" if row["verdict"] in CLOSE else "*" if row["verdict"] in LOST else ""
    value, _, interval = format_with_interval(row["value"], row["interval"]).partition(" ")
    return f"{stars}{value}{stars} {interval}".strip()


def _span(figures: Iterable[float | None]) -> str:
    """A figure that all rows share, or the least and the most of them."""
    known = [figure for figure in figures if figure is not None]
    ends = dict.fromkeys(format_number(end) for end in (min(known), max(known))) if known else ()
    return " to ".join(ends) or "–"


def _said(rows: Sequence[JsonObject], titles: dict[str, str]) -> Iterator[str]:
    """What the verdicts say, or why they say nothing; equal words together."""
    said: dict[str, dict[str, list[int]]] = {}
    for row in rows:
        entry = {**row, "question": "", "metric": row["scale"]}
        words = open_reason(entry) if row["verdict"] in OPEN else verdict_words(entry)
        said.setdefault(words, {}).setdefault(row["model"], []).append(row["segment"])
    totals = Counter(row["model"] for row in rows)
    for words, by_model in said.items():
        places = [
            f"{titles[model]} {in_segments(numbers, totals[model])}"
            for model, numbers in by_model.items()
        ]
        yield f"- {_sentence(words)}: {', '.join(places)}"


def _sentence(words: str) -> str:
    return markdown(words[:1].upper() + words[1:])


def _told_apart(pairs: Sequence[JsonObject], titles: dict[str, str]) -> Iterator[str]:
    """The differences between models that are decided."""
    for pair in pairs:
        if pair["decided"]:
            better, other = (titles[pair[name]] for name in ("first", "second"))
            if pair["difference"] < 0:
                better, other = other, better
            where = plural(len(pair["segments"]), "segment")
            yield f"- {better} does better than {other}, over {where}"


def _distances(entries: Sequence[JsonObject], judges: Sequence[JsonObject]) -> Iterator[str]:
    """A row a model; nothing where no judge leaves embeddings."""
    if not entries:
        return
    names = {judge["name"]: judge["title"] for judge in judges}
    heard = " and ".join(dict.fromkeys(names[entry["judge"]] for entry in entries))
    yield "### The takes together, beside the baselines together"
    yield DISTANCE.format(judges=heard, most_p=MOST_P)
    yield markdown_table(
        ("model", "takes", "segments", "distance", "p", "in words"), map(_distance_row, entries)
    )
    spreads = dict.fromkeys(
        f"Halves of the baselines lie within {format_number(entry['halves_most'])} of each other, "
        "95 times of 100."
        for entry in entries
        if entry["halves_most"] is not None
    )
    notes = dict.fromkeys(entry["note"] for entry in entries if entry["note"] and entry["p"])
    yield "\n".join(
        [*(f"- {spread}" for spread in spreads), *(f"- {_sentence(note)}" for note in notes)]
    )


def _distance_row(entry: JsonObject) -> tuple[str, ...]:
    return (
        markdown(entry["model_title"]),
        str(entry["takes"]),
        str(entry["segments"]),
        format_with_interval(entry["value"], entry["interval"]) or "–",
        format_number(entry["p"]),
        distance_words(entry),
    )


def distance_words(entry: JsonObject) -> str:
    """Whether a model's takes are told apart from the baselines, and from other songs' too."""
    if entry["p"] is None:
        return f"undecided: {entry['note']}"
    apart = "told apart" if entry["p"] <= MOST_P else "not told apart"
    beside = {
        "as itself": ", and as near as their halves are",
        "closer": ", and nearer than most other songs",
        "between": ", and nearer than most other songs, though not beyond doubt",
        "as other music": ", and no nearer than other songs",
        "further": ", and further than other songs",
    }.get(entry["verdict"], "")
    return f"{apart} from the baselines{beside}"
