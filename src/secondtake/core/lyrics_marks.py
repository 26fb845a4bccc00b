"""What stands in pasted lyrics and is no word: patterns of times, chords, credits, directions."""

import re

NOTE = "♪"
OTHER_NOTES = re.compile("[♩♫♬🎵🎶]\ufe0f?")
SQUARE = str.maketrans("【】〔〕〖〗［］｛｝{}〚〛❲❳⟦⟧＜＞", "[][][][][][][][][]<>")
REPEAT_SIGNS = re.compile(
    r"\|\|?:|:\|\|?|//?:|:/(?!/)|(?<=\s)://|(?<!\S)\[:(?=\s)|(?<=\s):\](?!\S)|[𝄆𝄇]"
)
TOKEN = re.compile(rf"(\[[^\[\]]*\]|\([^()]*\)|（[^（）]*）|<[^<>]*>|{NOTE})")
OPENING, CLOSING = r"\[(（｟「『｢〈《⟨‹«<", r"\])）｠」』｣〉》⟩›»>"
GROUP = re.compile(rf"[{OPENING}]([^{OPENING}{CLOSING}]*)[{CLOSING}]")
BRACKETS = re.compile(rf"[{OPENING}{CLOSING}]")

STAMP = r"\s*(?:\d{1,3}:)?\d{1,3}:\d{2}(?:[.:,]\d{1,3})?\s*"
TIME = re.compile(rf"\[{STAMP}\]|<{STAMP}>")
TWO_TIMES = re.compile(rf"\s*\[{STAMP}\]\s*\[{STAMP}\]")
SUBTITLE = re.compile(r"(?m)(?:^\s*\d+\s*\n)?^[\d:.,]{5,12} +--> +[\d:.,]{5,12}.*$")

# Times before the lines of a transcript: a clock shows none that begins with 0.
CLOCK = r"(?:\d{1,2}:)?\d{1,3}:\d{2}(?:[.,]\d{1,3})?"
LINE_TIME = re.compile(rf"(?m)^[ \t]*(?:\({CLOCK}\)|(?=0){CLOCK})(?:[ \t]*[-–—])?(?:[ \t]+|$)")
LINE_TIMES = re.compile(rf"(?m)^[ \t]*{CLOCK}(?:[ \t]*[-–—])?(?:[ \t]+|$)")
BACKGROUND = re.compile(
    rf"\[bg:\s*(?:<{STAMP}>)?\s*([^\[\]]*)\]"
)  # a second voice, in LRC files with word times
WEB_PAGE = re.compile(  # around the lyrics of Genius
    r"(?m)\A\s*WEBVTT.*$|\A\s*\d+ Contributors?.*? Lyrics|^You might also like(?=\s*(?:\[|$))|"
    r"(?<=[^\s\d])\d*Embed\s*\Z|\d+Embed\s*\Z"
)
NUMBERED = re.compile(r"\s*\d{1,2}[.)]\s+(?=[^\W\d])")  # a stanza of a hymn
HEAD_TAG = re.compile(r"\s*\[[^\[\]]*\]")

BREAK = re.compile(r"</?(?:br|p|div)\b[^<>]*>", re.IGNORECASE)  # of a web page
STYLE = re.compile(r"</?(?:i|b|u|em|strong|font|span|c|v)\b[^<>]*>", re.IGNORECASE)  # of subtitles

CREDIT = re.compile(
    r"(?:artist|title|album|tuning|(?:lyrics|music|written|produced|words(?: and music)?) by)\s*:.+"
    r"|key\s*:\s*[A-H][#b]?m?|(?:tempo|bpm)\s*[:=]\s*\d+.*|capo\s*:?\s*(?:on |fret )?\d.*"
    r"|(?:作?[词詞]|作?曲|[编編]曲|作[词詞][・/、]?作?曲|演唱|歌手|原唱|[监監][制製]|制作人|混音)\s*[:：].+"
    r"|(?:작사|작곡|편곡|노래)\s*:.+",
    re.IGNORECASE,
)
# Tags of LRC files and directives of ChordPro files.
FILE_TAG = re.compile(
    r"(?:ar|ti|al|au|by|offset|length|re|ve|la|lr|id|tool|encoding|kana|total|sign|hash|#)\s*:.*"
    r"|(?:title|t|subtitle|st|artist|composer|lyricist|copyright|album|year|key|time|tempo|duration|"
    r"capo|meta|comment|c|comment_italic|ci|comment_box|cb|define|chord|image|new_?\w+|np|n[cs]|"
    r"columns|col|column_break|text\w+|chord\w+|chorus|transpose|x_\w+)(?:\s*[: ].*)?"
    r"|(?:start|end)_of_\w+(?:\s*[: ].*)?|[se]o[cvbtg](?:\s*:.*)?",
    re.IGNORECASE | re.DOTALL,
)
BLOCK = re.compile(r"\[\s*(?:so([tg])|start_of_(tab|grid|abc|ly|svg|textblock))\b.*", re.IGNORECASE)
BLOCK_END = re.compile(r"\[\s*(?:eo[tg]|end_of_\w+)\b.*", re.IGNORECASE)

