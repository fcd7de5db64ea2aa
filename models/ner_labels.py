"""What the labels of common entity models mean, in words for a person.

Sources: the OntoNotes 5 release notes (18 types), CoNLL-2003 (4), WNUT-17 (6), Few-NERD's coarse types.
"""

from __future__ import annotations

import re

_MEANINGS = {
    # OntoNotes 5
    "PERSON": "people, real or invented",
    "NORP": "nationalities, religious and political groups",
    "FAC": "buildings, airports, roads, bridges",
    "ORG": "companies, agencies, institutions",
    "GPE": "countries, cities, states",
    "LOC": "places that are no country or city: mountains, seas, regions",
    "PRODUCT": "things made: vehicles, devices, foods",
    "EVENT": "named storms, battles, wars, sports events",
    "WORK_OF_ART": "titles of books, songs, films",
    "LAW": "named laws and treaties",
    "LANGUAGE": "languages",
    "DATE": "dates and spans of days or longer",
    "TIME": "times shorter than a day",
    "PERCENT": "percentages",
    "MONEY": "amounts of money, with their unit",
    "QUANTITY": "measurements: weight, distance, speed",
    "ORDINAL": "first, second, and so on",
    "CARDINAL": "numbers of no other kind",
    # CoNLL-2003
    "PER": "people",
    "MISC": "other names: peoples, events, works",
    # WNUT-17
    "LOCATION": "places",
    "CORPORATION": "companies",
    "GROUP": "bands, teams and other groups",
    "CREATIVE-WORK": "titles of books, songs, films",
    # Few-NERD
    "ORGANIZATION": "companies, agencies, institutions",
    "BUILDING": "buildings",
    "ART": "works of art",
    "OTHER": "other names",
}
_PREFIX = re.compile(r"[BIESLUM][-_](?=.)")


def meaning(label: str) -> str:
    """The label in a few words, also with its B-, I- or similar prefix; empty when it is not known."""
    known = _MEANINGS.get(label.upper())
    return known or _MEANINGS.get(_PREFIX.sub("", label, count=1).upper(), "")
