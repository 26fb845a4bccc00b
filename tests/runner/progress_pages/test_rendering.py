"""The templates by themselves: all is escaped that is not markdown already, and nothing is lost."""

from pathlib import Path

import pytest
from jinja2 import UndefinedError

from secondtake.runner.progress_pages import rendering
from secondtake.runner.progress_pages.markdown import Markdown
from secondtake.runner.progress_pages.rendering import template_environment

TEMPLATES = sorted(Path(rendering.__file__).parent.glob("templates/*.md.j2"))
HOSTILE = "<b> | *x*"
SAFE = "&lt;b> \\| \\*x\\*"


def render(source: str, **values: object) -> str:
    return template_environment().from_string(source).render(values)


@pytest.mark.parametrize(
    "source",
    [
        "{{ text }}",
        "{{ [text] | join('; ') }}",
        "{{ text if text else '' }}",
        "{% macro show(text) %}{{ text }}{% endmacro %}{{ show(text) }}",
        "{% set line %}{{ text }}{% endset %}{{ line }}",
        "{% filter numbered %}{{ text }}{% endfilter %}",
        "{{ '%s' | format(text) }}",
        "{{ text | trim }}",
    ],
)
def test_every_way_of_showing_a_value_escapes_it(source: str) -> None:
    assert render(source, text=HOSTILE) == SAFE


def test_markdown_is_shown_as_it_is() -> None:
    assert render("{{ text }}", text=Markdown("**a**")) == "**a**"
    assert render("{{ parts | join(', ') }}", parts=[Markdown("**a**"), "*"]) == "**a**, \\*"


def test_numbers_need_no_backslash() -> None:
    assert render("{{ seconds }} s, {{ count }}", seconds=2.5, count=3) == "2.5 s, 3"


@pytest.mark.parametrize("source", ["{{ gone }}", "{{ text.gone }}", "{% if gone %}x{% endif %}"])
def test_a_name_that_is_not_there_is_an_error(source: str) -> None:
    with pytest.raises(UndefinedError):
        render(source, text="")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_leaves_the_escaping(path: Path) -> None:
    template_environment().get_template(path.name)
    source = path.read_text(encoding="utf-8")
    assert not any(word in source for word in ("safe", "autoescape", " ~ ", "| e ", "| escape"))


def test_every_page_has_a_template() -> None:
    names = {path.name.split("_")[0] for path in TEMPLATES}
    assert {f"phase{number}" for number in range(1, 6)} <= names
