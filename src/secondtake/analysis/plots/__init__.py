"""Plots: of two recordings side by side, and of a whole study.

`panels` reduces a recording to what is drawn of it; `take_plot` draws one or two of them;
`overview` and `forest_plot` draw the summary of a study; `render` writes all of a song's plots;
`style` turns each into PNG and SVG with colours that survive a black-and-white printer.
"""
