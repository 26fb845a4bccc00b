"""Metrics between two recordings: one module a question, one function a metric.

The docstring of a metric is its definition. The reference is always the first argument and the
estimate the second. Features come standardized by the corpus (`ReferenceCorpus.standardized`). A
module has METRICS and is listed in `secondtake.analysis.metrics.evaluate`.
"""
