"""The user's browser, which opens a page that was written, where there is one with a window."""

import os
import sys
import webbrowser
from pathlib import Path

from secondtake.core.project import Project

# What `webbrowser` falls back to: these would take over the terminal, and cannot play the page.
TEXT_BROWSERS = frozenset(("www-browser", "links", "elinks", "lynx", "w3m"))


def open_page(project: Project, page: Path) -> None:
    """Open a page in the user's browser; a line on stderr where that cannot be."""
    if not page.is_file():
        print(f"note: there is no {project.relative(page)} to open", file=sys.stderr)
    elif not (browser := _browser()) or not browser.open(page.as_uri()):
        print(f"note: no browser with a window is found here; open {page}", file=sys.stderr)


def _browser() -> webbrowser.BaseBrowser | None:
    """The browser that BROWSER names, else the first that is found, if it opens a window."""
    is_chosen = bool(os.environ.get("BROWSER"))  # whoever names one of the terminal means it
    is_shown = sys.platform != "linux" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
    if not (is_chosen or is_shown):
        return None
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return None
    name = Path(str(getattr(browser, "name", ""))).name
    return browser if is_chosen or name not in TEXT_BROWSERS else None
