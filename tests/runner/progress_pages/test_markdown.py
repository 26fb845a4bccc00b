from pathlib import Path

import pytest
from tests.runner.progress_pages.rendered import render

from secondtake.runner.progress_pages import markdown

TRICKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "a | b || c",
    "`code` ``` fence",
    "**bold** _thin_ ~~gone~~",
    "[link](javascript:alert(1)) ![](x)",
    "&lt;b&gt; &amp; \\<b>",
    "# heading",
    "- list",
    "1. list",
    "2) list",
    "+ list",
    "> quote",
    "<https://example.org>",
    "www.example.org and https://example.org",
    "plain, with commas: and (brackets) - 120 BPM!",
    "text_temperature 0.7, v2/es_speaker_0",
    "_under_ score_",
    "ends with backslash \\",
    "===",
    "---",
]


@pytest.mark.parametrize("trick", TRICKS)
def test_words_render_as_themselves(trick: str) -> None:
    for page in (
        markdown.words(trick),
        f"- Label: {markdown.words(trick)}",
        f"- {markdown.words(trick)}",
    ):
        found = render(page + "\n")
        assert found.tags <= {"p", "ul", "li"}
        assert found.text.strip().removeprefix("Label: ") == trick


@pytest.mark.parametrize("trick", TRICKS)
def test_words_and_code_stay_in_their_cell(trick: str) -> None:
    found = render(markdown.table(("a", "b"), [(markdown.words(trick), markdown.code(trick))]))
    assert found.cells == [2, 2]
    assert found.tags <= {"table", "thead", "tbody", "tr", "th", "td", "code"}
    assert found.text.count(trick) == 2


def test_ordinary_words_need_no_backslash() -> None:
    text = "We whisper, susurra conmigo (chorus) - 120 BPM; text_temperature 0.7."
    assert markdown.words(text) == text


def test_what_reorders_or_hides_text_is_dropped() -> None:
    assert markdown.words("a\u202eb\u200bc\x00d") == "abcd"
    assert markdown.fence(["a\u202eb"]) == "```\nab\n```"


@pytest.mark.parametrize("line", ["```", "`````", "```bash", "~~~", "a ```` b"])
def test_no_line_ends_its_fence(line: str) -> None:
    found = render(markdown.fence(["first", line, "<b>last</b>"]) + "\n\nafter\n")
    assert found.tags == {"pre", "code", "p"}
    assert found.text == f"first\n{line}\n<b>last</b>\n\nafter\n"


def test_a_link_leads_where_its_file_is(tmp_path: Path) -> None:
    target = tmp_path / "data" / "odd (name) [1] ñ.wav"
    written = markdown.link(markdown.code("odd (name) [1] ñ.wav"), target, tmp_path / "results")
    found = render(written)
    assert found.links == ["../data/odd (name) [1] ñ.wav"]
    assert found.text.strip() == "odd (name) [1] ñ.wav"


def test_verses_keep_their_lines_apart() -> None:
    assert markdown.verses("one,\ntwo\n\nthree") == "one, / two / three"


@pytest.mark.parametrize(
    ("count", "text"), [(512, "512 bytes"), (3 << 20, "3.0 MiB"), (5 << 29, "2.5 GiB")]
)
def test_sizes(count: int, text: str) -> None:
    assert markdown.size(count) == text


def test_a_table_without_rows_is_nothing() -> None:
    assert markdown.table(("a",), []) == ""


def test_a_page_has_one_blank_line_between_blocks() -> None:
    assert markdown.page(["# a", "", "b\n\n", "c"]) == "# a\n\nb\n\nc\n"
