"""One module a question, one function a metric; what they measure is said in their docstrings.

The reference is always the first argument and the estimate the second. Features come standardised
by the calibration (`Calibration.standardised`). A module has METRICS, `validate(reference,
estimate)`, which says why the question cannot be asked of these two, and is listed in
`secondtake.analysis.metrics.evaluate`.
"""
