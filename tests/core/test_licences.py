"""Licences: every one that the registry names is explained, and none is made up."""

import pytest

from secondtake.core.licences import JOINT, KNOWN, explain_licence, terms_of
from secondtake.core.registry.all_models import MODELS

NAMED = sorted({c.licence for m in MODELS.values() for c in m.checkpoints if c.weights})


@pytest.mark.parametrize("licence", NAMED)
def test_every_licence_of_weights_in_the_registry_is_known(licence: str) -> None:
    assert len(terms_of(licence)) == len(licence.split(JOINT))


def test_weights_without_a_licence_are_in_no_registry() -> None:
    assert NAMED and "" not in NAMED


@pytest.mark.parametrize("terms", KNOWN, ids=lambda terms: terms.name)
def test_each_says_one_thing_and_where_it_is_written(terms) -> None:
    assert terms.page.startswith("https://") and not terms.says.endswith(".")
    assert JOINT not in terms.name and terms_of(terms.name) == (terms,)


def test_parts_under_terms_of_their_own_are_each_explained() -> None:
    text = explain_licence("Stability AI Community License + Gemma Terms of Use")
    assert "1,000,000 US dollars" in text and "; Gemma Terms of Use: " in text


def test_of_an_unknown_licence_nothing_is_claimed() -> None:
    assert terms_of("Homemade 1.0") == () and explain_licence("Homemade 1.0") == "Homemade 1.0"


def test_what_may_not_be_sold_is_said_so() -> None:
    assert "non-commercial use only" in explain_licence("CC-BY-NC 4.0")
