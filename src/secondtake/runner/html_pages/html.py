"""HTML pages of one file: every value escaped, scripts and styles inlined and named by their hash.

The Content-Security-Policy allows these very scripts and styles and no request at all: what a
prompt or a take's name smuggles into a page is neither run nor fetched. A page with files beside it
may load scripts from where it lies itself, and nothing else.
"""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from secondtake.core.formatting import plural

PACKAGE = "secondtake.runner.html_pages"
STATIC = files(PACKAGE) / "static"
# Modules keep to one line an import and named exports, and no two share a top-level name.
IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w-]+\.js)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let) )", re.MULTILINE)


def render_page(
    template: str,
    scripts: Sequence[str],
    styles: Sequence[str],
    *,
    files_beside: bool = False,
    **context: Any,
) -> str:
    """The page of a template, which writes `policy`, `style` and `script` where they belong.

    scripts: modules of static/, with which come those that they import; styles: sheets, in order.
    files_beside: it loads scripts that lie beside it.
    """
    script, style = bundle(scripts), "\n".join(map(_static, styles))
    allowed = policy(script, style, files_beside=files_beside)
    ours = {"script": Markup(script), "style": Markup(style)}  # noqa: S704 - files of static/
    return html_environment().get_template(template).render(policy=allowed, **ours, **context)


def bundle(modules: Sequence[str]) -> str:
    """JavaScript modules, and those that they import, as one: from file:// none may import another.

    ValueError where modules import each other, or where a line is left that only one of several
    modules can have.
    """
    order: list[str] = []
    for name in modules:
        _add_module(name, order, ())
    text = "\n".join(EXPORT.sub("", IMPORT.sub("", _static(name))) for name in order)
    if left := re.search(r"^(?:import|export)\b.*", text, re.MULTILINE):
        raise ValueError(f"{', '.join(modules)}: cannot be joined: {left[0]}")
    return text


def _add_module(name: str, order: list[str], importers: tuple[str, ...]) -> None:
    """Put a module into the order, after those that it imports."""
    if name in importers:
        raise ValueError(f"modules import each other: {' -> '.join((*importers, name))}")
    if name not in order:
        for imported in IMPORT.findall(_static(name)):
            _add_module(imported, order, (*importers, name))
        order.append(name)


def policy(script: str, style: str, *, files_beside: bool = False) -> str:
    """The Content-Security-Policy of a page with these inline texts, and data: for its media.

    files_beside: scripts of the page's own origin too; from file:// that is files of this computer.
    """
    parts = {
        "default-src": "'none'",
        "script-src": _source(script) + (" 'self'" if files_beside else ""),
        "style-src": _source(style),
        "img-src": "data:",
        "media-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items())


def script_json(value: Any) -> Markup:
    """A value as JSON for a `<script type="application/json">`, which no text within can end."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    escaped = text.replace("<", "\\u003c").replace("\u2028", "\\u2028")
    return Markup(escaped)  # noqa: S704 - it holds no tag


def data_uri(data: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def _source(text: str) -> str:
    """The source expression of an inline text: the hash of what stands between its tags."""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _static(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")


@cache
def html_environment() -> Environment:
    """Autoescaping; an unknown name is an error."""
    environment = Environment(
        loader=PackageLoader(PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"plural": plural, "script_json": script_json}
    return environment
