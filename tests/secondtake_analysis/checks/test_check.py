from secondtake_analysis.checks.check import judge, worst


def test_the_worse_condition_decides_and_a_pass_has_no_note():
    assert judge("x", 1, "", "", fails=True, warns=True, note="why").verdict == "fail"
    assert judge("x", 1, "", "", warns=True, note="why").note == "why"
    assert judge("x", 1, "", "", note="why").note == ""


def test_worst_of_all():
    passed, warned = judge("x", 1, "", ""), judge("x", 1, "", "", warns=True)
    failed = judge("x", 1, "", "", fails=True)
    assert worst([passed, failed, warned]) == "fail"
    assert worst([passed, warned]) == "warn"
    assert worst([]) == "pass"
