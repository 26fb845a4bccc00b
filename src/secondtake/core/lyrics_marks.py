"""What stands in pasted lyrics and is no word: patterns of times, chords, credits, directions."""

import re

NOTE = "♪"
OTHER_NOTES = re.compile("[♩♫♬🎵🎶]\ufe0f?")
SQUARE = str.maketrans("【】〔〕〖〗［］｛｝{}", "[][][][][][]")
REPEAT_SIGNS = re.compile(r"\|\|?:|:\|\|?|/:|:/(?!/)|[𝄆𝄇]")
TOKEN = re.compile(rf"(\[[^\[\]]*\]|\([^()]*\)|（[^（）]*）|<[^<>]*>|{NOTE})")
GROUP = re.compile(r"[\[(（「『〈《<]([^\[\](（「『〈《<)）」』〉》>]*)[\])）」』〉》>]")
BRACKETS = re.compile(r"[\[\](（「『〈《<)）」』〉》>]")

STAMP = r"\s*(?:\d{1,3}:)?\d{1,3}:\d{2}(?:[.:,]\d{1,3})?\s*"
TIME = re.compile(rf"\[{STAMP}\]|<{STAMP}>")
TWO_TIMES = re.compile(rf"\s*\[{STAMP}\]\s*\[{STAMP}\]")
SUBTITLE = re.compile(r"(?m)(?:^\s*\d+\s*\n)?^[\d:.,]{5,12} +--> +[\d:.,]{5,12}.*$")

BREAK = re.compile(r"</?(?:br|p|div)\b[^<>]*>", re.IGNORECASE)  # of a web page
STYLE = re.compile(r"</?(?:i|b|u|em|strong|font|span|c|v)\b[^<>]*>", re.IGNORECASE)  # of subtitles

ROOT = r"(?:[A-H][#b♯♭]?)"
KIND = r"(?:maj|Maj|M(?=\d)|min|mi|m|dim|aug|sus|add|ø|°|Δ|\+|-)?\d{0,2}"
MORE = r"(?:(?:sus|add|maj|M|no|b|#|\+|-|/)\d{1,2}|\((?:add|sus|no|b|#)?\d{1,2}\)|sus)*"
CHORD = re.compile(rf"{ROOT}{KIND}{MORE}(?:/{ROOT})?\*?|N\.?C\.?")
SOLFEGE = re.compile(
    rf"(?:Do|D[oó]|R[eé]|Mi|Fa|Sol|La|Si|DO|RE|MI|FA|SOL|LA|SI)[#b♯♭]?{KIND}{MORE}\*?"
)
WORDS_LIKE_CHORDS = frozenset("Sim Dom Rem Mim".split())  # that songs have as words
CHORD_TAG = re.compile(
    rf"\[\s*(?:{CHORD.pattern}|{SOLFEGE.pattern}(?: m\S*)?)(?:[\s-]+(?:{CHORD.pattern}))*\s*\]"
)
BETWEEN_CHORDS = re.compile(r"[|‖/%.:*·→–-]+|x\d|\d x|\(?[x×]\d{1,2}\)?")
COLUMNS = re.compile(r"\S(?: {2,}|\t+)\S")
TAB = re.compile(r"\s*[A-Ga-g]?[#b]?\s*[|:][-\d|hpbrxXs/\\~()^. ]*-{2,}[-\d|hpbrxXs/\\~()^. ]*")
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
    r"whisper(?:s|ed|ing)|softly|quietly|shouted|screamed|hummed|humming|a ?cappella|male|female|"
    r"hablad[oa]|susurrad[oa]|susurrando|gritad[oa]|recitad[oa]|parlee?|chuchotee?|murmuree?|"
    r"gesprochen|gefluestert|geflustert|parlato|sussurrat[oa]|falad[oa]|sussurrad[oa]|mowione|"
    r"szeptem|шепотом|говорит|fisilti|konusma|"
    r"[男女合齐齊众衆]|男女|合唱|轻声|独白|念白|台詞|セリフ|ささやき|내레이션|속삭임"
)
TIMES = r"[x×*]\s?\d{1,2}|\d{1,2}\s?[x×]"
OFTEN = r"(?:times|veces|vezes|fois|mal|volte|раза?|kez|kere|razy|बार|keer|gangen)"
AGAIN = re.compile(
    rf"{TIMES}|\d{{1,2}}\s?{OFTEN}|bis|da capo|d\.? ?c\.?|dal segno|se repite|"
    r"[x×]?\d{1,2}\s?[遍次回번]|[两兩二三四][遍次回]|(?:重复|重複|反复|反覆|繰り返し|くり返し|반복)\S{0,3}"
)
REPEAT_VERB = re.compile(
    r"(?:repeat|repite|repetir|repetez|repeter|ripeti|ripetere|wiederholen|wdh|repita|powtorz|"
    r"повтор|повторить|tekrar)\b[.:]?\s*(?:the |el |la |le |den |das )?(?P<what>.*)"
)
COUNTS = re.compile(
    rf"{TIMES}|(?:\d{{1,2}}|two|three|dos|tres|deux|trois|zwei|drei|due|tre|duas)\s{OFTEN}|"
    r"to fade|twice"
)
AGAIN_AT_END = re.compile(r"(?:\s+(?:[x×*]\d{1,2}|\d{1,2}[x×])|×\d{1,2})$", re.IGNORECASE)
SINGER_PREFIX = re.compile(
    r"\s*((?:[男女合齐齊全众衆]|男女|Male|Female|Both|Duet)\s*[:：])\s*(?=\S)"
)
HEADER_PREFIX = re.compile(
    r"\s*((?:[^:：\[\]()（）]|\[[^\[\]]*\]|\([^()]*\)|（[^（）]*）){1,40}?(?:[:：]|\s[-–—]\s))\s*(\S.*)"
)
DECORATED = re.compile(r"([#*_=~>•·|/\\–—-]*)(.*?)([#*_=~<•·|/\\–—-]*)", re.DOTALL)
COUNTED = re.compile(TIMES)
# Tags that some model makes a sound of, or a singer.
SOUNDS = frozenset(
    "man|woman|laughter|laughs|laugh|laughing|risas|rie|sighs|sigh|sighing|suspira|suspiro|music|"
    "gasps|gasp|gasping|applause|cheering|silence|clears throat|clear throat|clears his throat|"
    "clears her throat".split("|")
)
