import re
from dataclasses import replace

import pytest
from tests.runner.progress_pages.rendered import render
from tests.runner.progress_pages.scratch import BLOCK, Scratch

from secondtake.core.errors import CODES
from secondtake.core.outcomes import Outcome
from secondtake.core.registry.all_models import MODELS
from secondtake.core.take_store import write_kept
from secondtake.core.takes import Accelerator
from secondtake.runner.progress_pages import markdown
from secondtake.runner.progress_pages.remedies import remedy
from secondtake.runner.progress_pages.survey import survey
from secondtake.runner.study import WAITING

PROMPTED = """
title = "A"
results = "results"
[[segment]]
number = 1
kind = "instrumental"
title = "One"
seconds = 2
style = "tango"
models = ["sketch"]
[segment.sketch]
prompt = "something else"
"""
SONG = " --song songs/study.toml"


def section(page: str, title: str) -> str:
    """The text below a heading of the second level."""
    blocks = [part for part in page.split("\n## ") if part.startswith(title)]
    assert len(blocks) == 1, title
    return blocks[0]


def test_a_take_with_all_its_facts(scratch: Scratch) -> None:
    (job,) = scratch.jobs("bark")
    scratch.make(job, warnings=("two windows",), details={"windows": 2, "voices": ["a", "b"]})
    scratch.verify()
    lines = render(section(scratch.page(3), "Completed: Bark")).text.splitlines()
    for expected in (
        "Segment 10 (chorus, “Susurra Conmigo”): results/local_models/bark_segment10_chorus.wav, "
        f"1.50 s (asked for 2), seed {job.seed}, record",
        "Sample rate: 24000 Hz, mono",
        "Prompt: [MAN] ♪ We whisper, susurra conmigo, amor y código. ♪",
        "Computed on: cpu (float32), Linux x86_64",
        "Versions: python 3.11.7, torch 2.5.1",
        "Warning: two windows",
    ):
        assert expected in lines
    assert "[MAN] ♪" in scratch.page(3)  # no escape that a reader sees
    assert not any(line.startswith(("Lyrics", "Verdict")) for line in lines)  # nothing to add
    glance = section(scratch.page(3), "Every take in a line")
    assert (
        "| 10 chorus | [Bark](local_models/bark_segment10_chorus.wav) | ✅ done | 1.50 s (2 s) | "
        "3.2 s | 5.0 GiB |" in glance
    )
    (settings,) = [line for line in lines if line.startswith("Settings: ")]
    assert "checkpoint large; " in settings
    assert "voice v2/es_speaker_0" in settings


def test_a_take_of_a_graphics_card_names_it(scratch: Scratch) -> None:
    (job,) = scratch.jobs("bark")
    card = Accelerator("NVIDIA H100", "9.0", "550.54.15", tf32_matmul=False, tf32_cudnn=False)
    scratch.make(job, made={"device": "cuda", "accelerator": card})
    text = render(section(scratch.page(3), "Completed: Bark")).text
    assert "Computed on: cuda (float32), NVIDIA H100, Linux x86_64" in text


def test_what_takes_have_in_common_is_said_once_and_the_rest_beside_each(scratch: Scratch) -> None:
    first, second = scratch.jobs("sketch")
    scratch.make(first)
    scratch.make(second, made={"dtype": "bfloat16"})
    text = render(section(scratch.page(3), "Completed: Sketch")).text
    assert text.count("Versions: ") == text.count("Sample rate: ") == 1
    assert text.count("Computed on: cpu (float32)") == text.count("(bfloat16)") == 1


def test_lyrics_that_the_prompt_holds_are_not_said_twice(scratch: Scratch) -> None:
    for job in scratch.jobs():
        scratch.make(job)
    page = scratch.page(3)
    assert "Lyrics: We whisper" in section(page, "Completed: Sketch")
    assert "Lyrics: " not in section(page, "Completed: Bark")


