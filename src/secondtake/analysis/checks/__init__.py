"""One check a function: a file's samples or header in, a `Check` out."""
