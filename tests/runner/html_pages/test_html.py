import base64
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from secondtake.runner.html_pages import html
from secondtake.runner.html_pages.html import (
    bundle,
    data_uri,
    html_environment,
    policy,
    render_page,
    script_json,
)

HOSTILE = "</script><!--<script>\u2028\"'&<b onclick=x>]]>"


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Modules of a test's own in place of static/."""
    monkeypatch.setattr(html, "STATIC", tmp_path)

    def write(**texts: str) -> None:
        for name, text in texts.items():
            (tmp_path / f"{name}.js").write_text(text, encoding="utf-8")

    return write


def test_modules_come_after_those_that_they_import_and_once(modules: Callable[..., None]) -> None:
    modules(
        low="export const LOW = 1;\n",
        left='import { LOW } from "./low.js";\n\nexport function left() {\n  return LOW;\n}\n',
        right='import { LOW } from "./low.js";\n\nexport class Right {}\n',
        top='import { left } from "./left.js";\nimport { Right } from "./right.js";\nleft();\n',
    )
    text = bundle(["top.js"])
    assert "import" not in text
    assert "export" not in text
    places = [text.index(part) for part in ("const LOW", "function left", "class Right", "left();")]
    assert places == sorted(places)
    assert text.count("const LOW") == 1


def test_what_cannot_be_joined_is_refused(modules: Callable[..., None]) -> None:
    modules(
        one='import { two } from "./two.js";\nexport const one = 1;\n',
        two='import { one } from "./one.js";\nexport const two = 2;\n',
        plain="export default 3;\n",
        wide='import * as one from "./plain.js";\n',
    )
    with pytest.raises(ValueError, match=r"one\.js -> two\.js -> one\.js"):
        bundle(["one.js"])
    with pytest.raises(ValueError, match="export default"):
        bundle(["plain.js"])
    with pytest.raises(ValueError, match="import \\*"):
        bundle(["wide.js"])


def test_the_policy_names_the_very_texts_and_nothing_that_could_be_fetched() -> None:
    allowed = policy("let a;", "b {}")
    for text in ("let a;", "b {}"):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in allowed
    assert allowed.startswith("default-src 'none';")
    for word in ("http", "self", "unsafe", "*", "blob"):
        assert word not in allowed
    assert re.search(r"script-src 'sha256-[^ ]+' 'self';", policy("", "", files_beside=True))


def test_json_ends_no_script_and_reads_as_it_was() -> None:
    text = str(script_json({"title": HOSTILE}))
    assert "<" not in text
    assert "\u2028" not in text
    assert json.loads(text) == {"title": HOSTILE}


def test_numbers_that_json_does_not_have_are_refused() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        script_json(float("nan"))


def test_templates_escape_and_know_no_unknown_names() -> None:
    template = html_environment().from_string('<p title="{{ text }}">{{ text }}</p>')
    page = template.render(text=HOSTILE)
    assert page.count("<") == 2
    with pytest.raises(Exception, match="undefined"):
        template.render()


def test_a_page_holds_its_script_as_the_policy_names_it() -> None:
    study = {"title": "t", "notice": None}
    page = render_page("listen.html.j2", ["waveform.js"], ["tokens.css"], study=study, inline={})
    script = re.search(r'<script type="module">(.*?)</script>', page, re.DOTALL)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert script and style
    for text in (script[1], style[1]):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert digest in page.split('content="')[1].split('"')[0].replace("&#43;", "+")


def test_a_data_uri_is_its_bytes() -> None:
    assert data_uri(b"\0\xff", "image/png") == "data:image/png;base64,AP8="
