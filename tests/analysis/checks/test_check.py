from secondtake.analysis.checks.check import CONVENTION, make_check, worst


def test_the_worst_condition_decides_and_a_plain_pass_has_no_note():
    assert (
        make_check("x", 1, "", "", fails=True, warns=True, hints=True, note="why").verdict == "fail"
    )
    assert make_check("x", 1, "", "", warns=True, note="why").note == "why"
    assert make_check("x", 1, "", "", note="why").note == ""


def test_a_hint_passes_and_says_why():
    hint = make_check("x", 1, "", "", hints=True, note="why")
    assert (hint.verdict, hint.note) == ("pass", "why")


def test_a_threshold_that_nobody_measured_is_a_convention():
    assert make_check("x", 1, "", "").source == CONVENTION


def test_worst_of_all():
    passed, warned = make_check("x", 1, "", ""), make_check("x", 1, "", "", warns=True)
    failed = make_check("x", 1, "", "", fails=True)
    assert worst([passed, failed, warned]) == "fail"
    assert worst([passed, warned]) == "warn"
    assert worst([]) == "pass"
