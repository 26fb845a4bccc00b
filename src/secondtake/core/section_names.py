"""The names of a song's sections, as people write them over their lyrics, in some fifty languages.

Three degrees of certainty decide what a line alone may mean (`SectionName`): nobody sings the word
"chorus" by itself; somebody may sing "bridge"; and "solo", "final" or "break" are words of songs.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cache

from secondtake.core.letters import fold
from secondtake.core.lyrics_marks import COUNTS, TIMES


class Certainty(IntEnum):
    """How sure it is that a name, alone on a line, is a section's and no word of the song."""

    WORD = 1  # needs a mark (brackets, a colon) or a figure: "[Solo]", "Solo:", "Solo 2"
    NAME = 2  # needs a mark, a number in any form, or an adjective: "Final bridge", "Puente dos"
    SURE = 3  # needs nothing: "Chorus", "Estribillo final"


SURE = """
intro | outro | verse | verses | chorus | refrain | interlude | middle eight | middle 8 |
stanza | postlude | ad libs | ad lib | adlib | adlibs | instrumental | instrumental break |
verse chorus | guitar solo | piano solo | drum solo | sax solo | bass solo | violin solo |
instrumental solo | estrofa | coro | estribillo | refran | interludio | solo de guitarra |
solo de piano | solo de saxofon | solo de violin | solo de bateria | solo de bandoneon |
solo de acordeon | estrofe | refrao | couplet | strophe | solo de guitare | ritornello |
strofa | intermezzo | strumentale | assolo di chitarra | kehrreim | vorrefrain | zwischenspiel |
zwischenteil | gitarrensolo | instrumentalteil | refrein | tussenspel | refrang | mellanspel |
forrefrang | refreng | omkved | omkvaed | mellomspill | mellemspil | mellomspel | viðlag |
säkeistö | kertosäe | valisoitto | salm | refraan | piedziedajums | posmelis | priedainis |
zwrotka | refren | przedrefren | przyspiew | sloka | mezihra | predrefren | sloha | medzihra |
kitica | versszak | refrenul | kozjatek | interludiu | retrouso | errepika | pennill | cytgan |
kertosakeisto | kerto | kupleti | mukhda | mukhra | antara | sthayi | pallavi |
anupallavi | charanam | pont musical | key change |
beat switch | guitar break | drum break | piano break | інтро | аутро | 过门 | 過門 |
curfa | vearsa | strofo | refreno | strofe | retornello | припев | куплет | предприпев |
проигрыш | програш | постприпев | рефрен | строфа | бридж | интро | аутро | интерлюдия |
приспів | передприспів | інтерлюдія | прыпеў | пріпев | қайырма | кайырма | шумақ | бәйет |
ρεφρεν | ρεφραιν | κουπλε | στροφη | ιντερλουδιο | επωδος | nakarat | on nakarat | dortluk |
ara nagme | nəqarət | naqorat | لازمة |
اللازمة | كورس | الكورس | كوبليه | ترجیع بند | همخوانی | کورس | ورس | انترا | مکھڑا | פזמון |
כורוס | קדם פזמון | მისამღერი | კუპლეტი | կրկներգ | կուպլետ | अंतरा | अन्तरा | कोरस |
प्री कोरस | इंट्रो | इन्ट्रो | आउट्रो | वर्स | ध्रुवपद | धृपद | কোরাস | অন্তরা | பல்லவி |
அனுபல்லவி | கோரஸ் | పల్లవి | అనుపల్లవి | చరణం | కోరస్ | ಪಲ್ಲವಿ | ಅನುಪಲ್ಲವಿ | പല്ലവി |
അനുപല്ലവി | અંતરા | કોરસ | ਅੰਤਰਾ | ਕੋਰਸ |
điep khuc | phien khuc | tien điep khuc | reff | korus | kiitikio | ubeti | 主歌 | 副歌 | 合唱 |
间奏 | 間奏 | 前奏 | 尾奏 | 桥段 | 橋段 | 导歌 | 導歌 | 预副歌 | 預副歌 | 前副歌 | 副歌前 |
Aメロ | Bメロ | Cメロ | Dメロ | Eメロ | サビ | 大サビ | ラスサビ | ラストサビ | 落ちサビ |
サビ前 | 後奏 | イントロ | アウトロ | コーラス | プレコーラス | ヴァース | バース | 間奏ソロ |
ギターソロ | 후렴 | 후렴구 | 코러스 | 프리코러스 | 프리 코러스 | 벌스 | 간주 | 간주중 | 전주 |
후주 | 인트로 | 아웃트로 | 아우트로 | ท่อนฮุก | ท่อนฮุค | ท่อนคอรัส | ท่อนแยก | ท่อนร้อง |
คอรัส | พรีคอรัส |
พรีฮุก | อินโทร | เอาท์โทร
"""
NAME = """
hook | bridge | breakdown | turnaround | prelude | introduction | skit | ref | refr | ch | cho |
zw | middle section |
puente | gancho | introduccion | ponte | introducao | pont | introduzione | assolo | strumento |
brucke | bruecke | vorspiel | nachspiel | uberleitung | einleitung | brug | brygga | silta |
alkusoitto | mostek | wstep | zakonczenie | przejscie | przygrywka | lacznik | predehra |
dohra | punte | мост | вступление | концовка | кода | хук | вступ |
γεφυρα | εισαγωγη | inciso | tornada | overture | kopru | giris | cikis | ara muzik | جسر |
مقدمة | خاتمة | مقطع | المقطع | مقدمه | גשר | פתיחה | मुखड़ा | मुखडा | स्थायी | स्थाई | ब्रिज |
हुक | স্থায়ী | মুখড়া | சரணம் | ಚರಣ | ചരണം | મુખડો | मुखडो | dao đau | jembatan | 说唱 | 說唱 |
饶舌 | 饒舌 | 念白 | 旁白 | 独白 | 獨白 | 口白 | 桥 | 橋 | ブリッジ | フック | エンディング |
ラップ | セリフ | 台詞 | 브릿지 | 브리지 | 훅 | 랩 | 내레이션 | ฮุก | ฮุค | บริดจ์
"""
WORD = """
solo | break | drop | coda | vamp | rap | ending | end | final | finale | part | section |
build up | buildup | rit | r | tag | special | reprise | vocalise | climax | v |
verso | fin | cierre | salida | parte | fim |
vers | partie | fine | chor | teil | schluss | ende | koor | einde | most | hid | koniec |
uvod | verze | valiosa | kita | соло | финал | конец | часть | рэп | міст | τελοσ | ara |
bolum | đoan | loi | cau | đk | bait | بيت | پل | בית | סיום | अंत | सोलो | भाग | पुल | 尾声 |
尾聲 | 结尾 | 結尾 | 过渡 | 過渡 | ソロ | โซโล่ | ดนตรี | 솔로
"""
PREFIXES = "pre post pra pred przed vor пре пред перед пост προ"  # pre-chorus
QUALIFIERS = """
final last sung opening closing musical avant piano guitar instrumentale
first second third fourth fifth sixth double half short long big extended alternate alt
reprise repeated full main new soft softly quiet quietly gently loud loudly slowly spoken
whispered whisper shouted screamed hummed falsetto acoustic harmonies together all both male
female vocal vocals fast slow ultimo ultima primer primera primero segundo segunda tercer
tercera tercero doble medio corto suave hablado hablada susurrado susurrada recitado primeiro
primeira terceiro terceira falado sussurrado dernier derniere premier premiere deuxieme seconde
troisieme parle parlee chuchote letzte letzter letztes erste erster erstes zweite zweiter
zweites dritte dritter gesprochen leise primo prima secondo seconda terzo terza parlato
sussurrato laatste eerste tweede sista forsta andra ostatni ostatnia pierwsza pierwszy druga
drugi trzecia trzeci последний первый второй третий финальный первая вторая последняя останній
перший son ilk birinci ikinci ucuncu अंतिम आखिरी पहला दूसरा तीसरा 마지막 첫번째 두번째 الأول
الثاني الثالث الأخير
cuarta cuarto quinta quinto quatrieme cinquieme vierte vierter funfte quarta quarto
czwarta piata четвертый четвертая пятый dorduncu besinci चौथा पांचवां שני שלישי רביעי
"""
NUMBERS = """
one two three four five six seven eight uno una dos tres cuatro cinco un une deux trois quatre cinq
eins zwei drei vier funf due tre quattro um uma dois duas quatro jeden dwa trzy один два три четыре
bir iki uc dort een twee drie ett tva एक दो तीन चार i ii iii iv v vi vii viii ix x xi xii a b c d
일 이 삼 하나 둘 셋 α β γ δ
"""
ROMAN = frozenset("i ii iii iv v vi vii viii ix x".split())
FIGURE = re.compile(
    r"(?:no|nr|num|n)?\d{1,2}(?:st|nd|rd|th|er|re|e|eme|[dr]?[oa]|b|c|d|ος|η|ο|[иы]?и|а?я|절|번|番)?"
)
AND = frozenset("& + / and y et und e и".split())
LETTERS_THEN_FIGURE = re.compile(r"(?<=[^\W\d_]{2})(?=\d)")  # chorus2
BETWEEN_WORDS = re.compile(r"[-‐‑–_.#°]|,(?= ?[x×(])")
ABBREVIATED = re.compile(r"[vcrkp]\s?\d")  # V1, R2
COUNTED_AT_END = re.compile(rf"\s(?:{COUNTS.pattern})$")
ORDINAL = re.compile(r"(?<=\d)-(?=[^\W\d]{1,2}\b)")  # 1-й
COUNT_SIGN = re.compile(r"(?<= )(?:no|nr|num|n)\s*(?=\d)")  # Verse No. 2
LONGEST_NAME = 4  # words

