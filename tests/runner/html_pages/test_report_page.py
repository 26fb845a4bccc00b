import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.runner.html_pages.report_study import (
    SVG,
    clips,
    compare,
    draw,
    figures,
    report,
    whole_study,
)
from tests.runner.progress_pages.scratch import BLOCK, SONG, Scratch, check, new_scratch

from secondtake.analysis.metrics.metric import OPEN as OPEN_VERDICTS
from secondtake.core.files import sha256_of, write_json
from secondtake.core.listening_file import clip_path, listening_path
from secondtake.core.outcomes import Outcome
from secondtake.core.serialization import read_json
from secondtake.core.takes import Licence, wav_path
from secondtake.core.votes_file import (
    Listener,
    MergedFile,
    QuestionResult,
    RatingResult,
    Strength,
    VotedSystem,
    VotesFile,
    as_json,
    preference_path,
    votes_path,
)
from secondtake.runner.html_pages import report_data
from secondtake.runner.html_pages.html import STATIC, data_uri
from secondtake.runner.html_pages.report_page import report_path
from secondtake.runner.progress_pages.comparison_details import SHORT_CEILING

ROOT = Path(__file__).parents[3]
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\u202eevil"


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scratch:
    """A project with nothing made yet."""
    monkeypatch.delenv("SECONDTAKE_CACHE", raising=False)
    return new_scratch(tmp_path)