def test_what_a_model_does_not_take_is_a_sentence_on_what_the_song_file_gives(scratch, another):
    for job in scratch.jobs():
        scratch.make(job)
    text = render(section(scratch.page(3), "Lessons from the figures")).text
    assert "does not read" not in text  # the sketch's prompt was built of its style and lyrics
    assert re.search(
        r"^Bark reads its prompt alone; of bpm, .*style it knows what that says$",
        text,
        re.MULTILINE,
    )
    given = another(PROMPTED)
    given.make(given.jobs("sketch")[0])
    text = render(section(given.page(3), "Lessons from the figures")).text
    assert "Sketch (rule-based control) does not read what the song file gives it as prompt" in text


def test_remarks_stand_beside_the_take_in_short_and_are_no_warnings(scratch: Scratch) -> None:
    (job,) = scratch.jobs("bark")
    scratch.make(job, remarks=("left out: [soft], [a | b]", *[f"note {n}" for n in range(9)]))
    scratch.verify()
    text = render(section(scratch.page(3), "Completed: Bark")).text
    assert "Note: left out: [soft], [a | b]; note 0; note 1;" in text
    assert "; 4 further notes, in its record\n" in text and "note 5" not in text
    assert "Warning" not in text


@pytest.mark.parametrize("meter", ["", "3/4"])
def test_a_meter_is_shown_where_it_was_asked_for_and_is_heeded(scratch: Scratch, meter) -> None:
    for job in scratch.jobs():
        scratch.make(replace(job, meter=meter))
    page = scratch.page(3)
    asked = "Tempo, meter and key: 120 BPM, 3/4, A minor" if meter else "Tempo and key: 120 BPM, A"
    assert asked in section(page, "Completed: Sketch")
    assert "3/4" not in section(page, "Completed: Bark")


def test_what_a_model_does_not_hear_is_not_shown_as_asked(scratch: Scratch) -> None:
    for job in scratch.jobs():
        scratch.make(job)
    page = scratch.page(3)
    assert "Prompt: " not in section(page, "Completed: Sketch")
    assert "Tempo and key: 120 BPM, A minor" in section(page, "Completed: Sketch")
    assert "Tempo and key" not in section(page, "Completed: Bark")
    assert "Lyrics" not in section(page, "Completed: Stable Audio")


def test_a_take_that_was_not_judged_says_so(scratch: Scratch) -> None:
    (job,) = scratch.jobs("bark")
    scratch.make(job)
    assert "Verdict: not verified yet" in scratch.page(3)
    assert "`invoke verify" in section(scratch.page(3), "Next steps")


def test_an_outdated_take_is_kept_and_said_to_be_so(scratch: Scratch) -> None:
    (job,) = scratch.jobs("bark")
    scratch.make(replace(job, seed=1))
    scratch.note("bark", Outcome("blocked", "network", "the hub cannot be reached", "later"))
    text = render(section(scratch.page(3), "Completed: Bark 🔁")).text
    assert "Out of date: seed changed\nThe next run makes what is out of date; the takes" in text
    assert text.count("Out of date") == 1
    assert "The last attempt was blocked: the hub cannot be reached" in text


def test_a_blocked_model_is_explained_once_for_all_its_jobs(scratch: Scratch) -> None:
    scratch.note("stable_audio", BLOCK)
    part = section(scratch.page(3), "Blocked: Stable Audio ⚠️")
    html = render("## " + part)
    assert html.blocks[0] == BLOCK.message + "\n"
    assert html.blocks[1].splitlines()[-1] == f"invoke generate-all --models stable_audio{SONG}"
    assert html.headings[1:] == ["Why", "What to do", "Waiting for this"]
    assert "https://huggingface.co/stabilityai/stable-audio-open-1.0" in html.links
    assert "Segment 7 (instrumental, “Digital Bandoneón”)" in html.text
    assert "Target: 2 seconds" in html.text
    assert "File: results/local_models/stable_audio_segment7_instrumental.wav" in html.text


