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
def test_text_renders_as_themselves(trick: str) -> None:
    for page in (
        markdown.escape(trick),
        f"- Label: {markdown.escape(trick)}",
        f"- {markdown.escape(trick)}",
    ):
        html = render(f"{page}\n")
        assert html.tags <= {"p", "ul", "li", "code"}  # addresses are code, and no links
        assert html.text.strip().removeprefix("Label: ") == trick


@pytest.mark.parametrize("trick", TRICKS)
def test_words_and_code_stay_in_their_cell(trick: str) -> None:
    row = f"| {markdown.escape(trick)} | {markdown.code(trick)} |"
    html = render(f"| a | b |\n| --- | --- |\n{row}\n")
    assert html.cells == [2, 2]
    assert html.tags <= {"table", "thead", "tbody", "tr", "th", "td", "code"}
    assert html.text.count(trick) == 2


def test_ordinary_words_need_no_backslash() -> None:
    text = "We whisper, susurra conmigo (chorus) - 120 BPM; text_temperature 0.7."
    assert markdown.escape(text) == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("songs/demo.ogg [0 s to 10 s]", "`songs/demo.ogg [0 s to 10 s]`"),
        ("<b>", "`<b>`"),
        ("a `b`", "`` a `b` ``"),
        ("a|b", r"a\|b"),  # only without code does it stay in its cell
        ("", ""),
    ],
)
def test_text_as_code(text: str, code: str) -> None:
    assert markdown.code(text) == code


def test_what_reorders_or_hides_text_is_dropped() -> None:
    assert markdown.escape("a\u202eb\u200bc\x00d") == "abcd"
    assert markdown.fence(["a\u202eb"]) == "```\nab\n```"


@pytest.mark.parametrize("line", ["```", "`````", "```bash", "~~~", "a ```` b"])
def test_no_line_ends_its_fence(line: str) -> None:
    html = render(f"{markdown.fence(['first', line, '<b>last</b>'])}\n\nafter\n")
    assert html.tags == {"pre", "code", "p"}
    assert html.text == f"first\n{line}\n<b>last</b>\n\nafter\n"


def test_a_link_leads_where_its_file_is(tmp_path: Path) -> None:
    target = tmp_path / "data" / "odd (name) [1] ñ.wav"
    written = markdown.link(markdown.code("odd (name) [1] ñ.wav"), target, tmp_path / "results")
    html = render(written)
    assert html.links == ["../data/odd (name) [1] ñ.wav"]
    assert html.text.strip() == "odd (name) [1] ñ.wav"


def test_verses_keep_their_lines_apart() -> None:
    assert markdown.lyrics_line("one,\n two\n\nthree\n- four") == "one, / two / three / - four"
    song = markdown.lyrics_line("\n".join(f"line {number}" for number in range(1, 60)))
    assert song.startswith("line 1 / line 2 /") and song.endswith("/ line 12 / … (59 lines)")


@pytest.mark.parametrize(
    ("count", "text"), [(512, "512 bytes"), (3 << 20, "3.0 MiB"), (5 << 29, "2.5 GiB")]
)
def test_sizes(count: int, text: str) -> None:
    assert markdown.size(count) == text


def test_a_page_has_one_blank_line_between_blocks() -> None:
    assert markdown.tidy("\n# a\n\n\nb\n\n\n\nc") == "# a\n\nb\n\nc\n"


def test_blank_lines_of_code_stay() -> None:
    page = f"a\n\n{markdown.fence('first' + 4 * chr(10) + 'last')}\n"
    assert markdown.tidy(page) == page


def test_what_is_put_into_markdown_is_escaped() -> None:
    bold = markdown.Markdown("**{}**").format("a|b")
    assert bold == "**a\\|b**"
    assert markdown.Markdown(" / ").join(["<i>", bold]) == "&lt;i> / **a\\|b**"


def test_items_are_numbered_and_their_lists_are_not() -> None:
    assert markdown.number_items("1. a\n   - b\n1. c\n") == "1. a\n   - b\n2. c\n"
