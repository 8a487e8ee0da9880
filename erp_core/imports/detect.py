"""What a table is: which declaration claims it, on what evidence, and which header holds which field."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from erp_core.errors import BadInput, MappingNeeded
from erp_core.files.header import normalise_header
from erp_core.files.table import RawTable
from erp_core.imports.declaration import Format, Kind, same_but_for_aside, without_aside
from erp_core.imports.formats import FORMATS
from erp_core.imports.shape import columns_of, provided, wide_positions
from erp_core.text import T, Text

UNKNOWN = "unknown"
# Generic kinds in the order in which they are tried: the more a kind requires, and the more it could be taken for a
# looser one, the earlier.
_GENERIC_ORDER = (
    "generic-returns",
    "generic-receipts",
    "generic-purchase-orders",
    "generic-settlement-fees",
    "generic-sales",
    "generic-rates",
    "generic-tracking",
    "generic-contacts",
    "generic-counts",
    "generic-stock",
    "generic-suppliers",
    "generic-products",
    "generic-customers",
)
_PLAIN_QUANTITIES = frozenset({"quantity", "qty", "数量"})
_SALES_ONLY = frozenset({"unit_price", "line_amount", "customer_id", "customer_name", "email", "phone", "ship_address"})
_SHORTEST_PART = {"ascii": 4, "other": 2}


@dataclass(frozen=True)
class Detection:
    """What was recognised. `columns`: field → header; `indices`: field → position in the table; `missing`: required
    fields without a header ("a|b" where one of several would do)."""

    format: str
    kind: Kind | None
    confidence: float
    evidence: tuple[Text, ...]
    columns: Mapping[str, str]
    indices: Mapping[str, int]
    missing: tuple[str, ...]
    unused: tuple[str, ...]

    @property
    def known(self) -> bool:
        """Whether an import can start as it is."""
        return self.format != UNKNOWN and not self.missing


@lru_cache(maxsize=1)
def known_headers() -> frozenset[str]:
    """All headers of all declarations, normalised: what gives a header row away among preamble lines."""
    return frozenset(
        normalise_header(header)
        for declared in FORMATS.values()
        for headers in declared.columns.values()
        for header in headers
    )


def header_key(columns: Sequence[str]) -> str:
    """The key under which a person's mapping is remembered: the header row, whatever its width and case."""
    return hashlib.sha256("\x1f".join(normalise_header(c) for c in columns).encode()).hexdigest()


def detect(
    table: RawTable,
    *,
    wanted: str | None = None,
    mapping: Mapping[str, str] | None = None,
    remembered: tuple[str, Mapping[str, str]] | None = None,
) -> Detection:
    """Recognise `table` by its headers.

    `wanted`: a format's name that the person gave; `mapping`: field → header that the person gave, which overrides;
    `remembered`: (format, mapping) chosen earlier for the same header row, used where nothing is given.
    Raises BadInput for a format, field or header that does not exist.
    """
    if wanted is None and not mapping and remembered is not None:
        wanted, mapping = remembered
        found = detect(table, wanted=wanted, mapping=mapping)
        return replace(found, evidence=(T("The same header row was mapped by hand before."), *found.evidence))
    if wanted is not None:
        return _matched(_format(wanted), table.columns, mapping or {}, T("The format was given."))
    claimed = [declared for declared in FORMATS.values() if _claims(declared, table.columns)]
    if claimed:
        candidates = [_matched(declared, table.columns, mapping or {}, None) for declared in claimed]
        return max(candidates, key=lambda d: (not d.missing, len(d.columns), d.confidence))
    for name in _GENERIC_ORDER:
        candidate = _matched(FORMATS[name], table.columns, mapping or {}, None)
        if not candidate.missing and _plausible(candidate):
            return candidate
    return Detection(UNKNOWN, None, 0.0, (T("No declaration claims these headers."),), {}, {}, (), table.columns)


