"""Windows to one song, and whether its seams can be heard."""
