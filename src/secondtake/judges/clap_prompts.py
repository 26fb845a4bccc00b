"""Other prompts: what a recording is held against besides the style that was asked for.

A cosine of CLAP's says little alone: some recordings are near every text, others near none. So the
floor of prompt adherence is the same recording under these sentences, each of music that a musician
would know at once, and no two of them of the same.
"""

import re

WORD = re.compile(r"\w+")
OTHER_PROMPTS = (
    "a solo classical guitar plays a slow Spanish romance",
    "a string quartet plays a serious Viennese adagio",
    "a full symphony orchestra thunders to a triumphant finale",
    "a baroque harpsichord and a recorder dance a quick gigue",
    "a church organ plays a grave fugue in a great cathedral",
    "monks chant in Latin, unaccompanied and slow",
    "a soprano sings a dramatic Italian opera aria with orchestra",
    "a lonely grand piano, soft and sad, with long pauses",
    "fast ragtime piano from an old saloon",
    "smoky late night jazz with brushed drums, double bass and saxophone",
    "a big band swings with loud brass and a walking bass",
    "slow delta blues, slide guitar and a hoarse old man's voice",
    "a gospel choir claps and shouts praise with a Hammond organ",
    "warm seventies soul with strings and a tender falsetto",
    "tight funk with slap bass, wah guitar and stabbing horns",
    "glittering disco with four on the floor drums and octave bass",
    "bluegrass banjo and fiddle at breakneck speed",
    "a country ballad with pedal steel guitar and a male drawl",
    "surf rock guitar drenched in spring reverb",
    "raw punk rock, three chords, shouted and very fast",
    "heavy metal with double bass drums and a shredding guitar solo",
    "black metal shrieks over blast beats and icy tremolo guitars",
    "dreamy shoegaze, a wall of blurred guitars and whispered voices",
    "bright eighties synth pop with gated drums and a catchy chorus",
    "pounding dark techno in a warehouse at 140 BPM",
    "uplifting trance with supersaw arpeggios and a long build-up",
    "liquid drum and bass with rolling breaks and deep sub bass",
    "wobbling dubstep bass drops at half time",
    "beatless ambient drones, vast, calm and cold",
    "chirping eight-bit video game music",
    "lo-fi hip hop with vinyl crackle and a dusty electric piano",
    "aggressive trap rap over booming 808s and rattling hi-hats",
    "old school rap with record scratching and a funk break",
    "roots reggae with offbeat guitar, heavy bass and dub echoes",
    "cheerful ska with punchy trombones and skipping guitar",
    "a blazing salsa band with piano montuno, congas and trumpets",
    "bossa nova, a hushed Portuguese voice and nylon string guitar",
    "an Argentine tango with bandoneon and violin",
    "mariachi trumpets, violins and a proud Mexican song",
    "reggaeton with a dembow beat and auto-tuned Spanish vocals",
    "flamenco with stamping heels, handclaps and a torn voice",
    "West African drums and call and response singing",
    "highlife guitars and horns, sunny music from Ghana",
    "an Arabic oud improvisation with darbuka and qanun",
    "a slow raga on sitar with tabla and tanpura drone",
    "the bronze gongs of a Balinese gamelan, shimmering and quick",
    "a Chinese guzheng and bamboo flute, peaceful and old",
    "taiko drums and shakuhachi from Japan",
    "Celtic reels on tin whistle, bodhrán and bagpipes",
    "a Balkan brass band in a wild uneven metre",
    "a bouncing polka with accordion and tuba",
    "a lullaby for a baby on a music box",
)


def other_prompts(style: str) -> tuple[str, ...]:
    """Those of OTHER_PROMPTS that do not say the same as a style."""
    return tuple(prompt for prompt in OTHER_PROMPTS if not say_the_same(prompt, style))


def say_the_same(text: str, other: str) -> bool:
    """Whether two texts have the same words, or one has all of the other's in one go; neither
    capitals nor marks count."""
    words, more = sorted((_words(text), _words(other)), key=len)
    return words in more


def _words(text: str) -> str:
    return f" {' '.join(WORD.findall(text.casefold()))} "