def need(detection: Detection, table: RawTable) -> Format:
    """The declaration to import by; raises MappingNeeded that names what is missing and how to say it."""
    if detection.format == UNKNOWN:
        raise MappingNeeded(
            T(
                "{file}: the columns were not recognised: {columns}",
                file=table.name,
                columns=", ".join(table.columns[:12]),
            ),
            hint=T(
                "Say what the file is with --format NAME and which column is which with --map field=Header, "
                "or map it on the page Data."
            ),
            code="import.unknown_format",
        )
    declared = FORMATS[detection.format]
    if detection.missing:
        raise MappingNeeded(
            T(
                "{file}: recognised as {format}, but a required column is missing: {columns}",
                file=table.name,
                format=declared.name,
                columns=", ".join(_title(declared, entry) for entry in detection.missing),
            ),
            hint=T(
                "Export the file with this column, or name the column that holds it with --map field=Header "
                "(fields: {fields}).",
                fields=", ".join(detection.missing),
            ),
            code="import.missing_column",
        )
    return declared


def _title(declared: Format, entry: str) -> str:
    names = entry.split("|")
    headers = [declared.columns[name][0] for name in names if declared.columns.get(name)]
    return " / ".join(headers or names)


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise BadInput(
            T("There is no format “{name}”.", name=name),
            hint=T("Formats: {names}", names=", ".join(FORMATS)),
            code="import.no_such_format",
        )
    return FORMATS[name]


def _claims(declared: Format, columns: Sequence[str]) -> bool:
    present = {normalise_header(column) for column in columns}
    present |= {without_aside(column) for column in present}
    return any({normalise_header(h) for h in headers} <= present for headers in declared.signature)


def _plausible(found: Detection) -> bool:
    """Generic kinds other than sales need more than one telling column, else any list with a name would be theirs."""
    if found.format in _JUDGES:
        return _JUDGES[found.format](_Look(found))
    if found.kind in (Kind.PRODUCTS, Kind.SUPPLIERS) and _names_purchase_orders(found):
        return False  # an order to a supplier of which a column is not known is no list of products or suppliers
    if found.kind is Kind.PRODUCTS:
        return bool({"name", "category", "barcode", "unit_cost", "supplier"} & found.columns.keys())
    if found.kind is Kind.SUPPLIERS:
        product_like = {"name", "category", "barcode"} & _matched(
            FORMATS["generic-products"], found.unused + tuple(found.columns.values()), {}, None
        ).columns.keys()
        terms = {"lead_time_days", "email", "phone", "contact", "minimum_order", "moq", "unit_price", "code", "address"}
        return bool(terms & found.columns.keys()) and not ("sku" in found.columns and product_like)
    if found.kind is Kind.CUSTOMERS:
        return len(found.columns) > 1
    if found.kind is Kind.STOCK:
        listed = _matched(FORMATS["generic-products"], (*found.columns.values(), *found.unused), {}, None).columns
        if found.columns["quantity"] in (listed.get("moq"), listed.get("pack")):
            return False  # a list of products with a supplier's minimum is no count of them
    if found.kind is Kind.STOCK and normalise_header(found.columns["quantity"]) in _PLAIN_QUANTITIES:
        # sales without an order id look like this; taking them for counts would be a costly mistake
        sales = _matched(FORMATS["generic-sales"], (*found.columns.values(), *found.unused), {}, None)
        return not _SALES_ONLY & sales.columns.keys()
    return True


def _names_purchase_orders(found: Detection) -> bool:
    headers = {normalise_header(header) for header in (*found.columns.values(), *found.unused)}
    return any(normalise_header(word) in headers for word in FORMATS["generic-purchase-orders"].telling)


