"""Colours that colour-blind readers and black-and-white printers can tell apart.

Blue against vermilion and the others are Okabe and Ito's (Color Universal Design, 2008), darkened
where they would be pale on white. Colour never carries a meaning alone: a dash, a marker's shape or
a printed number says the same.
"""

Colour = tuple[float, float, float]  # red, green, blue; sRGB, 0 to 1

REFERENCE = "#12355b"  # dark blue: solid and wide
ESTIMATE = "#d55e00"  # vermilion: dashed and thinner
MODELS = ("#000000", "#0072b2", "#d55e00", "#007a5a", "#b0558a", "#56606b")  # beside a shape
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
SPECTROGRAM = "magma"  # its lightness rises evenly, so that grey shows the same
STRENGTH = "cividis"  # for chroma and tempogram; made for colour-blind readers
CLOSENESS = "cividis_r"  # of a heat map: more ink is closer
UNKNOWN = "#e8e8e8"  # where there is no figure; hatched as well
BLACK, WHITE = "#000000", "#ffffff"


def parsed(colour: str) -> Colour:
    """#rrggbb -> sRGB."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def luminance(colour: Colour) -> float:
    """Relative luminance, 0 black to 1 white (WCAG 2.2)."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def lightness(colour: Colour) -> float:
    """CIE L*, 0 black to 100 white: how it looks in grey."""
    amount = luminance(colour)
    return 116 * amount ** (1 / 3) - 16 if amount > 216 / 24389 else amount * 24389 / 27


def contrast(one: Colour, other: Colour) -> float:
    """1 (none) to 21 (WCAG 2.2); text wants 4.5, lines and markers 3."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def ink(background: Colour) -> str:
    """Black or white, whichever reads better on this."""
    return max((BLACK, WHITE), key=lambda colour: contrast(parsed(colour), background))
