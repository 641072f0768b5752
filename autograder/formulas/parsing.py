r"""Formulas that students type, parsed and evaluated without `eval`.

What is read: numbers, the variables that the check allows, ``+ - * / // ^ **``, brackets of all
three sorts, a multiplication that is not written (``2K``, ``K(M+1)``, ``K M``, and ``KKM`` where that is no
variable itself), the signs and superscripts of typeset text (``× · − ÷ K²``), the LaTeX that notebooks hold
(``\frac{a}{b}``, ``\times``, ``\cdot``, ``\left( \right)``, ``\lfloor \rfloor``, ``$...$``), the functions in
`FUNCTIONS`, ``pi`` and ``e``. Of ``params = N(K^2 M + 1)`` the part after the last ``=`` counts.

An unwritten multiplication binds like a written one: ``1/2K`` is ``(1/2)*K``. ``log`` is the natural
logarithm. Letters are told apart by case only where the variables are.

Length and depth are bounded, so that no text can exhaust the interpreter.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import NoReturn

from autograder.errors import FormulaError
from autograder.formulas.evaluation import FUNCTIONS, OPERATIONS, Apply, Formula, Step, Variable

MAX_LENGTH = 2000
"""Characters from which on text is refused."""
MAX_DEPTH = 50
"""Nesting of brackets, signs and exponents."""

OPENING = {"(": ")", "[": "]", "{": "}"}
ROUNDING = {"⌊": ("⌋", "floor"), "⌈": ("⌉", "ceil")}
SIGNS = {"×": "*", "·": "*", "⋅": "*", "∗": "*", "•": "*", "−": "-", "–": "-", "÷": "/", "**": "^"}
SIGNS |= {r"\times": "*", r"\cdot": "*", r"\ast": "*", r"\div": "/", r"\lfloor": "⌊"}
SIGNS |= {r"\rfloor": "⌋", r"\lceil": "⌈", r"\rceil": "⌉", "√": r"\sqrt"}
FRACTIONS = frozenset({r"\frac", r"\dfrac", r"\tfrac"})
IGNORED = frozenset(
    {
        r"\left", r"\right", r"\big", r"\Big", r"\quad", r"\qquad", r"\displaystyle",
        r"\mathrm", r"\mathit", r"\mathbf", r"\text", r"\operatorname",
    }
)  # fmt: skip
GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "η": "eta", "θ": "theta",
    "λ": "lambda", "μ": "mu", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "ω": "omega",
}  # fmt: skip
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
CONSTANTS = {"pi": math.pi, "e": math.e}

TOKEN = re.compile(
    r"""(?P<space>[\s$~]+|\\[,;:!>\ ()\[\]])
    |(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3}(?![A-Za-z0-9_]))?)
    |(?P<name>[\u0370-\u03ff]|[A-Za-z_][A-Za-z0-9_]*(?:(?<=_)\{[A-Za-z0-9_]+\})?)
    |(?P<power>[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)
    |(?P<sign>\\[A-Za-z]+|\*\*|//|[-+*/^()\[\]{},×·⋅∗•−–÷√⌊⌋⌈⌉])""",
    re.VERBOSE,
)

BINDING = {"+": 10, "-": 10, "*": 20, "/": 20, "//": 20, "^": 40}
"""How tightly operators bind; a sign in front stands between products and powers, as in Python."""
SIGN_BINDING = 30


def parse_formula(text: str, variables: Collection[str]) -> Formula:
    """Parse a formula.

    Args:
        text: what was typed, fewer than `MAX_LENGTH` characters.
        variables: the names that may occur.

    Returns:
        The formula.

    Raises:
        FormulaError: it is not one; the message says why and points at the place.
    """
    if len(text) >= MAX_LENGTH:
        raise FormulaError(f"a formula has fewer than {MAX_LENGTH:,} characters")
    parser = _Parser(text, _Scanner(text, variables).tokens())
    parser.expression(0, 0)
    if parser.next.kind != "end":
        parser.refuse_next()
    return Formula(text, tuple(parser.steps))


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    """number, name (of a variable), constant, function, power (superscript), sign, end."""
    text: str
    position: int


class _Scanner:
    """Cut text into tokens, and settle what every name means."""

    def __init__(self, text: str, variables: Collection[str]) -> None:
        self.text = text
        self.variables = variables
        folded = [name.casefold() for name in variables]
        self.by_case = {n.casefold(): n for n in variables if folded.count(n.casefold()) == 1}

    def tokens(self) -> Iterator[_Token]:
        position = self.text.rfind("=") + 1
        while position < len(self.text):
            match = TOKEN.match(self.text, position)
            if match is None:
                char = self.text[position]
                shown = f" {char!r}" if char.isprintable() else ""
                raise FormulaError(
                    f"a character{shown} that has no meaning here", self.text, position
                )
            kind, found = match.lastgroup, match[0]
            if kind == "name":
                yield from self.names(found, position)
            elif kind == "sign":
                yield from self.sign(SIGNS.get(found, found), position)
            elif kind != "space":
                yield _Token(str(kind), found, position)
            position = match.end()
        yield _Token("end", "", len(self.text))

    def sign(self, sign: str, position: int) -> Iterator[_Token]:
        if len(sign) < 2 or not sign.startswith("\\") or sign in FRACTIONS:
            yield _Token("sign", sign, position)
        elif sign not in IGNORED:
            yield from self.names(sign[1:], position)

    def names(self, found: str, position: int) -> Iterator[_Token]:
        """Yield what a run of letters stands for; several variables where it is a product of letters."""
        name = found.replace("{", "").replace("}", "")
        name = GREEK.get(name, name)
        known = self.variable(name)
        letters = [self.variable(letter) for letter in name]
        if known is not None:
            yield _Token("name", known, position)
        elif name.casefold() in FUNCTIONS:
            yield _Token("function", name.casefold(), position)
        elif name.casefold() in CONSTANTS:
            yield _Token("constant", name.casefold(), position)
        elif None not in letters:
            for offset, letter in enumerate(letters):
                yield _Token("name", str(letter), position + offset)
        else:
            allowed = ", ".join(self.variables) or "no letters"
            raise FormulaError(
                f"'{name[:40]}' has no meaning here; the formula may use {allowed}",
                self.text,
                position,
            )

    def variable(self, name: str) -> str | None:
        return name if name in self.variables else self.by_case.get(name.casefold())


class _Parser:
    """Precedence climbing over tokens; appends steps in postfix order."""

    def __init__(self, text: str, tokens: Iterator[_Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.next = next(tokens)
        self.steps: list[Step] = []

    def advance(self) -> _Token:
        token = self.next
        self.next = next(self.tokens, token)
        return token

    def expression(self, binding: int, depth: int) -> None:
        """Parse operators that bind more tightly than `binding`."""
        if depth > MAX_DEPTH:
            self.refuse("this is nested too deeply")
        self.operand(depth)
        while True:
            token = self.next
            if token.kind == "power":
                self.advance()
                self.steps += [self.superscript(token), Apply("^")]
                continue
            starts_operand = token.kind in ("name", "constant", "function") or (
                token.text in OPENING or token.text in ROUNDING or token.text in FRACTIONS
            )
            operation = "*" if starts_operand else token.text
            strength = BINDING.get(operation, 0) if token.kind != "end" else 0
            if strength <= binding:
                return
            if not starts_operand:
                self.advance()
            # the exponent may hold another power (2^3^2 is 2^9); the others group from the left
            self.expression(strength - 1 if operation == "^" else strength, depth + 1)
            self.steps.append(Apply(operation))

    def operand(self, depth: int) -> None:
        """Parse one operand: a number, a name, a call, a bracket, or any of these with a sign."""
        token = self.advance()
        if token.kind == "number":
            self.steps.append(Fraction(token.text))
        elif token.kind == "name":
            self.steps.append(Variable(token.text))
        elif token.kind == "constant":
            self.steps.append(CONSTANTS[token.text])
        elif token.kind == "function":
            self.call(token, depth)
        elif token.text in ("+", "-") and token.kind == "sign":
            self.expression(SIGN_BINDING, depth + 1)
            if token.text == "-":
                self.steps.append(Apply("negate"))
        elif token.text in FRACTIONS:
            for _ in range(2):
                self.bracket("{", depth)
            self.steps.append(Apply("/"))
        elif token.text in ROUNDING:
            closing, operation = ROUNDING[token.text]
            self.expression(0, depth + 1)
            self.close(closing)
            self.steps.append(Apply(operation))
        elif token.text in OPENING:
            self.expression(0, depth + 1)
            self.close(OPENING[token.text])
        else:
            self.refuse("something is missing here" if token.kind == "end" else "a number, a "
                        "letter or a bracket is missing before this", token)  # fmt: skip

    def call(self, token: _Token, depth: int) -> None:
        """Parse the arguments of a function."""
        if self.next.text not in OPENING:
            self.refuse(f"write {token.text}(...) with brackets")
        closing = OPENING[self.advance().text]
        self.expression(0, depth + 1)
        count = OPERATIONS[token.text][0]
        while self.next.text == "," and count == 2:  # min and max take any number
            self.advance()
            self.expression(0, depth + 1)
            self.steps.append(Apply(token.text))
        self.close(closing)
        if count == 1:
            self.steps.append(Apply(token.text))

    def bracket(self, opening: str, depth: int) -> None:
        if self.next.text != opening:
            self.refuse("a fraction is written \\frac{...}{...}")
        self.advance()
        self.expression(0, depth + 1)
        self.close(OPENING[opening])

    def close(self, closing: str) -> None:
        if self.next.text != closing:
            if self.next.kind == "end":
                self.refuse(f"a bracket is not closed: '{closing}' is missing")
            self.refuse_next()
        self.advance()

    def superscript(self, token: _Token) -> Fraction:
        digits = token.text.translate(SUPERSCRIPTS)
        if not re.fullmatch(r"-?[0-9]{1,4}", digits):
            self.refuse("an exponent that is not a number", token)
        return Fraction(int(digits))

    def refuse_next(self) -> NoReturn:
        """Refuse what follows a complete operand."""
        if self.next.text == ",":
            self.refuse("a comma has no place here; write numbers without separators: 1000000")
        if self.next.kind == "number":
            self.refuse("an operator is missing before this number")
        self.refuse("a bracket is closed that was not opened, or one of another shape is open")

    def refuse(self, reason: str, token: _Token | None = None) -> NoReturn:
        raise FormulaError(reason, self.text, (token or self.next).position)
