"""What two versions of a choice differ in: their inputs, and their answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from erp_core.vendors.schema import Decision

# What tells the entries of a list apart, by the list's name; entries of other lists are told apart by their place.
_TOLD_APART: Mapping[str, tuple[str, ...]] = {
    "requirements": ("key",),
    "vendors": ("key",),
    "facts": ("about", "source", "as_of"),
    "fits": ("requirement",),
    "plans": ("name",),
    "ratings": ("vendor", "requirement", "evaluator"),
    "quotes": ("vendor", "plan.name", "plan.as_of"),
    "weightings": ("evaluator",),
    "own_numbers": ("key",),
    "benefits": ("key", "vendor"),
    "rates": ("currency",),
    "modules": ("key",),
    "gates": ("vendor", "kind", "requirement"),
    "scores": ("vendor",),
    "jury": ("method",),
    "switches": ("challenger", "kind"),
    "overkill": ("vendor",),
    "questions": ("vendor", "about"),
}


@dataclass(frozen=True)
class Difference:
    """One value that differs: where it stands, and what it was and is; None where there is none."""

    path: tuple[str, ...]
    before: Any
    after: Any


@dataclass(frozen=True)
class Comparison:
    """What two versions differ in: `inputs` of the documents, `results` of the answers."""

    inputs: tuple[Difference, ...]
    results: tuple[Difference, ...]


def canonical(decision: Decision) -> str:
    """A decision as one JSON text, the same for equal decisions."""
    return json.dumps(decision.model_dump(mode="json"), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def inputs_hash(decision: Decision) -> str:
    """SHA-256 of `canonical`, as hexadecimal digits."""
    return hashlib.sha256(canonical(decision).encode()).hexdigest()


def differences(before: Any, after: Any, tolerance: float = 0.0) -> tuple[Difference, ...]:
    """What differs between two JSON values, leaf by leaf, in the order in which it stands.

    Entries of lists are matched by what tells them apart (a requirement by its key), not by their place. Numbers that
    are apart by at most `tolerance`, relative to the larger, are equal.

    >>> differences({"budget": 5.0, "rates": [{"currency": "EUR", "rate": 8.0}]}, {"budget": 5.0, "rates": []})
    (Difference(path=('rates', 'EUR'), before={'currency': 'EUR', 'rate': 8.0}, after=None),)
    """
    return tuple(_differences(before, after, (), tolerance))


def numbers_of(results: Any) -> Any:
    """An answer without its sentences (`Text.to_json`), which may be worded anew.

    >>> numbers_of({"p50": 5.0, "text": {"id": "It costs.", "values": {}}, "notes": [{"id": "So.", "values": {}}]})
    {'p50': 5.0, 'notes': []}
    """
    if isinstance(results, Mapping):
        return {key: numbers_of(value) for key, value in results.items() if not _is_sentence(value)}
    if isinstance(results, list | tuple):
        return [numbers_of(value) for value in results if not _is_sentence(value)]
    return results


def _is_sentence(value: Any) -> bool:
    return isinstance(value, Mapping) and "id" in value and "values" in value


def same_numbers(kept: Mapping[str, Any], again: Mapping[str, Any]) -> tuple[Difference, ...]:
    """In what an answer that was kept and one computed anew from the same inputs differ; nothing where it holds.

    The last digits of a float may differ between machines; they are no difference.
    """
    return differences(kept, again, tolerance=1e-9)


def _differences(before: Any, after: Any, path: tuple[str, ...], tolerance: float) -> Iterator[Difference]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in (*before, *(name for name in after if name not in before)):
            yield from _differences(before.get(name), after.get(name), (*path, str(name)), tolerance)
    elif isinstance(before, list | tuple) and isinstance(after, list | tuple):
        name = path[-1] if path else ""
        yield from _differences(_by_name(name, before), _by_name(name, after), path, tolerance)
    elif not _equal(before, after, tolerance):
        yield Difference(path, before, after)


def _equal(before: Any, after: Any, tolerance: float) -> bool:
    if before == after and isinstance(before, bool) == isinstance(after, bool):
        return True
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (before, after))
    return numbers and abs(before - after) <= tolerance * max(abs(before), abs(after))


def _by_name(name: str, entries: Sequence[Any]) -> dict[str, Any]:
    """The entries of a list under what tells them apart; a second one of the same name gets a number."""
    told_apart = _TOLD_APART.get(name, ())
    found: dict[str, Any] = {}
    for place, entry in enumerate(entries, 1):
        label = str(place)
        if isinstance(entry, Mapping) and told_apart:
            label = " · ".join(str(value) for way in told_apart if (value := _at(entry, way)) not in (None, ""))
        elif isinstance(entry, str):
            label = entry
        label = label or str(place)
        free, number = label, 2
        while free in found:
            free, number = f"{label} ({number})", number + 1
        found[free] = entry
    return found


def _at(entry: Any, way: str) -> Any:
    for name in way.split("."):
        entry = entry.get(name) if isinstance(entry, Mapping) else None
    return entry