@dataclass(frozen=True)
class _Look:
    """A table taken for a kind that has headers of its own (`Format.telling`)."""

    found: Detection

    def tells(self, *fields: str) -> bool:
        """Whether one of these fields stands under a header that only this kind uses."""
        telling = {normalise_header(header) for header in FORMATS[self.found.format].telling}
        headers = [normalise_header(self.found.columns[name]) for name in fields if name in self.found.columns]
        return any(header in telling or without_aside(header) in telling for header in headers)

    def has(self, *fields: str) -> bool:
        """Whether one of these fields is there."""
        return any(name in self.found.columns for name in fields)

    def taken_for(self, format_name: str, without: Sequence[str] = ()) -> Detection:
        """The table as another kind, without the columns of these fields."""
        gone = {self.found.indices[name] for name in without if name in self.found.indices}
        columns = {
            at: column for column, at in zip(self.found.columns.values(), self.found.indices.values(), strict=True)
        }
        rest = [column for at, column in columns.items() if at not in gone]
        return _matched(FORMATS[format_name], (*rest, *self.found.unused), {}, None)

    def is_also(self, format_name: str, without: Sequence[str] = ()) -> bool:
        """Whether it is a whole table of another kind without the columns of these fields."""
        return not self.taken_for(format_name, without).missing


def _is_returns(look: _Look) -> bool:
    """Sales may have columns of returns beside their own date and quantity; each row of a list of returns is one."""
    own = [name for name in ("returned_on", "quantity") if look.tells(name)]
    if not own and not look.tells("return_id"):
        return False
    if look.is_also("generic-sales", [*own, "refund", "return_id"]):
        return look.tells("return_id") and not look.tells("quantity")
    return True


def _is_receipts(look: _Look) -> bool:
    """What arrived, not what was ordered, nor sales that say when a buyer received them."""
    own = [name for name in ("quantity", "received_on") if look.tells(name)]
    if not own and not look.tells("number"):
        return False
    ordered = look.taken_for("generic-purchase-orders", own)
    if not ordered.missing:  # it says how much was ordered as well
        return look.tells("number") or (look.tells("received_on") and "expected_on" not in ordered.columns)
    if look.tells("number") or look.has("supplier", "po_number"):
        return True
    return not look.is_also("generic-sales", own)


def _is_purchase_orders(look: _Look) -> bool:
    """An order to a supplier; a buyer's own purchase order number in a list of sales does not make it one."""
    bought = look.has("supplier", "expected_on", "received", "unit_price", "ordered_on")
    return look.tells("number") and bought and not look.is_also("generic-sales", ["number"])


def _is_fees(look: _Look) -> bool:
    """Sales may have a column of fees beside their own money, which stands under a header of its own."""
    sales = look.taken_for("generic-sales", ["amount", "debit", "credit"])
    money = {name: sales.columns[name] for name in ("unit_price", "line_amount") if name in sales.columns}
    declared = FORMATS["generic-sales"].columns
    own = any(normalise_header(header) in map(normalise_header, declared[name]) for name, header in money.items())
    return look.tells("kind", "amount") and not (own and not sales.missing)


def _is_tracking(look: _Look) -> bool:
    """Parcels; not orders with their money."""
    money = {"unit_price", "line_amount", "total"} & look.taken_for("generic-sales").columns.keys()
    return look.tells("tracking_number") and not money


_JUDGES: Mapping[str, Callable[[_Look], bool]] = {
    "generic-returns": _is_returns,
    "generic-receipts": _is_receipts,
    "generic-purchase-orders": _is_purchase_orders,
    "generic-settlement-fees": _is_fees,
    "generic-tracking": _is_tracking,
    "generic-contacts": lambda look: look.tells("medium", "direction", "subject", "note", "agent", "contact_id"),
    "generic-counts": lambda look: look.tells("quantity"),
}


