"""Of what forms a table of fields is made.

Strategy: a run's files may be anybody's. Each kind of file has one table, field by field. That of a record is
bench/figures.py; that of a manifest is in bench/store/manifest.py. What passes its table can be shown, counted with and
written again. Texts are valid and of a sensible length. Numbers are finite. Lists and maps are no longer than a page can
bear. Nothing is nested deeper than its table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from bench.store.schema import MOST, PROSE_LENGTH, SOURCE_LENGTH, clean, is_number
from bench.words import NAME_LENGTH, shown


class MisfitError(ValueError):
    """A value that its table does not allow: where, and why, in a few words."""


class Form(Protocol):
    """What a value may be. `read` returns it as it is used; `at`: what to call it where it is refused (MisfitError)."""

    def read(self, value: Any, at: str) -> Any: ...


@dataclass(frozen=True)
class Text:
    """A text of at most so many characters. `cut`: a longer one is cut, not refused. `lines`: it may have several."""

    most: int = NAME_LENGTH
    cut: bool = False
    lines: bool = False

    def read(self, value: Any, at: str) -> str:
        """The text, with a sign of its own for what cannot be shown."""
        if not isinstance(value, str):
            raise MisfitError(f"{at} is {shown(value)}, not a text")
        if len(value) > self.most and not self.cut:
            raise MisfitError(f"{at} has {len(value):,} characters, which are more than {self.most:,}")
        text = clean(value, self.most)
        return text if self.lines else text.replace("\n", " ").replace("\t", " ")


@dataclass(frozen=True)
class Number:
    """A finite number in a range; `whole`: without a fraction."""

    least: float = -MOST
    most: float = MOST
    whole: bool = False

    def read(self, value: Any, at: str) -> int | float:
        """The number."""
        if not is_number(value) or (self.whole and not isinstance(value, int)):
            raise MisfitError(f"{at} is {shown(value)}, not a {'whole ' * self.whole}number")
        if not self.least <= value <= self.most:
            raise MisfitError(f"{at} is {shown(value)}, which cannot be")
        return value  # type: ignore[no-any-return]


@dataclass(frozen=True)
class OneOf:
    """One of a few values, and of their very type."""

    values: tuple[Any, ...]

    def read(self, value: Any, at: str) -> Any:
        """The value."""
        if not any(type(value) is type(known) and value == known for known in self.values):
            raise MisfitError(f"{at} is {shown(value)}, and can be {', '.join(map(str, self.values))}")
        return value


@dataclass(frozen=True)
class Either:
    """What one of several forms takes, the first that does."""

    forms: tuple[Form, ...]

    def read(self, value: Any, at: str) -> Any:
        """What the first form makes of it that takes it."""
        for form in self.forms:
            try:
                return form.read(value, at)
            except MisfitError:
                continue
        raise MisfitError(f"{at} is {shown(value)}, which has no place there")


@dataclass(frozen=True)
class ListOf:
    """A list of things of one form."""

    form: Form
    most: int = 10_000
    distinct: bool = False

    def read(self, value: Any, at: str) -> list[Any]:
        """The list."""
        if not isinstance(value, list):
            raise MisfitError(f"{at} is {shown(value)}, not a list")
        if len(value) > self.most:
            raise MisfitError(f"{at} has {len(value):,} entries, which are more than {self.most:,}")
        found = [self.form.read(entry, f"{at}[{i}]") for i, entry in enumerate(value)]
        if self.distinct and len(set(found)) < len(found):
            raise MisfitError(f"{at} names one thing twice")
        return found


@dataclass(frozen=True)
class MapOf:
    """A map from names to things of one form."""

    form: Form
    most: int = 1_000

    def read(self, value: Any, at: str) -> dict[str, Any]:
        """The map."""
        if not isinstance(value, dict):
            raise MisfitError(f"{at} is {shown(value)}, not a map")
        if len(value) > self.most:
            raise MisfitError(f"{at} has {len(value):,} entries, which are more than {self.most:,}")
        found = {}
        for key, entry in value.items():
            name = Text().read(key, f"a name in {at}")
            found[name] = self.form.read(entry, f"{at}.{name[:40]}")
        return found


@dataclass(frozen=True)
class Fields:
    """A map with a form for each name; those in `optional` may lack, and others may be there only if `rest` has a form.

    `make`: what is made of the fields, where there are no others.
    """

    forms: Mapping[str, Form]
    optional: frozenset[str] = frozenset()
    rest: Form | None = None
    make: Callable[..., Any] = field(default=dict)

    def read(self, value: Any, at: str) -> Any:
        """What is made of the fields, in the order in which they are there."""
        entries = MapOf(ANYTHING).read(value, at)
        for name in self.forms:
            if name not in entries and name not in self.optional:
                raise MisfitError(f"{at} has no {name!r}")
        found = {}
        for name, entry in entries.items():
            form = self.forms.get(name, self.rest)
            if form is None:
                raise MisfitError(f"{at} has {shown(name)}, which this version does not know")
            found[name] = form.read(entry, f"{at}.{name[:40]}")
        return self.make(**found) if self.rest is None else found


@dataclass(frozen=True)
class Anything:
    """What another form looks at afterwards."""

    def read(self, value: Any, at: str) -> Any:  # noqa: ARG002
        """The value as it is."""
        return value


ANYTHING = Anything()
NAME = Text()
LABEL = Text(1_000, cut=True)  # what a machine or an interpreter calls itself
PROSE = Text(PROSE_LENGTH, cut=True, lines=True)
SOURCE = Text(SOURCE_LENGTH, cut=True, lines=True)
FLAG = OneOf((False, True))
COUNT = Number(0, whole=True)
AMOUNT = Number(0)  # seconds, bytes, shares
FACT = Either((LABEL, Number(), FLAG, OneOf((None,))))  # about an environment
FACTS = Either((FACT, ListOf(FACT, 1_000), MapOf(FACT)))
