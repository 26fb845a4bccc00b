"""The registry's entries: one file for each model; `secondtake.models` lists them."""
