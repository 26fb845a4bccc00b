"""Compare a song's takes with its baselines; write figures, a page and plots. In venv-analysis."""

import argparse
import sys
from pathlib import Path
from typing import Any

from secondtake.core.scripts import ANALYSIS, enter

if __name__ == "__main__":
    enter(ANALYSIS)

from secondtake.analysis.cli import parser, run
from secondtake.analysis.comparison.compare import compare_song
from secondtake.analysis.comparison.material import SegmentMaterial, gather
from secondtake.analysis.plots.render import render_overview, render_plots
from secondtake.analysis.report import comparison_page as report_overview
from secondtake.analysis.report.comparison_page import comparison_page
from secondtake.core.errors import Exit
from secondtake.core.files import write_text
from secondtake.core.project import Project
from secondtake.core.serialization import write_checked
from secondtake.core.song import Song
from secondtake.core.streams import print_json

DESCRIPTION = "Compare every take of a song with its baseline and with the sketch."
EPILOG = """\
Without a baseline (invoke import-baseline FILE --segment N) takes are described, and compared with
the sketch only. Every similarity has its floor and its ceiling beside it; docs/metrics.md explains
them. Writes <results>/analysis/comparison_results.json and comparison_results.md, which begins with
the findings, and the pictures. Files that did not change are not analysed again.

exit code: 0 done, 2 bad input

examples:
  python scripts/analyse_results.py
  python scripts/analyse_results.py --song songs/other.toml --no-plots
  python scripts/analyse_results.py --naive
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    command = parser(DESCRIPTION, EPILOG)
    command.add_argument("--json", action="store_true", help="print the comparison as JSON instead")
    command.add_argument("--no-plots", action="store_true", help="leave the pictures as they are")
    command.add_argument(
        "--naive", action="store_true", help="add the first study's figures, and pink noise's"
    )
    options = command.parse_args(arguments)
    return run(
        lambda song, project: _analyse(song, project, options), options.song, as_json=options.json
    )


def _analyse(song: Song, project: Project, options: argparse.Namespace) -> int:
    folder = song.results / "analysis"
    materials = gather(song, project, lambda name: print(f"    measuring {name}", file=sys.stderr))
    comparison = compare_song(song, materials, project, options.naive)
    if not options.no_plots:
        _draw(materials, folder)
        render_overview(comparison["across"], folder)
    write_checked(folder / "comparison_results.json", comparison)
    write_text(folder / "comparison_results.md", comparison_page(comparison))
    if options.json:
        print_json(comparison)
    else:
        _print_segments(materials)
        _print_findings(comparison)
        print(f"read: {project.relative(folder / 'comparison_results.md')}")
    return Exit.DONE


def _draw(materials: list[SegmentMaterial], folder: Path) -> None:
    """Write the pictures that are new or changed."""
    render_plots(materials, folder, lambda line: print(f"    {line}", file=sys.stderr))


def _print_segments(materials: list[SegmentMaterial]) -> None:
    """One line a segment on the terminal."""
    for material in materials:
        baseline = "baseline" if material.baseline else f"no baseline: {material.why}"
        print(f"segment {material.segment.number}: takes: {len(material.takes)}; {baseline}")
        for name, why in material.skipped:
            print(f"  not compared: {name}: {why}")


def _print_findings(comparison: dict[str, Any]) -> None:
    """The findings, with which the page begins."""
    if comparison["findings"]:
        print(report_overview.SCALE)
    for finding in comparison["findings"]:
        print(f"  {finding['kind']}: {finding['text']}")


if __name__ == "__main__":
    sys.exit(main())
