"""Text that goes into reports renders as itself, or not at all."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as some

from secondtake.text import MARKDOWN_MARKS, markdown, markup, plain

ANY = some.text(some.characters(exclude_categories=()))


@given(ANY)
def test_plain_text_is_one_visible_line(text):
    made = plain(text)
    assert made == made.strip() and len(made.splitlines()) <= 1
    assert not {unicodedata.category(c) for c in made} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


@given(ANY)
def test_markup_holds_no_bare_mark(text):
    made = markup(text)
    assert not set("<>\"'") & set(made)
    assert re.sub(r"&(amp|lt|gt|quot|#x27);", "", made).count("&") == 0


@given(ANY)
def test_markdown_escapes_every_mark_and_nothing_else(text):
    made = markdown(text)
    bare = re.sub(r"\\[!-/:-@\[-`{-~]|&(amp|lt|gt);", "", made)
    assert not MARKDOWN_MARKS.search(bare)
    unescaped = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", made)
    for name, mark in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        unescaped = unescaped.replace(name, mark) if name not in text else unescaped
    assert unescaped == plain(text) or "&" in text


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("<script>", "&lt;script&gt;"),
        ("a|b", r"a\|b"),
        ("[x](http://y)", r"\[x\]\(http\://y\)"),
        ("# no heading", r"\# no heading"),
        ("===", r"\=\=\="),
        ("$x$ and :smile: to @you", r"\$x\$ and \:smile: to \@you"),
        ("amor y código: ♪", "amor y código: ♪"),
        ("two\nlines\u202e", "two lines"),
        ("R&B", "R&amp;B"),
    ],
)
def test_known_markdown(text, made):
    assert markdown(text) == made


def test_known_markup():
    assert markup('<b a="1">R&B</b>') == "&lt;b a=&quot;1&quot;&gt;R&amp;B&lt;/b&gt;"
