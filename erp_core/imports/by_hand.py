"""What a person types in: an order taken on the phone, a customer, the stock to begin with.

It is stored the way a file is: one batch with a receipt, taken back like any import. A form carries a token of its own:
sent twice, it enters once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from erp_core.catalog.tables import product
from erp_core.catalog.views import IS_LIVE, unit_factors
from erp_core.clock import today
from erp_core.company.views import Company, read_company
from erp_core.db.engine import Database
from erp_core.db.uow import As, UnitOfWork
from erp_core.errors import BadInput, Conflict
from erp_core.files.table import TYPED_IN, RawTable
from erp_core.files.values import Problem, clean_id
from erp_core.imports.formats import FORMATS
from erp_core.imports.receipt import Receipt
from erp_core.imports.service import ImportOptions, import_table
from erp_core.imports.tables import import_batch, import_file
from erp_core.money import is_currency
from erp_core.orders.tables import channel, sales_order
from erp_core.parties.rules import customer_key
from erp_core.security.guard import lent, require
from erp_core.security.permissions import Permission
from erp_core.text import T, Text

STATES = ("pending", "paid", "shipped", "completed")
_MOST_LINES = 500
_MOST_UNITS = 10**9
_DEAREST = Decimal(10) ** 9
_ATTEMPTS = 50


@dataclass(frozen=True)
class HandCustomer:
    """A buyer. Told from others by `number`, else mail, else phone."""

    number: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    country: str = ""
    province: str = ""
    city: str = ""
    postcode: str = ""
    address: str = ""
    note: str = ""


@dataclass(frozen=True)
class HandLine:
    """One product of an order, in the unit that it is sold in; money in major units of the order's currency, `discount`
    off the whole line. A part of a unit is possible where the product is counted in a smaller one."""

    sku: str
    quantity: int | Decimal
    unit_price: Decimal
    discount: Decimal = Decimal(0)


@dataclass(frozen=True)
class HandOrder:
    """An order taken by a person. `number` '': the next free one of the day. `ordered_at`: aware. `currency` None: the
    company's. `state`: one of `STATES`."""

    token: str
    channel: str
    ordered_at: dt.datetime
    lines: tuple[HandLine, ...]
    state: str = "paid"
    number: str = ""
    currency: str | None = None
    customer: HandCustomer = HandCustomer()
    shipping: Decimal | None = None
    note: str = ""


@dataclass(frozen=True)
class HandCount:
    """Units of a product (as it is sold) found at a place at the end of a day (None: now). `location` '': the default
    place."""

    sku: str
    units: int | Decimal
    day: dt.date | None = None
    location: str = ""
    unit_cost: Decimal | None = None


@dataclass(frozen=True)
class Entered:
    """What was stored: its import, the order's number (None: no order), whether the same form had been stored before,
    and whether it changed anything."""

    batch_id: int
    number: str | None = None
    again: bool = False
    changed: bool = True


class _StoredBefore(Exception):
    def __init__(self, batch_id: int) -> None:
        super().__init__(batch_id)
        self.batch_id = batch_id


class _NumberTaken(Exception):
    pass


def enter_order(database: Database, who: As, order: HandOrder, label: str = "by hand") -> Entered:
    """Store an order. `label`: what the list of imports calls it. Raises BadInput, and Conflict for a number in use."""
    require(who, Permission.ENTER_ORDERS)
    with database.reading() as connection:
        company = read_company(connection)
        _refuse_bad_order(order, who, company, unit_factors(connection))
        _refuse_unknown(connection, [line.sku for line in order.lines])
    given = _clean_number(order.number)
    for _ in range(_ATTEMPTS):
        with database.reading() as connection:
            number = given or _next_number(connection, order, company)
        rows = _order_rows(order, number, company)

        def still_free(uow: UnitOfWork, number: str = number) -> None:
            if _is_taken(uow.connection, order.channel.strip(), number):
                raise _NumberTaken

        try:
            return _store(database, who, _Form("generic-sales", order.token, label, rows, still_free), number)
        except _NumberTaken:
            if given:
                break
    raise Conflict(
        T("There is an order {number} in “{shop}” already.", number=given, shop=order.channel.strip()),
        hint=T("Leave the number empty to get the next free one, or choose another."),
        code="order.number_taken",
    )


def enter_customer(
    database: Database, who: As, token: str, buyer: HandCustomer, label: str = "by hand"
) -> Entered:  # fmt: skip
    """Store a customer, or what is new of one that stands. Raises BadInput."""
    require(who, Permission.EDIT_CUSTOMERS)
    clean = _clean_customer(buyer)
    if customer_key(clean["customer_id"] or None, clean["email"] or None, clean["phone"] or None) is None:
        raise BadInput(
            T("A customer needs a number, a mail address or a phone number, unmasked."),
            hint=T("One of them tells this person from all others."),
            code="customer.no_key",
        )
    return _store(database, who, _Form("generic-customers", token, label, [clean]), None)