# Scripts without spaces: ordinals and repeats stand next to the name.
UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
COUNTED = re.compile(  # before and after a name without spaces
    r"(?:最后的?|最後の?|最终|第?[一二三四五六七八九十两兩\d]{1,3}[段节節遍次番番目回절]?の?|ラスト|重复|重複|反复|繰り返し|"
    r"[A-Da-d]|[xX×*]\d{1,2}|\d{1,2}[xX×]|마지막|반복|전체|大合唱)"
)
VERSE_COUNTER = re.compile(
    r"\d番|第[一二三四五六七八九十\d]{1,3}[段节節]|[A-D]段|제?[1-9일이삼사]절"
)


@cache  # made when it is first wanted: most programs read no lyrics
def _names() -> dict[str, Certainty]:
    """Every name, folded, with its certainty; before and after: "prechorus", "pre chorus"."""
    names: dict[str, Certainty] = {}
    for certainty, table in (
        (Certainty.WORD, WORD),
        (Certainty.NAME, NAME),
        (Certainty.SURE, SURE),
    ):
        for name in table.split("|"):
            key = " ".join(fold(name).split())
            names[key] = certainty
            if certainty > Certainty.WORD and key != key.upper():  # of an alphabet
                for prefix in map(fold, PREFIXES.split()):
                    for joined in (f"{prefix}{key}", f"{prefix} {key}"):
                        names.setdefault(joined, Certainty.SURE)
    return names