def text(page: str) -> str:
    """The page's words, without tags, scripts and styles."""
    body = re.sub(r"<(script|style)>.*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


def section(page: str, name: str) -> str:
    """The words of a section."""
    return text(
        page.split(f'<section aria-labelledby="{name}"')[1].partition(">")[2].split("</section>")[0]
    )


def players(page: str) -> list[str]:
    return re.findall(r'<audio [^>]*aria-label="([^"]*)"', page)


def test_it_lies_beside_the_pages(scratch: Scratch) -> None:
    assert report_path(scratch.results) == scratch.results / "report.html"


def test_the_whole_study_on_one_page(scratch: Scratch) -> None:
    whole_study(scratch)
    page = report(scratch)
    assert text(page).startswith("Two Segments: report")
    answer = text(page.split('<div class="answer">')[1].split("</div>")[0])
    assert answer == (
        "All 2 models made takes on this machine: Bark and Stable Audio. "
        "Overall, Bark comes closer. In timbre, it does not."
    )
    assert "We whisper, susurra conmigo," in section(page, "asked")
    assert "[MAN] ♪ We whisper, susurra conmigo, amor y código. ♪" in section(page, "asked")
    assert "Bark done 1 of 1 1.5 s 2.2 s on cpu 11.5 s 5.0 GiB" in section(page, "ran")
    assert "bark_segment10_chorus 1.5 s 24000 Hz, mono 3.2 s" in section(page, "tables")
    assert page.count("data:image/svg+xml") == 5  # two of all, one of each example
    assert players(page) == [
        "Baseline of segment 7",
        "Stable Audio, segment 7",
        "Baseline of segment 10",
        "Sketch (rule-based control), segment 10",
        "Bark, segment 10",
    ]


def test_the_same_records_give_the_same_bytes(scratch: Scratch) -> None:
    whole_study(scratch)
    assert report(scratch) == report(scratch)


def test_nothing_is_left_of_a_song_without_takes_but_what_to_type(scratch: Scratch) -> None:
    page = report(scratch)
    assert "None of the 2 models asked has made a take yet." in text(page)
    assert "invoke generate-all --models bark --song songs/study.toml" in section(page, "ran")
    asked = section(page, "asked")
    assert "Segment 7: its baseline is not there. Type invoke import-baseline FILE" in asked
    assert "Type: invoke generate-all --song songs/study.toml" in section(page, "close")
    assert 'id="hear"' not in page and 'id="licences"' not in page and 'id="votes"' not in page


def test_the_control_alone_is_no_answer_about_models(scratch: Scratch) -> None:
    for job in scratch.jobs("sketch"):
        scratch.make(job)
    page = text(report(scratch))
    assert (
        "None of the 2 models asked has made a take yet: only Sketch (rule-based control) ran, "
        "which follows rules and is no model of music."
    ) in page
    assert "Sketch (rule-based control) (2 takes): made without weights, by code under MIT." in page


def test_a_single_model_is_one(tmp_path: Path) -> None:
    song = SONG.replace('models = ["stable_audio", "sketch"]', 'models = ["sketch"]')
    scratch = new_scratch(tmp_path, song)
    assert {job.model for job in scratch.jobs()} == {"bark", "sketch"}
    assert "The one model asked, Bark, has made no take yet." in text(report(scratch))
    scratch.make(scratch.jobs("bark")[0])
    assert "The one model asked, Bark, made takes on this machine." in text(report(scratch))


def test_what_is_blocked_says_why_and_what_to_type(scratch: Scratch) -> None:
    scratch.note("stable_audio", BLOCK)
    scratch.note("bark", Outcome("failed", "bug", "it broke", "look at the log"))
    words = section(report(scratch), "ran")
    assert f"Stable Audio: blocked (1 take) {BLOCK.message} {BLOCK.hint}" in words
    assert "accepted on https://huggingface.co/stabilityai/stable-audio-open-1.0" in words
    assert "chmod 600 .env invoke generate-all --models stable_audio" in words
    assert "Bark: failed (1 take) it broke look at the log" in words


def test_without_a_comparison_nothing_is_called_close(scratch: Scratch) -> None:
    for job in scratch.jobs():
        scratch.make(job)
    page = report(scratch)
    assert "Nothing says yet how close the takes come to the baselines." in text(page)
    assert "Type: invoke analyse --song songs/study.toml" in section(page, "close")
    hear = section(page, "hear")
    assert "Its only take; nothing says how close it comes." in hear
    assert "closest take" not in hear
    assert "Type: invoke page --song songs/study.toml invoke report --html" in hear


def test_without_baselines_no_figure_is_shown_as_closeness(scratch: Scratch) -> None:
    (job,) = scratch.jobs("bark")
    scratch.make(job)
    against_control = {**figures_of(job, "sketch_segment10_chorus"), "name": job.name}
    absent = {"state": "absent", "why": "not there"}
    part = {"number": 10, "baseline": absent, "takes": [against_control], "skipped": []}
    scratch.compare([part], across={"models": []})
    page = report(scratch)
    assert "No take was held against a baseline: 2 of 2 baselines are not there" in text(page)
    assert "Likeness" not in section(page, "hear")


def figures_of(job: object, against: str) -> dict[str, object]:
    return {"against": against, "measurements": figures(0.9, "closer"), "measured": None}


def test_the_closest_and_the_furthest_of_several_takes(scratch: Scratch) -> None:
    scratch.baseline(10)
    jobs = scratch.jobs("bark", takes=3)
    for job in jobs:
        scratch.make(job)
    scaled = [figures(0.3), figures(0.8, "closer"), figures(-0.2, "further")]
    compare(scratch, list(zip(jobs, scaled, strict=True)))
    hear = section(report(scratch), "hear")
    assert (
        "Bark, take 2 Its closest take. Likeness 0.80 [0.75, 0.85]: closer than most other music ."
        in hear
    )
    furthest = "Its furthest take. Likeness −0.20 [−0.25, −0.15]: further than other music ."
    assert f"Bark, take 3 {furthest}" in hear
    assert "Bark Its" not in hear  # the one in the middle
    compare(scratch, [(jobs[1], scaled[1]), (jobs[2], figures(0.75))])
    assert "(the intervals overlap, so the order is not certain)" in section(
        report(scratch), "hear"
    )


def test_an_undecided_figure_chooses_nothing_and_is_not_shown(scratch: Scratch) -> None:
    scratch.baseline(10)
    (job,) = scratch.jobs("bark")
    scratch.make(job)
    note = "no interval: a side has a single window"
    compare(scratch, [(job, [{**entry, "note": note} for entry in figures(0.77, "undecided")])])
    page = report(scratch)
    assert "nothing says how close it comes" in section(page, "hear")
    tables = section(page, "tables")
    assert "overall (likeness, r) 0.41 [0.30, 0.50] 0.02 0.20 0.80 – – undecided 1" in tables
    assert note in tables
    assert "0.77" not in text(page)


def test_where_no_question_is_decided_there_are_no_figures(scratch: Scratch) -> None:
    scratch.baseline(10)
    (job,) = scratch.jobs("bark")
    scratch.make(job, seconds=1.5)
    compare(scratch, [(job, figures(0.7, "undecided"))], summary=["Overall, nothing."])
    path = scratch.results / "analysis" / "comparison_results.json"
    comparison = read_json(path)
    for cell in comparison["across"]["cells"]["bark"].values():
        cell["scaled"] = None
    write_json(path, comparison)
    draw(scratch, "overview_dots.svg", "overview_heatmap.svg")
    page = report(scratch)
    answer = text(page.split('<div class="answer">')[1].split("</div>")[0])
    assert answer.endswith("Takes of 1.5 s are too short to judge.")
    assert "Overall, nothing." not in answer
    assert "No question could be decided of any take" in section(page, "close")
    assert page.count("data:image/svg+xml") == 0 and "Every figure with" not in page


def test_a_ceiling_that_is_not_fair_is_said_beside_the_answer(scratch: Scratch) -> None:
    scratch.baseline(10)
    (job,) = scratch.jobs("bark")
    scratch.make(job)
    note = f"{SHORT_CEILING} (its stretches lie 6 s apart, not 9)"
    compare(scratch, [(job, [{**entry, "note": note} for entry in figures(0.7)])])
    answer = report(scratch).split('<div class="answer">')[1].split("</div>")[0]
    assert text(answer).count(f"In segment 10 {SHORT_CEILING}: comparisons with other music") == 1
    compare(scratch, [(job, figures(0.7))])
    assert SHORT_CEILING not in report(scratch)


def test_without_a_baseline_nothing_is_said_of_one(scratch: Scratch) -> None:
    for job in scratch.jobs("sketch"):
        scratch.make(job, made={"seconds": 0.0, "load_seconds": 0.0})
    clips(scratch, scratch.jobs("sketch"))
    page = report(scratch)
    assert "One take of the control. The louder" in section(page, "hear")
    assert "beside the baseline" not in page and "holds each take against" not in page
    assert "not measured without a baseline" in section(page, "methods")
    assert "2 takes" in tiles(page) and "of work" not in tiles(page)


def tiles(page: str) -> str:
    """The figures of the whole study, each before its label."""
    pairs = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page)
    return "; ".join(f"{amount} {label}" for label, amount in pairs)


