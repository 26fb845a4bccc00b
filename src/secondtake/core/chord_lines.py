"""Chords of songs, in letters and in solfège: inside words, and on lines above them."""

import re

ROOT = r"(?:[A-H][#b♯♭]?)"
KIND = r"(?:maj|Maj|M(?=\d)|min|mi|m|dim|aug|sus|add|ø|°|Δ|\+|-)?\d{0,2}"
MORE = r"(?:(?:sus|add|maj|M|no|b|#|\+|-|/)\d{1,2}|\((?:,?(?:add|sus|no|b|#)?\d{1,2})+\)|sus)*"
CHORD = re.compile(rf"{ROOT}{KIND}{MORE}(?:/{ROOT})?\**|N\.?C\.?")
SOLFEGE = re.compile(
    rf"(?:Do|D[oó]|R[eé]|Mi|Fa|Sol|La|Si|DO|RE|MI|FA|SOL|LA|SI)[#b♯♭]?{KIND}{MORE}\*?"
)
WORDS_LIKE_CHORDS = frozenset("Sim Dom Rem Mim".split())  # that songs have as words
CHORD_TAG = re.compile(
    rf"\[\s*(?:{CHORD.pattern}|{SOLFEGE.pattern}(?: m\S*)?)(?:[\s-]+(?:{CHORD.pattern}))*\s*\]"
    # In round brackets, chords stand next to a letter: a(Am)gain, (G)there.
    rf"|(?<=\w)\((?:{CHORD.pattern})\)|\((?:{CHORD.pattern})\)(?=\w)"
)
# One of these needs no other chord beside it.
LONE_CHORD = re.compile(r"N\.C\.|[A-H]\S*?(?:[679#♯♭/]|1[13])\S*")
BETWEEN_CHORDS = re.compile(r"[|‖/%.:*·→~–-]+|x\d|\d x|\(?[x×]\d{1,2}\)?")
COLUMNS = re.compile(r"\S(?: {2,}|\t+)\S")
TAB = re.compile(r"\s*[A-Ga-g]?[#b]?\s*[|:][-\d|hpbrxXs/\\~()^. ]*-{2,}[-\d|hpbrxXs/\\~()^. ]*")


def is_chord_line(line: str, has_chords: bool) -> bool:
    """True for a line of chords above the words. has_chords: others leave no doubt about it."""
    parts = [part.rstrip(",") for part in line.replace("|", " | ").split()]
    parts = [part.strip("()") if part[:1] == "(" else part for part in parts]
    chords = [part for part in parts if part and not BETWEEN_CHORDS.fullmatch(part)]
    if not chords:
        return False
    columns = COLUMNS.search(line.strip()) is not None and len(set(chords)) > 1
    if all(map(CHORD.fullmatch, chords)):
        marked = len(chords) > 1 and any(len(chord) > 1 for chord in chords)
        is_plain = has_chords or LONE_CHORD.fullmatch(chords[0]) is not None
        return marked or columns or "|" in parts or is_plain
    if all(map(SOLFEGE.fullmatch, chords)) and len(set(chords)) > 1:
        marked = any(c not in WORDS_LIKE_CHORDS and re.search(r"[#♯♭\dm]", c) for c in chords)
        return marked or columns or "|" in parts
    return False
