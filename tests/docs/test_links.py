"""Links in the project's markdown lead to files, and to headings in them, that are there."""

from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.docs.markdown_pages import Page, pages

ELSEWHERE = ("http://", "https://", "mailto:")


def broken(page: Page, root: Path = ROOT) -> list[str]:
    """The relative links that lead nowhere, or out of the project."""
    lost = []
    for link in page.links:
        if link.startswith(ELSEWHERE):
            continue
        name, _, anchor = link.partition("#")
        target = (page.path.parent / name).resolve() if name else page.path.resolve()
        is_lost = not target.exists() or not target.is_relative_to(root.resolve())
        if is_lost or (anchor and anchor not in Page(target).anchors):
            lost.append(link)
    return lost


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_no_link_is_broken(page: Page) -> None:
    assert broken(page) == []


def test_there_are_links_and_anchors_to_follow() -> None:
    links = [link for page in pages() for link in page.links if not link.startswith("http")]
    assert len(links) > 100 and sum("#" in link for link in links) > 10


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("[a](b.md)", ["b.md"]),
        ("[a](page.md#here) [b](#here) [`c`](page.md)", []),
        ("[a](page.md#nowhere)", ["page.md#nowhere"]),
        ("`[a](b.md)` and\n```bash\n[a](b.md)\n```\n", []),
        ("[a](https://example.org/b.md)", []),
        ("[a](../beside.md)", ["../beside.md"]),
    ],
)
def test_what_is_broken_is_found(tmp_path: Path, text: str, lost: list[str]) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (tmp_path / "beside.md").write_text("# Not of the project\n", encoding="utf-8")
    file = root / "page.md"
    file.write_text(f"# A page\n\n## Here\n\n{text}\n", encoding="utf-8")
    assert broken(Page(file), root) == lost


def test_every_page_of_docs_is_linked_from_another_one() -> None:
    linked = {
        (page.path.parent / link.partition("#")[0]).resolve()
        for page in pages()
        for link in page.links
        if not link.startswith(ELSEWHERE) and link.partition("#")[0]
    }
    docs = {page.path.resolve() for page in pages() if page.name.startswith("docs/")}
    assert sorted(file.name for file in docs - linked) == []