@cache
def _unspaced_names() -> list[str]:
    """Those of scripts without spaces, the longest first."""
    return sorted((name for name in _names() if UNSPACED.search(name)), key=len, reverse=True)


QUALIFIER_WORDS = frozenset(fold(QUALIFIERS).split())
NUMBER_WORDS = frozenset(fold(NUMBERS).split())
REPEAT_WORD = re.compile(rf"{TIMES}|bis|repeat|repite|repetir|reprise|wiederholen|wdh")


@dataclass(frozen=True)
class SectionName:
    """What words that only name a section consist of.

    certainty: of the surest name. numbered: a figure. qualified: anything besides the name.
    """

    certainty: Certainty
    numbered: bool
    qualified: bool

    @property
    def stands_alone(self) -> bool:
        """True if a line without any mark that says no more than this is not sung."""
        return (
            self.certainty == Certainty.SURE
            or (self.certainty == Certainty.NAME and self.qualified)
            or self.numbered
        )


def section_name(text: str) -> SectionName | None:
    """The section that a text names, if it does nothing else: "Final Chorus", "副歌 ×2"."""
    folded = COUNT_SIGN.sub(" ", BETWEEN_WORDS.sub(" ", ORDINAL.sub("", fold(text)))).strip()
    if ABBREVIATED.fullmatch(folded):
        return SectionName(Certainty.SURE, True, True)
    if counted := COUNTED_AT_END.search(folded):
        section = section_name(folded[: counted.start()])
        return section and replace(section, qualified=True)
    words = LETTERS_THEN_FIGURE.sub(" ", folded.replace("/", " / ").replace("+", " + ")).split()
    if UNSPACED.search(folded) and (section := _unspaced(folded)):
        return section
    return _spaced(words)


def _spaced(words: Sequence[str]) -> SectionName | None:
    names: list[str] = []
    numbered = qualified = joined = doubtful = False
    at = 0
    while at < len(words):
        word, name = words[at], _longest_name(words, at)
        if word in QUALIFIER_WORDS and len(words) > 1 and " " not in name:
            qualified = True
        elif name and not (names and word in NUMBER_WORDS):
            if name in names or (names and not joined and not _one_is_sure([*names, name])):
                return None
            names.append(name)
            at += len(name.split()) - 1
            joined = False
        elif FIGURE.fullmatch(word):
            numbered = qualified = True
            joined = False
        elif word in NUMBER_WORDS and (names or word in ROMAN):
            qualified = True
            joined = False
            doubtful = not names and len(word) == 1  # "I refrain"
        elif word in AND and names:
            joined = True
        elif REPEAT_WORD.fullmatch(word):
            qualified = True
        else:
            return None
        at += 1
    if not names or joined:
        return None
    certainty = Certainty.WORD if doubtful else max(_names()[name] for name in names)
    return SectionName(certainty, numbered, qualified)


def _one_is_sure(names: Sequence[str]) -> bool:
    return any(_names()[name] == Certainty.SURE for name in names)


def _longest_name(words: Sequence[str], at: int) -> str:
    for count in range(min(LONGEST_NAME, len(words) - at), 0, -1):
        name = " ".join(words[at : at + count])
        if name in _names():
            return name
    return ""


def _unspaced(folded: str) -> SectionName | None:
    """The same for scripts without spaces, and for names such as Aメロ."""
    text = "".join(folded.split())
    if VERSE_COUNTER.fullmatch(text):
        return SectionName(Certainty.SURE, True, True)
    for name in _unspaced_names():
        before, found, after = text.partition("".join(name.split()))
        if found and all(not part or _is_count(part) for part in (before, after)):
            rest = before + after
            numbered = any(character.isdigit() for character in rest)
            return SectionName(_names()[name], numbered, bool(rest))
    return None


def _is_count(text: str) -> bool:
    while text and (match := COUNTED.match(text)):
        text = text[match.end() :]
    return not text