def _matched(
    declared: Format, columns: Sequence[str], mapping: Mapping[str, str], first_evidence: Text | None
) -> Detection:
    indices, how_sure = _assign(declared, columns, mapping)
    given = indices.keys() | provided(declared, columns, indices)
    missing = tuple(entry for entry in declared.required if not any(name in given for name in entry.split("|")))
    evidence = [first_evidence] if first_evidence else []
    if declared.signature and _claims(declared, columns):
        only_here = [
            h
            for headers in declared.signature
            for h in sorted(headers)
            if normalise_header(h) in map(normalise_header, columns)
        ]
        evidence.append(
            T(
                "Headers that only {platform} uses: {headers}",
                platform=declared.platform,
                headers=", ".join(dict.fromkeys(only_here)),
            )
        )
    evidence.append(T("{found} of {all} known columns are there.", found=len(indices), all=len(declared.columns)))
    share = len(indices) / max(1, len(declared.columns))
    base = 0.8 if declared.signature else 0.6 * how_sure
    used = set(indices.values()) | wide_positions(declared, columns)
    used |= {at for name in declared.combined if name in indices for at in columns_of(declared, name, columns)}
    return Detection(
        format=declared.name,
        kind=declared.kind,
        confidence=round(0.0 if missing else min(1.0, base + (0.2 if declared.signature else 0.3) * share), 2),
        evidence=tuple(evidence),
        columns={name: columns[i] for name, i in indices.items()},
        indices=indices,
        missing=missing,
        unused=tuple(column for i, column in enumerate(columns) if i not in used),
    )


def _assign(declared: Format, columns: Sequence[str], mapping: Mapping[str, str]) -> tuple[dict[str, int], float]:
    """Field → column, exact before normalised before bracketless before substring; no column gets two meanings.
    Also how sure the weakest match was (1 exact or given … 0.5 substring)."""
    indices: dict[str, int] = {}
    for name, header in mapping.items():
        indices[name] = _given(declared, name, header, columns, indices)
    taken = set(indices.values())
    normalised = [normalise_header(column) for column in columns]
    passes: list[tuple[float, Callable[[_Alias, int], bool]]] = [
        (1.0, lambda alias, i: columns[i] == alias.text),
        (1.0, lambda alias, i: normalised[i] == alias.normalised),
        (0.9, lambda alias, i: same_but_for_aside(normalised[i], alias.normalised)),
    ]
    if declared.loose:
        passes.append((0.5, lambda alias, i: alias.is_part_of(normalised[i])))
    weakest = 1.0
    for sureness, fits in passes:
        for name, aliases in declared.columns.items():
            if name in indices or mapping.get(name) == "":
                continue
            ordered = map(_alias, aliases if sureness > 0.5 else sorted(aliases, key=len, reverse=True))
            free = [i for i in range(len(columns)) if i not in taken]
            at = next((i for alias in ordered for i in free if fits(alias, i)), None)
            if at is not None:
                indices[name] = at
                taken.add(at)
                weakest = min(weakest, sureness)
    return indices, weakest


def _given(declared: Format, name: str, header: str, columns: Sequence[str], indices: Mapping[str, int]) -> int:
    if name not in declared.fields:
        raise BadInput(
            T("The format {format} has no field “{field}”.", format=declared.name, field=name),
            hint=T("Fields: {names}", names=", ".join(declared.fields)),
            code="import.no_such_field",
        )
    wanted = normalise_header(header)
    at = next((i for i, c in enumerate(columns) if c == header and i not in indices.values()), None)
    if at is None:
        at = next(
            (i for i, c in enumerate(columns) if normalise_header(c) == wanted and i not in indices.values()), None
        )
    if at is None:
        raise BadInput(
            T("The file has no free column “{header}” for the field “{field}”.", header=header, field=name),
            hint=T("Columns: {names}", names=", ".join(columns)),
            code="import.no_such_column",
        )
    return at


@dataclass(frozen=True)
class _Alias:
    """A header of a declaration in the forms in which it is compared. `part`: finds it inside another header."""

    text: str
    normalised: str
    part: re.Pattern[str] | None

    def is_part_of(self, header: str) -> bool:
        """Whether a normalised header holds it as words of its own; what is too short to tell anything is in none."""
        return self.part is not None and self.part.search(header) is not None


@cache  # as many as the declarations name
def _alias(text: str) -> _Alias:
    normalised = normalise_header(text)
    word = rf"\b{re.escape(normalised)}\b" if normalised.isascii() else re.escape(normalised)
    shortest = _SHORTEST_PART["ascii" if normalised.isascii() else "other"]
    return _Alias(text, normalised, re.compile(word) if len(normalised) >= shortest else None)