def test_without_takes_nothing_is_said_of_any(scratch: Scratch) -> None:
    page = report(scratch)
    assert tiles(page) == "2 segments; 0 of 2 baselines there"
    assert "Every take" not in text(page)
    assert "No take has been made." in section(page, "methods")


def test_the_control_has_its_title_once_in_the_sentences(scratch: Scratch) -> None:
    title = "Sketch (rule-based control)"
    for job in scratch.jobs("sketch"):
        scratch.make(job)
    lost = {"kind": "weakness", "text": f"{title} is far from {title}.", "evidence": []}
    said = {"summary": [f"Overall, {title} is close.", f"{title} is not."], "findings": [lost]}
    compare(scratch, [(job, figures(0.4)) for job in scratch.jobs("sketch")], **said)
    page = report(scratch)
    answer = text(page.split('<div class="answer">')[1].split("</div>")[0])
    assert answer.count(title) == 1
    assert answer.endswith("Overall, the control is close. The control is not.")
    assert "The control is far from the control." in section(page, "close")
    assert "asked of 2 models (Bark and Stable Audio) and of the control." in section(page, "asked")
    assert "The control is no model of music" in section(page, "ran")


def test_an_unknown_figure_is_called_undecided(scratch: Scratch) -> None:
    scratch.baseline(10)
    (job,) = scratch.jobs("bark")
    scratch.make(job)
    compare(scratch, [(job, figures(0.4, "unknown"))])
    words = section(report(scratch), "tables")
    assert "undecided" in words and "unknown" not in words


