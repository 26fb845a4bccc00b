from secondtake.analysis.checks.check import CONVENTION, judge, worst


def test_the_worst_condition_decides_and_a_plain_pass_has_no_note():
    assert judge("x", 1, "", "", fails=True, warns=True, hints=True, note="why").verdict == "fail"
    assert judge("x", 1, "", "", warns=True, note="why").note == "why"
    assert judge("x", 1, "", "", note="why").note == ""


def test_a_hint_passes_and_says_why():
    hint = judge("x", 1, "", "", hints=True, note="why")
    assert (hint.verdict, hint.note) == ("pass", "why")


def test_a_threshold_that_nobody_measured_is_a_convention():
    assert judge("x", 1, "", "").source == CONVENTION


def test_worst_of_all():
    passed, warned = judge("x", 1, "", ""), judge("x", 1, "", "", warns=True)
    failed = judge("x", 1, "", "", fails=True)
    assert worst([passed, failed, warned]) == "fail"
    assert worst([passed, warned]) == "warn"
    assert worst([]) == "pass"
