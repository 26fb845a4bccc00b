"""The templates of the pages: jinja2 in which every value is escaped for markdown.

A template is a page as a reader sees it: markdown, with one line for a paragraph, a table row or an
item of a list. Items of numbered lists all begin with `1. `. Several blank lines become one.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from secondtake.core.escape import plain
from secondtake.core.formatting import plural, remark_lines
from secondtake.runner.progress_pages import best_takes, markdown, sections
from secondtake.runner.progress_pages.markdown import Markdown


def render_template(name: str, page: sections.Page) -> str:
    """The markdown of a template, which knows `page` and its `status`."""
    template = template_environment().get_template(name)
    return markdown.tidy(template.render(page=page, status=page.status))


@cache
def template_environment() -> Environment:
    """Macros and blocks give Markup, since autoescape is on; `finalize` escapes all else."""
    environment = Environment(
        loader=PackageLoader("secondtake.runner.progress_pages"),
        autoescape=True,
        finalize=markdown.escape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "address": markdown.address,
        "channels": markdown.channels,
        "code": markdown.code,
        "fence": markdown.fence,
        "figure": markdown.figure,
        "join": _join,
        "licence_terms": sections.licence_terms,
        "lyrics_line": markdown.lyrics_line,
        "numbered": markdown.number_items,
        "plain": plain,
        "plural": plural,
        "rate": markdown.rate,
        "remark_lines": remark_lines,
        "settings": sections.settings,
        "short_hash": markdown.short_hash,
        "size": markdown.size,
        "spread": best_takes.spread,
    }
    return environment


def _join(values: Iterable[Any], separator: str = "") -> Markdown:
    """The values, escaped, with a separator that is markdown."""
    return Markdown(separator).join(values)