def enter_opening_stock(
    database: Database, who: As, token: str, counts: Sequence[HandCount], label: str = "by hand"
) -> Entered:
    """Store counts of stock: what lies where, to begin with or at any later day. Raises BadInput."""
    require(who, Permission.EDIT_STOCK)
    with database.reading() as connection:
        company = read_company(connection)
        if not counts:
            _refuse(T("There is no row with a product and its units."), T("Fill in at least one row."))
        for count in counts:
            _refuse_bad_count(count, who, company, unit_factors(connection))
        _refuse_unknown(connection, [count.sku for count in counts])
    rows = [
        {
            "sku": count.sku.strip(),
            "quantity": f"{Decimal(count.units):f}",
            "location": count.location.strip(),
            "counted_on": count.day.isoformat() if count.day else "",
            "unit_cost": "" if count.unit_cost is None else f"{count.unit_cost:f}",
        }
        for count in counts
    ]
    return _store(database, who, _Form("generic-stock", token, label, rows), None)


# --- storing ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Form:
    """Typed rows on their way in: field → cell."""

    format: str
    token: str
    label: str
    rows: Sequence[Mapping[str, str]]
    check: Any = None

    @property
    def sha256(self) -> str:
        """What tells this form from every other."""
        return hashlib.sha256(f"{self.format}:{self.token}".encode()).hexdigest()

    def table(self) -> RawTable:
        """The rows as a table with headers that the format knows; fields that no row fills are left out."""
        columns = FORMATS[self.format].columns
        names = [name for name in columns if any(row.get(name) for row in self.rows)]
        cells = [pa.array([row.get(name, "") for row in self.rows], pa.string()).dictionary_encode() for name in names]
        return RawTable(
            columns=tuple(columns[name][0] for name in names),
            cells=tuple(cells),
            row_numbers=np.arange(2, len(self.rows) + 2, dtype=np.int64),
            name=self.label,
            sha256=self.sha256,
            container=TYPED_IN,
            header_row=1,
        )


def _store(database: Database, who: As, form: _Form, number: str | None) -> Entered:
    def before(uow: UnitOfWork) -> None:
        standing = _standing_batch(uow.connection, form.sha256)
        if standing is not None:
            raise _StoredBefore(standing)
        if form.check is not None:
            form.check(uow)

    options = ImportOptions(strict=True, remember=False, before=before)
    try:
        receipt: Receipt = import_table(
            database, lent(who, Permission.IMPORT_FILES), form.table(), form.format, options
        )  # fmt: skip
    except _StoredBefore as stored:
        with database.reading() as connection:
            number = _number_of(connection, stored.batch_id)
        return Entered(stored.batch_id, number, again=True)
    assert receipt.batch_id is not None
    return Entered(receipt.batch_id, number, changed=receipt.rows_accepted > 0)


def _standing_batch(connection: sa.Connection, sha256: str) -> int | None:
    query = (
        sa.select(import_batch.c.id)
        .join(import_file, import_file.c.batch_id == import_batch.c.id)
        .where(import_file.c.sha256 == sha256, import_batch.c.status == "done")
        .limit(1)
    )
    return connection.execute(query).scalar_one_or_none()


def _number_of(connection: sa.Connection, batch_id: int) -> str | None:
    query = sa.select(sales_order.c.external_id).where(sales_order.c.first_batch_id == batch_id).limit(1)
    return connection.execute(query).scalar_one_or_none()


def _is_taken(connection: sa.Connection, shop: str, number: str) -> bool:
    query = (
        sa.select(sales_order.c.id)
        .join(channel, channel.c.id == sales_order.c.channel_id)
        .where(channel.c.name == shop, sales_order.c.external_id == number, sales_order.c.withdrawn_by.is_(None))
    )
    return connection.execute(query).first() is not None


def _next_number(connection: sa.Connection, order: HandOrder, company: Company) -> str:
    """`H-20261125-0001`: the day of the order, and the next number of that day in that shop."""
    day = order.ordered_at.astimezone(ZoneInfo(company.time_zone))
    start = f"H-{day:%Y%m%d}-"
    query = (
        sa.select(sales_order.c.external_id)
        .join(channel, channel.c.id == sales_order.c.channel_id)
        .where(channel.c.name == order.channel.strip(), sales_order.c.external_id.startswith(start, autoescape=True))
    )
    used = [word.removeprefix(start) for word in connection.execute(query).scalars()]
    last = max((int(word) for word in used if word.isdigit()), default=0)
    return f"{start}{last + 1:04d}"


# --- checking --------------------------------------------------------------------------------------------------------


