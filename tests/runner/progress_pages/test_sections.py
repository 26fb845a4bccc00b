"""The pages say under which terms a take was made, as its record does."""

from dataclasses import replace

from tests.runner.progress_pages.rendered import render
from tests.runner.progress_pages.scratch import Scratch

from secondtake.core.registry.all_models import MODELS
from secondtake.core.takes import Licence
from secondtake.runner.progress_pages import sections

STABILITY = "https://stability.ai/community-license-agreement"


def test_each_take_says_its_licence_and_where_it_is_written(scratch: Scratch) -> None:
    for job in scratch.jobs():
        scratch.make(job)
    page = render(scratch.page(3))
    assert "Licence of the weights: Stability AI Community License: free for research" in page.text
    assert "Licence of the weights: MIT: any use, commercial too" in page.text
    assert "Licence: MIT (the code; there are no weights)" in page.text  # the sketch
    assert STABILITY in page.links


def test_whoever_listens_reads_what_may_be_done_with_the_sound(scratch: Scratch) -> None:
    for job in scratch.jobs():
        scratch.make(job)
    page = scratch.page(5)
    (part,) = [p for p in page.split("\n## ") if p.startswith("What may be done with the sound")]
    lines = [line for line in part.splitlines() if line.startswith("- ")]
    assert [line.split("**")[1] for line in lines] == ["Bark (large)", "Stable Audio Open 1.0"]
    assert "1,000,000 US dollars" in part and STABILITY in render(page).links
    assert "without legal advice" in part


def test_without_takes_there_is_nothing_to_say(scratch: Scratch) -> None:
    assert "What may be done" not in scratch.page(5)


def test_an_older_record_is_read_with_the_licence_of_its_checkpoint(scratch: Scratch) -> None:
    (job,) = scratch.jobs("bark")
    old = scratch.make(job, licence=Licence())
    assert "Licence of the weights: MIT" in sections.licence_line(old)
    gone = replace(old, job=replace(job, checkpoint="gone"), weights={"text": "ab12"})
    assert sections.licence_line(gone) == "Licence of the weights: not noted. Of the code: MIT"


def test_the_record_counts_whatever_the_registry_says_now(scratch: Scratch) -> None:
    (job,) = scratch.jobs("bark")
    take = scratch.make(job, licence=Licence("MIT", "Homemade <1.0>"))
    assert MODELS["bark"].checkpoint("").licence == "MIT"
    line = sections.licence_line(take)
    assert render(str(line)).text.startswith("Licence of the weights: Homemade <1.0>. Of")
    assert "any use" not in line.split(". Of the")[0]
