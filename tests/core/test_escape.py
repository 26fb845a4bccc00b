"""Text that goes into reports renders as itself, or not at all."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as some
from markdown_it import MarkdownIt

from secondtake.core.escape import markdown, markup, plain

ANY = some.text(some.characters(exclude_categories=()))


@given(ANY)
def test_plain_text_is_one_visible_line(text):
    escaped = plain(text)
    assert escaped == escaped.strip() and len(escaped.splitlines()) <= 1
    assert not {unicodedata.category(c) for c in escaped} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


@given(ANY)
def test_markup_holds_no_bare_mark(text):
    escaped = markup(text)
    assert not set("<>\"'") & set(escaped)
    assert re.sub(r"&(amp|lt|gt|quot|#x27);", "", escaped).count("&") == 0


@given(ANY | some.text('#-+*_=.()[]!<>&|`~:1 a\\"\t', max_size=12))
def test_markdown_renders_as_the_text_itself(text):
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown(text))
    kinds = [token.type for token in tokens]
    assert kinds in ([], ["paragraph_open", "inline", "paragraph_close"])
    inside = [child for token in tokens for child in token.children or []]
    assert {child.type for child in inside} <= {"text"}
    assert "".join(child.content for child in inside) == plain(text)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("<script>", "&lt;script&gt;"),
        ("a|b", r"a\|b"),
        ("[x](http://y)", r"\[x\]\(http\://y\)"),
        ("# no heading", r"\# no heading"),
        ("===", r"\=\=\="),
        ("$x$ and :smile: to @you", r"\$x\$ and \:smile: to \@you"),
        ("amor y código: ♪", "amor y código: ♪"),
        ("Sketch (rule-based control)", "Sketch (rule-based control)"),
        ("a :smile: b", r"a \:smile: b"),
        ("1. no list", r"1\. no list"),
        ("www.x.y", r"www\.x\.y"),
        ("two\nlines\u202e", "two lines"),
        ("R&B", "R&amp;B"),
    ],
)
def test_known_markdown(text, escaped):
    assert markdown(text) == escaped


def test_known_markup():
    assert markup('<b a="1">R&B</b>') == "&lt;b a=&quot;1&quot;&gt;R&amp;B&lt;/b&gt;"