DIRECTION = re.compile(
    r"instrumental|(?:guitar|piano|drum|sax) (?:solo|break)|spoken(?: word|:.*)?|fade (?:in|out)|"
    r"(?:half|double)[ -]time|whisper(?:s|ed|ing)|softly|quietly|shouted|screamed|hummed|humming|"
    r"a ?cappella|male|female|"
    r"hablad[oa]|susurrad[oa]|susurrando|gritad[oa]|recitad[oa]|parlee?|chuchotee?|murmuree?|"
    r"gesprochen|gefluestert|geflustert|parlato|sussurrat[oa]|falad[oa]|sussurrad[oa]|mowione|"
    r"szeptem|шепотом|говорит|fisilti|konusma|"
    r"[男女合齐齊众衆]声?|男女|合唱|轻声|独白|念白|台詞|セリフ|ささやき|내레이션|속삭임"
)
TIMES = r"[x×*х]\s?\d{1,2}|\d{1,2}\s?[x×х]"  # the last is a letter of Cyrillic
OFTEN = r"(?:times|veces|vezes|fois|mal|volte|раза?|kez|kere|razy|बार|keer|gangen)"
COUNT_WORD = "(?:two|three|dos|tres|deux|trois|zwei|drei|due|tre|duas|два|три)"
AGAIN = re.compile(
    rf"{TIMES}|\d{{1,2}}\s?{OFTEN}|bis|da capo|d\.? ?c\.?|dal segno|se repite|"
    r"[x×]?\d{1,2}\s?[遍次回번]|[两兩二三四][遍次回]|(?:重复|重複|反复|反覆|繰り返し|くり返し|반복)\S{0,3}"
)
REPEAT_VERB = re.compile(
    r"(?:repeat|repite|repetir|repetez|repeter|ripeti|ripetere|wiederholen|wdh|repita|powtorz|"
    r"повтор|повторить|tekrar|(?:(?:back|go|return) to|to(?= (?:the )?chorus)|volver al?)(?= \w))"
    r"\b[.:]?\s*(?:the |el |la |le |den |das )?(?P<what>.*)"
)
COUNTS = re.compile(
    rf"{TIMES}|(?:\d{{1,2}}|{COUNT_WORD})\s{OFTEN}|"
    r"to fade|(?:and|til|till|until) fade|twice|again|otra vez"
)
AGAIN_AT_END = re.compile(r"(?:[\s/]+(?:[x×*х]\d{1,2}|\d{1,2}[x×х])|×\d{1,2})$", re.IGNORECASE)
SINGER_PREFIX = re.compile(
    r"\s*((?:[男女合齐齊全众衆]|男女|Male|Female|Both|Duet)\s*[:：])\s*(?=\S)"
)
HEADER_PREFIX = re.compile(
    r"\s*((?:[^:：\[\]()（）]|\[[^\[\]]*\]|\([^()]*\)|（[^（）]*）){1,40}?(?:[:：]|\s[-–—]\s))\s*(\S.*)"
)
VOICE_PREFIX = re.compile(r"\s*[FMDfmd]:\s+")  # of timed duets
ARTICLE = re.compile(r"(?:the|el|la|le|der|die|das|il|lo|o|a)\s+", re.IGNORECASE)
ABBREVIATIONS = frozenset("ref. refr. rit. ch. cho. zw.".split())
QUOTES = "\"'“”„"
SIGNS = rf"{QUOTES}|/\\·•–—\ufe0f\u2190-\u27e5\u2980-\u2bff\U0001f000-\U0001faff-"  # and pictures
DECORATED = re.compile(rf"([#*_=~>»{SIGNS}]*)(.*?)([#*_=~<«{SIGNS}]*)", re.DOTALL)
COUNTED = re.compile(TIMES)
# Tags that some model makes a sound of, or a singer.
SOUNDS = frozenset(
    "man|woman|laughter|laughs|laugh|laughing|risas|rie|sighs|sigh|sighing|suspira|suspiro|music|"
    "gasps|gasp|gasping|applause|cheering|silence|clears throat|clear throat|clears his throat|"
    "clears her throat".split("|")
)
