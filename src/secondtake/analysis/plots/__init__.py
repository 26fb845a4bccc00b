"""Pictures: of two recordings side by side, and of a whole study.

`portrait` reduces a recording to what is drawn of it; `pair` draws one or two of them with
`panels`; `heatmap` and `dots` draw a `summary`; `canvas` turns each into PNG and SVG with `colours`
that survive a black-and-white printer.
"""