def test_what_decides_nothing_is_what_the_metrics_say() -> None:
    assert set(report_data.OPEN) == set(OPEN_VERDICTS)


def test_a_take_that_is_no_music_is_called_so(scratch: Scratch) -> None:
    scratch.baseline(10)
    (job,) = scratch.jobs("bark")
    scratch.make(job)
    compare(scratch, [(job, figures(0.4))])
    path = scratch.results / "analysis" / "comparison_results.json"
    lack = '"unusable": [{"model": "bark", "of": 1, "why": "is noise, not music"}]'
    path.write_text(re.sub(r'"unusable": \[\]', lack, path.read_text()))
    assert "Not usable : it is noise, not music." in section(report(scratch), "hear")


def test_figures_of_files_that_have_changed_are_left_out(scratch: Scratch) -> None:
    jobs = whole_study(scratch)
    scratch.make(jobs["bark"], seconds=1.0)
    page = report(scratch)
    assert "Some files are others now; what rested on them is left out." in section(page, "close")
    assert "In timbre, it does not." not in text(page)
    assert data_uri(SVG.format("overview_dots.svg").encode(), "image/svg+xml") not in page
    assert "Bark, segment 10" not in players(page)  # its clip is of the file before
    assert "(no clip of this file)" in section(page, "hear")


def test_a_damaged_comparison_says_so(scratch: Scratch) -> None:
    jobs = whole_study(scratch)
    path = scratch.results / "analysis" / "comparison_results.json"
    path.write_text(path.read_text().replace('"unit": "r"', '"unit": 5'))
    assert "The figures cannot be read (the file is damaged, or of another version)." in section(
        report(scratch), "close"
    )
    path.write_text("{")
    assert "The comparison cannot be read (the file is damaged" in section(report(scratch), "close")
    assert jobs


def test_tempo_and_key_that_were_kept(scratch: Scratch) -> None:
    whole_study(scratch)
    kept = section(report(scratch), "kept")
    assert "Bark 1 of 1 0 takes none could be told 1 take" in kept


def test_every_licence_in_a_sentence(scratch: Scratch) -> None:
    (bark,), (stable,) = scratch.jobs("bark"), scratch.jobs("stable_audio")
    scratch.make(bark, licence=Licence("MIT", "CC-BY-NC 4.0"))
    scratch.make(stable, licence=Licence("MIT", "Some Other Licence"))
    page = report(scratch)
    words = section(page, "licences")
    assert "(1 take; CC-BY-NC 4.0): non-commercial use only" in words
    assert 'href="https://creativecommons.org/licenses/by-nc/4.0/"' in page
    assert "(1 take; Some Other Licence): nothing is known here of its terms" in words
    assert "CC-BY-NC 4.0 MIT" in section(page, "tables")


def test_provenance_of_every_take(scratch: Scratch) -> None:
    jobs = whole_study(scratch)
    page = section(report(scratch), "tables")
    assert str(jobs["bark"].seed) in page
    assert "python 3.11.7, torch 2.5.1" in page
    assert sha256_of(wav_path(scratch.results, jobs["bark"].name))[:12] in page


def test_checks_that_did_not_pass_are_named(scratch: Scratch) -> None:
    whole_study(scratch)
    scratch.verify("warn", [check("decodes", 1.5, "s"), check("hiss", 9.0, "dB", "warn")])
    assert "cpu, float32 warn: hiss" in section(report(scratch), "tables")


