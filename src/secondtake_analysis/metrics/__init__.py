"""One metric a module: the features of two recordings in, a number or a matrix of numbers out.

The reference is always the first argument and the estimate the second. A windowed metric has a
function `pairs(reference, estimate)` -> (reference windows, estimate windows) and a `METRIC`
that says how to read it; `secondtake_analysis.compare` adds floor, ceiling and interval.
"""
