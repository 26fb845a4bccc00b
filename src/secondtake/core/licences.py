"""Known licences of weights: their terms for use and for the sound in a sentence, and the page.

Facts as the licences put them, no legal advice. A registry entry names its licence by `Terms.name`.
"""

from dataclasses import dataclass

JOINT = " + "  # between the licences of a checkpoint whose parts have their own


@dataclass(frozen=True)
class Terms:
    """One licence: its terms for the use of the weights and of the sound."""

    name: str
    says: str  # a sentence without its full stop
    page: str  # where it can be read

    @property
    def sentence(self) -> str:
        return f"{self.name}: {self.says} ({self.page})"


ANY_USE = "any use, commercial too; it sets no condition for the sound"
KNOWN = (
    Terms("MIT", ANY_USE, "https://opensource.org/license/mit"),
    Terms("Apache-2.0", ANY_USE, "https://www.apache.org/licenses/LICENSE-2.0"),
    Terms(
        "CC-BY 4.0",
        "any use of the weights, commercial too, with credit to their makers",
        "https://creativecommons.org/licenses/by/4.0/",
    ),
    Terms(
        "CC-BY-NC 4.0",
        "non-commercial use only, with credit to the makers of the weights: nothing that is mainly "
        "intended for commercial advantage or for payment",
        "https://creativecommons.org/licenses/by-nc/4.0/",
    ),
    Terms(  # as last updated on 5 July 2024: I, III, and IV c (iii)
        "Stability AI Community License",
        "free for research and non-commercial use, and, once registered with Stability AI, for "
        "commercial use by whoever has less than 1,000,000 US dollars of revenue a year; Stability "
        "AI leaves the sound to whoever made it, as far as the law allows",
        "https://stability.ai/community-license-agreement",
    ),
    Terms(  # 3.2 and 3.3
        "Gemma Terms of Use",
        "commercial use too, within Google's prohibited use policy; Google claims no rights in "
        "what is made with it",
        "https://ai.google.dev/gemma/terms",
    ),
)
BY_NAME = {terms.name: terms for terms in KNOWN}


def terms_of(licence: str) -> tuple[Terms, ...]:
    """The known terms of a checkpoint's licence; () for an unknown one."""
    return tuple(BY_NAME[name] for name in licence.split(JOINT) if name in BY_NAME)


def explain_licence(licence: str) -> str:
    """The licence with its known terms, as plain text; its bare name if there are none."""
    return "; ".join(terms.sentence for terms in terms_of(licence)) or licence