def test_what_the_user_wrote_is_text(tmp_path: Path) -> None:
    hostile = HOSTILE.replace("\u202e", "")  # which no song file may hold
    song = SONG.replace("Two Segments", hostile).replace("trap with tango colours", hostile)
    song = song.replace("[MAN] ♪ We whisper, susurra conmigo, amor y código. ♪", hostile)
    song = song.replace("Susurra Conmigo", hostile)
    scratch = new_scratch(tmp_path, song)
    jobs = whole_study(scratch)
    scratch.note("bark", Outcome("failed", "bug", HOSTILE, HOSTILE))
    scratch.make(jobs["stable_audio"], licence=Licence(HOSTILE, HOSTILE), made={"device": HOSTILE})
    path = scratch.results / "analysis" / "comparison_results.json"
    path.write_text(path.read_text().replace("In timbre, it does not.", HOSTILE))
    page = report(scratch)
    assert page.count("<script") == 1 and page.count("</script>") == 1
    assert "<img src=x" not in page and "alert(1)&lt;/script&gt;" in page
    assert "\u202e" not in page
    assert not re.search(r"<[^>]* on\w+=", page) and " style=" not in page


def test_no_address_but_data_is_loaded(scratch: Scratch) -> None:
    whole_study(scratch)
    page = report(scratch)
    assert all(uri.startswith("data:") for uri in re.findall(r' src="([^"]*)"', page))
    assert "url(" not in page and "@import" not in page and "<link" not in page
    assert "default-src &#39;none&#39;" in page


