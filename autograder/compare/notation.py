"""Numbers and names as people type them."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

BLANKS = frozenset({"", "none", "-", "−", "–", "—"})
"""Texts that leave a cell empty, in lower case."""

LONGEST = 100
"""Characters; no number that a person types is longer."""
LARGEST_EXPONENT = 308
"""Powers of ten beyond a double's are no answer to anything, and cost time."""

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("−–﹣－‐‑", "-"),
        **dict.fromkeys("×·⋅∙•∗", "*"),
        **dict.fromkeys("\u00a0\u2007\u2009\u202f\t", " "),
        "’": "'",
    }
)
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")

_SCALES = {"k": 3, "m": 6, "g": 9, "t": 12}
_WORDS = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12}

_NUMBER = re.compile(
    r"""
    [≈≃~]?\ *
    (?P<sign>[+-]?)\ *
    (?:
        10\ *(?:\^|\*\*)\ *\{?(?P<alone>[+-]?[0-9]{1,4})\}?
      |
        (?P<whole>[1-9][0-9]{0,2}(?P<comma>[, _'])[0-9]{3}(?:(?P=comma)[0-9]{3})*|[0-9]*)
        (?:\.(?P<decimals>[0-9]*))?
        (?:e(?P<exponent>[+-]?[0-9]{1,4}))?
        (?:\ *[*x]\ *10\ *(?:\^|\*\*)\ *\{?(?P<power>[+-]?[0-9]{1,4})\}?)?
    )
    \ *
    (?:(?P<percent>%)|(?P<scale>[kmgt])(?P<binary>i)?(?:b|bytes?)?|(?P<b>b)
       |(?P<word>thousand|million|billion|trillion))?
    """,
    re.VERBOSE | re.ASCII,
)


def read_number(text: str) -> int | float | None:
    """Read a number in the notations that people use.

    Understood: signs (also typographic minus signs, never dropped), ``1,024`` and the same with spaces,
    underscores or apostrophes between groups of three, ``2e6``, ``5·10^6``, ``5 x 10⁶``, ``10**6``, ``50%``
    (0.5), ``3.2M``, ``400K``, ``7B``, ``1.5 GB`` (powers of 1000; of 1024 only with an i, ``KiB``), "3 million", and a
    leading ``≈``. Case does not matter. A comma is a thousands separator or nothing: ``1,5`` is refused, since it
    might be a decimal comma or two numbers.

    Args:
        text: untrusted text.

    Returns:
        An int where the number is whole, otherwise a float; None where the text is not one number.
    """
    if len(text) > LONGEST:
        return None
    text = re.sub(
        "10([⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda match: "10^" + match[1].translate(_RAISED), text.strip()
    )
    match = _NUMBER.fullmatch(text.translate(_PLAIN).lower())
    if match is None:
        return None
    whole, decimals = re.sub(r"\D", "", match["whole"] or ""), match["decimals"] or ""
    if match["alone"]:
        whole = "1"
    if not whole + decimals:
        return None
    exponent = sum(int(match[name] or 0) for name in ("alone", "exponent", "power"))
    if abs(exponent) > LARGEST_EXPONENT:
        return None
    number = Fraction(int(whole + decimals)) * Fraction(10) ** (exponent - len(decimals))
    number *= _factor(match)
    if match["sign"] == "-":
        number = -number
    return int(number) if number.denominator == 1 else float(number)


def _factor(match: re.Match[str]) -> Fraction:
    """Return what the letters after the number multiply it by."""
    if match["percent"]:
        return Fraction(1, 100)
    if match["scale"]:
        power = _SCALES[match["scale"]]
        return Fraction(1024 ** (power // 3) if match["binary"] else 10**power)
    if match["b"]:
        return Fraction(10**9)
    return Fraction(10 ** _WORDS.get(match["word"] or "", 0))


def is_blank(value: Any) -> bool:
    """Tell whether an answer was left empty: None, or text such as "", "none" or "-"."""
    return value is None or (isinstance(value, str) and value.strip().lower() in BLANKS)


def read_answer(value: Any, *, blank_is: float | None = None, rounded: bool = False) -> Any:
    """Turn an answer as typed into the value to compare.

    Args:
        value: decoded plain data.
        blank_is: the number that a blank answer stands for; None leaves a blank as it is.
        rounded: also read text such as "3.2M" as a number.

    Returns:
        The number read, or `value` itself where there is nothing to read.
    """
    if blank_is is not None and is_blank(value):
        return blank_is
    if rounded and isinstance(value, str):
        number = read_number(value)
        return value if number is None else number
    return value


def fold(text: str) -> str:
    """Reduce a name to its letters and digits in lower case, so that "Conv 1" is "conv_1"."""
    return "".join(character for character in text.casefold() if character.isalnum())
