"""Text that goes into reports renders as itself, or not at all."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as some
from markdown_it import MarkdownIt

from secondtake.core.escape import markdown, markup, plain

ANY = some.text(some.characters(exclude_categories=()))
MARKS = some.text('#-+*_=.()[]{}!<>&|`~:;1 ax\\"$@/', max_size=14)
PIECES = (
    "a é ♪ http:// https://x.y www. www.a.b a@b.c mailto: [ ] ( ) [x] [^1] _ __ * ** ` `` ~ ~~ "
    "<b> </b> <!-- --> <? &amp; &lt &#35; & ; \\ | 1. 12) - + # ## === --- :-- ~~~ ``` ! ![ $ . "
    ":smile: <https://a.b> [MAN] [a]: : //"
).split()
HOSTILE = some.lists(some.sampled_from([*PIECES, " "]), max_size=7).map("".join)
READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
AUTOLINK = re.compile(  # what GitHub makes a link of, where the text holds it outside of code
    r"(https?|ftp)://\w|(?<![a-z0-9])www\.|[a-z0-9._+-]+@[a-z0-9_-]*\.[a-z0-9]", re.IGNORECASE
)
PLACES = {  # where a text may stand, and the tags that belong there
    "{}": "p",
    "- {}": "ul li p",
    "- {}: text": "ul li p",
    "- **{}**: text": "ul li p strong",
    "1. item\n   - {}": "ol li p ul li p",
    "## {}": "h2",
    "[{}](target.wav)": "p a",
    "({}) and `code`": "p",
    "| a | b |\n| --- | --- |\n| {} | c |": "table thead tr th th tbody tr td td",
}


def rendered(page: str) -> tuple[str, list[str]]:
    """The text that a reader sees, and the tags around it; a code span is text."""
    tokens = [part for token in READER.parse(page) for part in (token, *(token.children or ()))]
    shown = [part for part in tokens if part.type in ("text", "code_inline")]
    others = [part for part in tokens if part not in shown and part.type != "inline"]
    return "".join(part.content for part in shown), [
        part.tag or part.type for part in others if part.nesting >= 0
    ]


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


@given(ANY | MARKS | HOSTILE | some.tuples(HOSTILE, ANY).map("".join))
def test_markdown_renders_as_the_text_itself(text):
    escaped, line = markdown(text), plain(text)
    if not line:
        assert escaped == ""
        return
    for place, tags in PLACES.items():
        around = rendered(place.format("QQ"))[0]
        shown, found = rendered(place.replace("{}", escaped))
        assert (shown, found) == (around.replace("QQ", line), tags.split()), place


@given(MARKS | HOSTILE)
def test_no_address_becomes_a_link(text):
    (paragraph,) = [t for t in READER.parse(f"- {markdown(text)};") if t.type == "inline"]
    for part in paragraph.children or ():
        assert part.type != "text" or not AUTOLINK.search(part.content)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("<script>alert(1)</script>", "&lt;script>alert(1)&lt;/script>"),
        ("a | b", r"a \| b"),
        ("[x](y.html)", r"\[x\](y.html)"),
        ("[MAN]", r"\[MAN\]"),  # what follows it may make a link of it
        ("# no heading", r"\# no heading"),
        ("===", r"\==="),
        ("- no item", r"\- no item"),
        ("1. no list", r"1\. no list"),
        ("> no quotation", r"\> no quotation"),
        ("$x$ is no formula", r"$x\$ is no formula"),
        ("a :smile: b", r"a \:smile: b"),
        ("*loud* _soft_ ~~gone~~", r"\*loud\* \_soft\_ ~~gone\~\~"),
        ("a `b`", r"a \`b\`"),
        ("&amp; &#35; R&B", "&amp;amp; &amp;#35; R&B"),
        ("C:\\Users, C:\\[x", r"C:\Users, C:\\\[x"),
        ("two\nlines\u202e", "two lines"),
        ("see https://x.org/a_b_c, www.x.y.", "see `https://x.org/a_b_c`, `www.x.y`."),
        ("write to a@b.org!", "write to `a@b.org`!"),
    ],
)
def test_only_what_would_be_markup_is_escaped(text, escaped):
    assert markdown(text) == escaped


@pytest.mark.parametrize(
    "text",
    [
        "[MAN] ♪ We whisper, susurra conmigo, amor y código. ♪",
        "stabilityai/stable-audio-open-1.0 on huggingface.co is gated (401)",
        "1.5 s of sound where the text takes about 8.8 s: words must be missing",
        "take text_temperature 0.7 - or v2/es_speaker_0 - at -20 dB, +3 dB, ~30 s",
        "songs/demo.ogg [0 s to 10 s], all of it",
        "a * b = c; 3 < 4 > 2; R&B; #7; $5; {x}; 100 %!",
        "Overall, Bark [take 2] comes closer: 0.71 (0.52 to 0.93).",
    ],
)
def test_ordinary_text_has_no_backslash(text):
    assert markdown(text) == text


def test_known_markup():
    assert markup('<b a="1">R&B</b>') == "&lt;b a=&quot;1&quot;&gt;R&amp;B&lt;/b&gt;"