def test_the_page_stays_below_ten_megabytes(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole_study(scratch)
    size = 2_000_000
    clips(scratch, scratch.jobs(), size)
    page = report(scratch)
    assert len(page.encode()) < 10_000_000
    # The closest take of each model comes before anything of the control.
    assert players(page) == [
        "Stable Audio, segment 7",
        "Baseline of segment 10",
        "Bark, segment 10",
    ]
    assert "left out, lest this page grow beyond 10 MB" in section(page, "hear")
    assert "Sounds and pictures make up 8.0 MB of this page" in text(page)


def test_a_clip_that_is_gone_is_named(scratch: Scratch) -> None:
    jobs = whole_study(scratch)
    made = clips(scratch, scratch.jobs())
    clip = next(v.clip for s in made.segments for v in s.versions if v.take == jobs["bark"].name)
    clip_path(scratch.results, clip, "wav").unlink()
    assert "bark_segment10_chorus.wav (its clip cannot be read)" in section(report(scratch), "hear")


def test_damaged_clips_say_so(scratch: Scratch) -> None:
    whole_study(scratch)
    listening_path(scratch.results).write_text("{")
    assert "The clips cannot be read (the file is damaged" in section(report(scratch), "hear")


def test_the_votes_where_there_are_some(scratch: Scratch) -> None:
    whole_study(scratch)
    assert "Nobody's votes were merged yet." in section(report(scratch), "votes").replace(
        "&#39;", "'"
    )
    study = clips(scratch, scratch.jobs()).study
    bark, control = VotedSystem("bark", "Bark", "model"), VotedSystem("sketch", "Sketch", "control")
    strengths = (
        Strength("bark", 1, 0.5, 0.1, 0.9, 1, 1, 0.73, 0.55, 0.86),
        Strength("sketch", 1, -0.5, -0.9, -0.1, 2, 2, None, None, None),
    )
    question = QuestionResult("prefer", 40, 4, 3, "sketch", 0.2, strengths, (), ())
    ratings = (RatingResult("bark", 12, 3, 61.0, 50.0, 70.5),)
    votes = VotesFile(
        "ready", "", study, (MergedFile("a.json", "", "merged", "", 40),), (), (bark, control),
        (question,), (), ratings, (), ("3 listeners gave 40 answers.",),
    )  # fmt: skip
    write_json(votes_path(scratch.results), as_json(scratch.song.name, votes))
    preference_path(scratch.results, "svg").write_text(SVG.format("preference"))
    page = report(scratch)
    words = section(page, "votes")
    assert "3 listeners gave 40 answers." in words
    assert "1 Bark 73 % 55 % to 86 %" in words and "Sketch – –" not in words
    assert "Bark 61 50 to 70 12 3" in words
    assert data_uri(SVG.format("preference").encode(), "image/svg+xml") in page
    other = replace(votes, study="0" * 64)
    write_json(votes_path(scratch.results), as_json(scratch.song.name, other))
    assert "they say nothing about what is played now" in section(report(scratch), "votes")


def test_no_listener_and_no_parser_is_quoted(scratch: Scratch) -> None:
    whole_study(scratch)
    study = clips(scratch, scratch.jobs()).study
    why = "the hidden baseline was rated below 90 in 2 of 3"
    carla = Listener("a" * 32, "Carla", {"ratings": 3}, {"ratings": 3}, {"ratings": why})
    damaged = MergedFile("carla.json", "", "refused", "not JSON (Unterminated string)", 0)
    sentences = (
        "1 listener: 3 ratings.",
        f"Not counted: listener aaaaaa's ratings ({why}).",
        "1 file refused.",
    )
    votes = VotesFile(
        "ready", "", study, (damaged,), (carla,), (), (), (), (), (), sentences
    )  # fmt: skip
    write_json(votes_path(scratch.results), as_json(scratch.song.name, votes))
    page = report(scratch)
    words = section(page, "votes").replace("&#39;", "'")
    assert f"Not counted: listener aaaaaa's ratings ({why})." in words
    assert "1 file refused." in words
    assert "carla" not in page.lower() and "Unterminated" not in page
    record = wav_path(scratch.results, scratch.jobs("bark")[0].name).with_suffix(".json")
    record.write_text('{"a')
    page = report(scratch)
    assert "Files that could not be read" in page
    assert "Unterminated" not in page and record.name in page


def test_many_segments_keep_the_table_of_figures_to_one_row_each(tmp_path: Path) -> None:
    part = '[[segment]]\nnumber = {}\nkind = "instrumental"\ntitle = "Part"\nseconds = 1\n'
    head = 'title = "Long"\nresults = "results"\n'
    song = head + "".join(
        part.format(n) + f'baseline = "b{n}.wav"\nmodels = ["musicgen", "sketch"]\n'
        for n in range(1, 43)
    )
    scratch = new_scratch(tmp_path, song)
    jobs = scratch.jobs()
    for number in range(1, 43):
        scratch.baseline(number, 0.1, 8000)
    for job in jobs:
        scratch.make(job, 0.1)
    compare(scratch, [(job, figures(0.01 * place)) for place, job in enumerate(jobs)])
    draw(scratch, *(f"{job.name}.svg" for job in jobs))
    page = report(scratch)
    tables = section(page, "tables")
    assert "The overall figure alone; comparison_results.json has all." in tables
    assert tables.count("overall (likeness, r)") == 84 and "timbre (embedding" not in tables
    assert "Segments, styles, lyrics and prompts" in tables  # not before the answer
    assert len(page.encode()) < 1_000_000


def test_the_share_of_strangers_is_that_of_the_documentation() -> None:
    """The sentence on the method's limits holds a figure that a benchmark writes elsewhere."""
    row = next(
        line
        for line in (ROOT / "docs" / "metrics.md").read_text().splitlines()
        if line.startswith("| another song, sung |")
    )
    assert row.split("|")[2].strip().startswith("6 %")
    template = (STATIC.joinpath("..") / "templates" / "report.html.j2").read_text()
    assert "Of a hundred unrelated sung recordings six are called closer overall" in template


def test_what_a_run_has_still_to_come_to_asks_for_nothing(scratch: Scratch) -> None:
    scratch.note("bark", Outcome("waiting", "", "comes after Stable Audio", ""))
    words = section(report(scratch), "ran")
    assert "Bark: pending (1 take) comes after Stable Audio" in words
    assert "--models bark" not in words