def _order_rows(order: HandOrder, number: str, company: Company) -> list[dict[str, str]]:
    buyer = _clean_customer(order.customer)
    header = {
        "order_id": number,
        "ordered_at": order.ordered_at.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%SZ"),
        "status": order.state,
        "shop": order.channel.strip(),
        "currency": order.currency or company.base_currency,
        "customer_name": buyer["name"],
        "ship_name": buyer["name"],
        "ship_address": buyer["address"],
        "shipping": "" if order.shipping is None else f"{order.shipping:f}",
        "seller_note": order.note.strip(),
        **{name: buyer[name] for name in ("customer_id", "email", "phone", "country", "province", "city", "postcode")},
    }
    return [
        header
        | {
            "sku": line.sku.strip(),
            "quantity": f"{Decimal(line.quantity):f}",
            "unit_price": f"{line.unit_price:f}",
            "line_discount": f"{line.discount:f}",
        }
        for line in order.lines
    ]


def _clean_number(word: str) -> str:
    number = clean_id(word)
    if isinstance(number, Problem):
        raise BadInput(number.message, hint=T("Type it in as text, with all its digits."), code="by_hand")
    return number


def _clean_customer(buyer: HandCustomer) -> dict[str, str]:
    clean = {name: str(value).strip() for name, value in vars(buyer).items()}
    clean["customer_id"] = clean.pop("number")
    return clean


def _refuse_bad_order(order: HandOrder, who: As, company: Company, factors: Mapping[str, int]) -> None:
    if not order.channel.strip():
        _refuse(T("The order needs a shop or a way in which it came."), T("Such as: by phone, WeChat, market stall."))
    if order.state not in STATES:
        raise ValueError(f"no state of an order by hand: {order.state}")
    currency = order.currency or company.base_currency
    if not is_currency(currency):
        _refuse(T("“{word}” is not a currency code.", word=currency),
                T("Use the three letters of ISO 4217, such as CNY or USD."))  # fmt: skip
    _refuse_future(order.ordered_at.astimezone(ZoneInfo(company.time_zone)).date(), who, company)
    if not 1 <= len(order.lines) <= _MOST_LINES:
        _refuse(T("An order has from 1 to {count} lines.", count=_MOST_LINES),
                T("Choose at least one product and its quantity."))  # fmt: skip
    if order.shipping is not None and not _is_money(order.shipping):
        _refuse(T("Shipping is a number from 0 on."), T("Leave it empty where there is none."))
    for line in order.lines:
        if not _is_count(line.quantity, factors.get(line.sku.strip(), 1)) or not line.quantity:
            _refuse(T("“{sku}”: the quantity is a whole number from 1 on.", sku=line.sku),
                    T("Goods that come back are entered as a return."))  # fmt: skip
        if not (_is_money(line.unit_price) and _is_money(line.discount)):
            _refuse(T("“{sku}”: price and discount are numbers from 0 on.", sku=line.sku),
                    T("A gift has the price 0."))  # fmt: skip
        if line.discount > line.unit_price * line.quantity:
            _refuse(T("“{sku}”: the discount is more than the line.", sku=line.sku),
                    T("The discount is off the whole line, not off each unit."))  # fmt: skip


def _refuse_bad_count(count: HandCount, who: As, company: Company, factors: Mapping[str, int]) -> None:
    if not _is_count(count.units, factors.get(count.sku.strip(), 1)):
        _refuse(T("“{sku}”: the units are a whole number from 0 on.", sku=count.sku),
                T("Count the units that are there; 0 if none."))  # fmt: skip
    if count.unit_cost is not None and not _is_money(count.unit_cost):
        _refuse(T("A cost is a number from 0 on."), T("Write what one unit costs, such as 12.50."))
    if count.day is not None:
        _refuse_future(count.day, who, company)


def _refuse_future(day: dt.date, who: As, company: Company) -> None:
    if day > today(who.clock, company.time_zone):
        _refuse(T("{day} lies in the future.", day=day.isoformat()), T("Enter it on the day on which it is so."))


def _is_count(value: int | Decimal, factor: int) -> bool:
    """Whether this is a whole number of the units in which the product is counted, from 0 on."""
    exact = Decimal(value)
    return exact.is_finite() and 0 <= exact <= _MOST_UNITS and exact * factor == (exact * factor).to_integral_value()


def _is_money(value: Decimal) -> bool:
    return value.is_finite() and 0 <= value < _DEAREST


def _refuse_unknown(connection: sa.Connection, skus: Sequence[str]) -> None:
    """A typing error must not make a product."""
    wanted = list(dict.fromkeys(sku.strip() for sku in skus))
    known = set(connection.execute(sa.select(product.c.sku).where(product.c.sku.in_(wanted), IS_LIVE)).scalars())
    lacking = [sku for sku in wanted if sku not in known]
    if lacking:
        _refuse(T("There is no product “{sku}”.", sku=lacking[0]), T("Create it first, or correct the SKU."))


def _refuse(message: Text, hint: Text) -> None:
    raise BadInput(message, hint=hint, code="by_hand")