def test_a_failure_points_to_its_log(scratch: Scratch) -> None:
    log = scratch.results / "logs" / "run-bark.log"
    log.parent.mkdir(parents=True)
    log.write_text("…")
    scratch.note("bark", Outcome("failed", "bug", f"see {log}", "", str(log)))
    page = scratch.page(3)
    assert "[`results/logs/run-bark.log`](logs/run-bark.log)" in page
    assert "see results/logs/run-bark.log" in section(page, "Failed: Bark ❌")


@pytest.mark.parametrize("code", ["", *sorted(CODES)])
def test_every_code_has_steps_and_ends_in_a_command(scratch: Scratch, code: str) -> None:
    scratch.note("bark", Outcome("blocked", code, "why", "hint"))  # type: ignore[arg-type]
    html = render("## " + section(scratch.page(3), "Blocked: Bark"))
    consent = " --yes" if code == "declined" else ""
    command = f"invoke generate-all --models bark{consent}{SONG}"
    assert html.blocks[-1].splitlines()[-1] == command
    assert "ol" in html.tags


def test_memory_offers_less_of_it_at_a_time_where_that_was_measured(scratch: Scratch) -> None:
    bark = MODELS["bark"]
    frugal = replace(bark.default, low_memory_bytes=bark.default.memory_bytes // 2)
    status = survey(scratch.song, scratch.project)
    offers = remedy(status, bark, frugal, "memory", "").steps
    half = markdown.size(frugal.low_memory_bytes)
    assert offers[-1] == f"Or set `SECONDTAKE_LOW_MEMORY=1` in `.env`: slower, about {half}"
    plain = remedy(status, bark, bark.default, "memory", "").steps
    assert not any("LOW_MEMORY" in step for step in plain)


def test_memory_offers_the_smaller_checkpoint(scratch: Scratch) -> None:
    scratch.note("bark", Outcome("blocked", "memory", "4.0 GiB free", ""))
    needed = markdown.size(MODELS["bark"].checkpoint("small").memory_bytes)
    assert f"`--checkpoint bark=small` (about {needed})" in scratch.page(3)


def test_what_was_not_tried_is_pending(scratch: Scratch) -> None:
    page = scratch.page(3)
    assert "Target: 2 seconds" in section(page, "Pending: Bark ⏳")
    assert "Blocked" not in page
    assert f"`invoke generate-all{SONG}`" in section(page, "Next steps")


def test_skipped_is_neither_done_nor_missing(scratch: Scratch) -> None:
    for model in ("stable_audio", "sketch"):
        for job in scratch.jobs(model):
            scratch.make(job)
    scratch.note("bark", Outcome("skipped", "", "it does not whisper", ""))
    page = scratch.page(3)
    assert "it does not whisper" in section(page, "Skipped: Bark ➖")
    assert "**Status**: Done ✅" in page


def test_takes_no_longer_planned_are_listed_and_kept(scratch: Scratch) -> None:
    (job,) = scratch.jobs("bark")
    scratch.make(replace(job, segment=99))
    liked = scratch.make(replace(job, segment=98), seconds=3)
    write_kept(scratch.results, scratch.song.name, [liked.wav.sha256])
    for number in (3, 5):
        part = section(scratch.page(number), "No longer planned")
        assert "invoke clean --takes --yes" in part
        kept, other = (line for line in part.splitlines() if line.startswith("- "))
        assert "📌" in kept and "bark_segment98_chorus.wav" in kept
        assert "📌" not in other and "bark_segment99_chorus.wav" in other
    assert "Completed" not in scratch.page(3)


def test_lessons_hold_only_what_records_hold(scratch: Scratch) -> None:
    assert "Lessons from the figures" not in scratch.page(3)
    (job,) = scratch.jobs("bark")
    scratch.make(job, made={"seconds": 4.5, "device": "mps"})
    part = section(scratch.page(3), "Lessons from the figures")
    assert "| Bark | mps | 1 | 3 s | 0.33 | 5.0 GiB | 11.5 s |" in part
    assert "Stable Audio" not in part
    assert "gated" not in part
    scratch.note("stable_audio", BLOCK)
    assert "Stable Audio is gated" in section(scratch.page(3), "Lessons from the figures")


def test_takes_of_one_batch_say_so_and_their_work_counts_once(scratch: Scratch) -> None:
    for job, seconds in zip(scratch.jobs("bark", takes=2), (7.5, 9.0), strict=True):
        scratch.make(job, made={"seconds": seconds, "batch": 2})
    page = scratch.page(3)
    assert "| 7.5 s in a batch of 2 |" in page
    assert "| Bark | cpu | 2 | 3 s | 0.33 |" in page


def test_earlier_takes_are_listed_with_what_differs_and_what_to_type(scratch: Scratch) -> None:
    (job,) = scratch.jobs("bark")
    old = scratch.earlier(replace(job, seed=3), 1.0)
    scratch.make(job)
    part = section(scratch.page(3), "Earlier takes")
    assert f"local_models/{old.name}.wav" in part and "| seed 3 |" in part
    assert f"invoke keep {old.name} --song songs/study.toml" in part
    assert f"invoke discard {old.name} --song songs/study.toml" in part


def test_a_kept_take_stands_in_its_group_and_not_among_the_earlier(scratch: Scratch) -> None:
    (job,) = scratch.jobs("bark")
    old = scratch.earlier(replace(job, seed=3), 1.0)
    scratch.make(job)
    scratch.keep(old)
    page = scratch.page(3)
    assert "Earlier takes" not in page
    assert f"local_models/{old.name}.wav) 📌 | 3 |" in page
    assert "2 takes by Bark" in page


def test_a_hundred_earlier_takes_do_not_fill_the_page(scratch: Scratch) -> None:
    (job,) = scratch.jobs("bark")
    for seed in range(100):
        scratch.earlier(replace(job, seed=seed), 0.1 + seed / 1000)
    part = section(scratch.page(3), "Earlier takes")
    assert part.count("| seed ") == 6 and "94 further earlier takes" in part


def test_the_files_are_those_that_are_there(scratch: Scratch) -> None:
    assert "Files created" not in scratch.page(3)
    takes = [scratch.make(job) for job in scratch.jobs()]
    part = section(scratch.page(3), "Files created")
    total = markdown.size(sum(take.wav.bytes for take in takes))
    assert f"[`results/local_models`](local_models): 4 wavs ({total}), each with its record" in part
    assert "verification.json" not in part
    scratch.verify()
    assert "](verification.json): the verdict on every file" in scratch.page(3)


@pytest.mark.parametrize(
    ("code", "need"),
    [
        ("no_token", "Bark needs a Hugging Face token"),
        ("terms", "Bark needs its licence to be accepted"),
        ("declined", "Bark needs a yes to its download"),
        ("disk", "Bark is blocked (above)"),
    ],
)
def test_the_last_line_says_who_must_act(scratch: Scratch, code: str, need: str) -> None:
    def last() -> str:
        return render(scratch.page(3)).text.strip().splitlines()[-1]

    assert last() == "Waiting for the next run, to make 4 takes."
    scratch.note("bark", Outcome("blocked", code, "why", ""))  # type: ignore[arg-type]
    steps = section(scratch.page(3), "Next steps")
    assert "**You**: unblock Bark" in steps and "**secondtake**: makes 3 planned takes" in steps
    assert last() == f"Waiting for you: {need}."
    for job in scratch.jobs():
        scratch.make(job)
    assert last() == "Waiting for nothing: every planned take is made."
    assert "**You**: listen ([listening page](listen.html))" in scratch.page(3)


def test_while_a_run_goes_on_the_page_waits_for_it(scratch: Scratch) -> None:
    scratch.note("bark", WAITING)
    text = render(scratch.page(3)).text.strip()
    assert text.endswith("Waiting for the run, which has 1 take still to make.")
