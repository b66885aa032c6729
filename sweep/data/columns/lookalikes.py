"""Texts that are meant as numbers or times, and that no level of a category should come from."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from sweep.specification.values import NUMBER

_NUMBER = NUMBER.pattern
_GROUPED = r"[+-]?\d{1,3}(?:[,' \u00a0\u202f\u2019]\d{3})+(?:\.\d+)?"
_ANY = rf"(?:{_GROUPED}|{_NUMBER})"
_SIGN = r"[$€£¥₹]"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?"
_ZONE = r"(?:Z| ?(?:UTC|GMT)| ?[+-]\d{2}:?\d{2})?"
_DAY = r"(?:\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2(?:\d{4}|\d{2}))"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_WORDED = rf"(?:(?:[a-z]{{3,9}},? )?\d{{1,2}}[ -]{_MONTH}|{_MONTH}(?: \d{{1,2}},)?)[ -]\d{{2,4}}"


class Lookalike(NamedTuple):
    """A kind of texts that read like something else.

    Attributes
    ----------
    called : str
        What they read like.
    pattern : Pattern
        All of the texts are of it, or plain numbers.
    mend : str
        How they should be written.
    """

    called: str
    pattern: re.Pattern[str]
    mend: str


#: In this order: ``1,234`` has a thousands separator, unless ``1,5`` beside it says otherwise.
LOOKALIKES = (
    Lookalike(
        "numbers with thousands separators", re.compile(_GROUPED), "write 1234 instead of 1,234"
    ),
    Lookalike(
        "numbers with decimal commas",
        re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?"),
        "write 1.5 instead of 1,5 (or say --decimal , of a text file)",
    ),
    Lookalike(
        "amounts of money",
        re.compile(rf"[+-]?{_SIGN} ?[+-]?{_ANY}|{_ANY} ?{_SIGN}|\({_SIGN} ?{_ANY}\)"),
        "write 1.50 instead of $1.50",
    ),
    Lookalike("percentages", re.compile(rf"{_ANY} ?%"), "write 15 instead of 15%"),
    Lookalike(
        "dates or times",
        re.compile(
            rf"(?:{_DAY}(?:[T ]{_CLOCK}{_ZONE})?|{_CLOCK}{_ZONE}|{_WORDED}(?:,? {_CLOCK})?)",
            re.IGNORECASE,
        ),
        "write what matters of them as a number, such as the year",
    ),
)


def lookalike(texts: Sequence[str]) -> tuple[Lookalike, int] | None:
    """Return what all of some texts read like, and the place of the first that does; or None.

    Plain numbers among them count as such: ``950`` beside ``1,234``.
    """
    odd = [place for place, text in enumerate(texts) if not NUMBER.fullmatch(text)]
    for kind in LOOKALIKES if odd else ():
        if all(kind.pattern.fullmatch(texts[place]) for place in odd):
            return kind, odd[0]
    return None
