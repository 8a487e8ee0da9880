"""What a format is: a declaration, not a parser.

A file of `imports/formats/` names one platform's export: which headers give it away, which header holds which field,
what its status words mean, whether money stands per line or per unit, whether order fields stand on the first line
only. The machinery reads declarations; a new format adds one and nothing else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from erp_core.text import T, Text


class Kind(StrEnum):
    """What a row of the file is about."""

    SALES = "sales"
    STOCK = "stock"
    PRODUCTS = "products"
    SUPPLIERS = "suppliers"
    CUSTOMERS = "customers"
    RATES = "rates"
    RETURNS = "returns"
    PURCHASE_ORDERS = "purchase_orders"
    RECEIPTS = "receipts"
    TRACKING = "tracking"
    CONTACTS = "contacts"
    FEES = "fees"


class Part(StrEnum):
    """Which part of an order a sales file holds: some platforms export headers and lines apart, or what has left."""

    WHOLE = "whole"
    HEADERS = "headers"
    LINES = "lines"
    SHIPMENTS = "shipments"


class Combine(StrEnum):
    """How several columns of one field become one value a row."""

    FIRST = "first"  # the first that is filled
    JOIN = "join"  # their texts, one after the other
    SUM = "sum"  # their numbers, added up


@dataclass(frozen=True)
class Derivation:
    """A field read out of another one: where `pattern` matches the text of `source`, `target` is `template`.

    `over`: also where the file fills the target itself.
    """

    target: str
    source: str
    pattern: str
    template: str
    over: bool = False


@dataclass(frozen=True)
class Split:
    """Cells that hold several products, one record a whole order or sub-order.

    `separator`: what stands between the products in each of `fields`; a code or number without it says that the record
    is one product, whatever its name holds. `counted`: a pattern that finds each product in
    the first of `fields`, with the groups `quantity` and `title` (`2× Lamp, 1× Bulb`).
    """

    fields: tuple[str, ...]
    separator: str = ""
    counted: str = ""


@dataclass(frozen=True)
class Wide:
    """Products side by side in numbered columns: a header that matches `header` belongs to the product `number`.

    Either the header says what it holds (group `what`), or its cell holds `key:value` pairs between bars. `names`: what
    is called how in the file → field.
    """

    header: str
    names: Mapping[str, str]


class Cell(StrEnum):
    """How a field's cells are read."""

    ID = "id"
    TEXT = "text"
    DECIMAL = "decimal"
    COUNT = "count"
    UNITS = (
        "units"  # of the row's product, in the unit that it is sold in: fractions where it is counted in a smaller one
    )
    TIME = "time"
    DAY = "day"
    WORD = "word"


@dataclass(frozen=True)
class Field:
    """One thing that a row can say. `of_order`: stands once an order, not once a line; `per_unit`: a price or cost of
    one unit of the row's product; `personal`: tells who somebody is, or is written by persons in their own words."""

    cell: Cell
    title: Text
    of_order: bool = False
    per_unit: bool = False
    personal: bool = False


SALES_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "order_id": Field(Cell.ID, T("Order id"), True),
        "ordered_at": Field(Cell.TIME, T("Order date"), True),
        "paid_at": Field(Cell.TIME, T("Paid on"), True),
        "shipped_at": Field(Cell.TIME, T("Shipped on"), True),
        "completed_at": Field(Cell.TIME, T("Completed on"), True),
        "cancelled_at": Field(Cell.TIME, T("Cancelled on"), True),
        "status": Field(Cell.WORD, T("Order status"), True),
        "payment_status": Field(Cell.WORD, T("Payment status"), True),
        "fulfillment": Field(Cell.WORD, T("Fulfilment status"), True),
        "shop": Field(Cell.TEXT, T("Channel or shop"), True),
        "sold_on": Field(Cell.WORD, T("Platform"), True),
        "location": Field(Cell.TEXT, T("Ships from"), True),
        "currency": Field(Cell.WORD, T("Currency"), True),
        "customer_id": Field(Cell.ID, T("Customer id"), True, personal=True),
        "customer_name": Field(Cell.TEXT, T("Customer name"), True, personal=True),
        "email": Field(Cell.TEXT, T("E-mail"), True, personal=True),
        "phone": Field(Cell.ID, T("Phone"), True, personal=True),
        "ship_name": Field(Cell.TEXT, T("Recipient"), True, personal=True),
        "ship_phone": Field(Cell.ID, T("Recipient’s phone"), True, personal=True),
        "ship_address": Field(Cell.TEXT, T("Address"), True, personal=True),
        "country": Field(Cell.TEXT, T("Country"), True),
        "province": Field(Cell.TEXT, T("Province"), True),
        "city": Field(Cell.TEXT, T("City"), True),
        "postcode": Field(Cell.ID, T("Postcode"), True),
        "order_discount": Field(Cell.DECIMAL, T("Order discount"), True),
        "shipping": Field(Cell.DECIMAL, T("Shipping"), True),
        "tax": Field(Cell.DECIMAL, T("Tax"), True),
        "total": Field(Cell.DECIMAL, T("Order total"), True),
        "order_refunded": Field(Cell.DECIMAL, T("Refunded (order)"), True),
        "buyer_note": Field(Cell.TEXT, T("Buyer’s remark"), True, personal=True),
        "seller_note": Field(Cell.TEXT, T("Seller’s remark"), True, personal=True),
        "carrier": Field(Cell.TEXT, T("Carrier"), True),
        "tracking_number": Field(Cell.ID, T("Tracking number"), True),
        "updated_at": Field(Cell.TIME, T("Last changed on"), True),
        "own_order_id": Field(Cell.ID, T("Number in the order-management system"), True),
        "line_ref": Field(Cell.ID, T("Line number of the platform")),
        "shipment_id": Field(Cell.ID, T("Shipment number")),
        "estimated_at": Field(Cell.TIME, T("Expected arrival")),
        "sku": Field(Cell.ID, T("SKU")),
        "item_id": Field(Cell.ID, T("Platform’s item id")),
        "title": Field(Cell.TEXT, T("Product name")),
        "variant": Field(Cell.TEXT, T("Variant")),
        "quantity": Field(Cell.UNITS, T("Quantity")),
        "unit_price": Field(Cell.DECIMAL, T("Unit price"), per_unit=True),
        "line_amount": Field(Cell.DECIMAL, T("Line amount")),
        "line_discount": Field(Cell.DECIMAL, T("Line discount")),
        "line_discount_percent": Field(Cell.DECIMAL, T("Line discount in percent")),
        "line_refunded": Field(Cell.DECIMAL, T("Refunded (line)")),
        "line_status": Field(Cell.WORD, T("Line status")),
        "line_fulfillment": Field(Cell.WORD, T("Line fulfilment")),
        "after_sale": Field(Cell.WORD, T("After-sale status")),
        "items": Field(Cell.COUNT, T("Units of the order"), True),
    }
)

STOCK_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "sku": Field(Cell.ID, T("SKU")),
        "quantity": Field(Cell.UNITS, T("Quantity")),
        "name": Field(Cell.TEXT, T("Product name")),
        "location": Field(Cell.TEXT, T("Location")),
        "counted_on": Field(Cell.DAY, T("Date of count")),
        "unit_cost": Field(Cell.DECIMAL, T("Unit cost"), per_unit=True),
        "currency": Field(Cell.WORD, T("Currency")),
        "reserved": Field(Cell.UNITS, T("Reserved")),
        "incoming": Field(Cell.UNITS, T("Incoming")),
        "system_quantity": Field(Cell.TEXT, T("Quantity in the system (not stored)")),
    }
)

PRODUCT_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "sku": Field(Cell.ID, T("SKU")),
        "name": Field(Cell.TEXT, T("Product name")),
        "category": Field(Cell.TEXT, T("Category")),
        "barcode": Field(Cell.ID, T("Barcode")),
        "unit": Field(Cell.TEXT, T("Unit")),
        "weight_grams": Field(Cell.DECIMAL, T("Weight in grams")),
        "unit_cost": Field(Cell.DECIMAL, T("Unit cost"), per_unit=True),
        "currency": Field(Cell.WORD, T("Currency")),
        "valid_from": Field(Cell.DAY, T("Cost valid from")),
        "supplier": Field(Cell.TEXT, T("Supplier")),
        "supplier_sku": Field(Cell.ID, T("Supplier’s SKU")),
        "supplier_price": Field(Cell.DECIMAL, T("Supplier’s price"), per_unit=True),
        "supplier_currency": Field(Cell.WORD, T("Currency of the supplier’s price")),
        "lead_time_days": Field(Cell.COUNT, T("Lead time in days")),
        "moq": Field(Cell.UNITS, T("Minimum order quantity")),
        "pack": Field(Cell.UNITS, T("Pack size")),
    }
)

SUPPLIER_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "supplier": Field(Cell.TEXT, T("Supplier")),
        "code": Field(Cell.ID, T("Supplier code")),
        "contact": Field(Cell.TEXT, T("Contact person"), personal=True),
        "email": Field(Cell.TEXT, T("E-mail"), personal=True),
        "phone": Field(Cell.ID, T("Phone"), personal=True),
        "address": Field(Cell.TEXT, T("Address"), personal=True),
        "currency": Field(Cell.WORD, T("Currency")),
        "lead_time_days": Field(Cell.COUNT, T("Lead time in days")),
        "minimum_order": Field(Cell.DECIMAL, T("Minimum order value")),
        "sku": Field(Cell.ID, T("SKU")),
        "supplier_sku": Field(Cell.ID, T("Supplier’s SKU")),
        "unit_price": Field(Cell.DECIMAL, T("Purchase price"), per_unit=True),
        "moq": Field(Cell.UNITS, T("Minimum order quantity")),
        "pack": Field(Cell.UNITS, T("Pack size")),
    }
)

CUSTOMER_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "customer_id": Field(Cell.ID, T("Customer id"), personal=True),
        "name": Field(Cell.TEXT, T("Customer name"), personal=True),
        "email": Field(Cell.TEXT, T("E-mail"), personal=True),
        "phone": Field(Cell.ID, T("Phone"), personal=True),
        "country": Field(Cell.TEXT, T("Country")),
        "province": Field(Cell.TEXT, T("Province")),
        "city": Field(Cell.TEXT, T("City")),
        "postcode": Field(Cell.ID, T("Postcode")),
        "address": Field(Cell.TEXT, T("Address"), personal=True),
        "note": Field(Cell.TEXT, T("Remark"), personal=True),
    }
)

RATE_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "ds": Field(Cell.DAY, T("Date")),
        "currency": Field(Cell.WORD, T("Currency")),
        "base": Field(Cell.WORD, T("Base currency")),
        "rate": Field(Cell.DECIMAL, T("Exchange rate")),
    }
)

RETURN_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "return_id": Field(Cell.ID, T("Return number")),
        "shop": Field(Cell.TEXT, T("Channel or shop")),
        "order_id": Field(Cell.ID, T("Order id")),
        "sku": Field(Cell.ID, T("SKU")),
        "name": Field(Cell.TEXT, T("Product name")),
        "quantity": Field(Cell.UNITS, T("Quantity returned")),
        "returned_on": Field(Cell.TIME, T("Returned on")),
        "state": Field(Cell.WORD, T("State of the return")),
        "reason": Field(Cell.TEXT, T("Reason of the return"), personal=True),
        "refund": Field(Cell.DECIMAL, T("Refund amount")),
        "currency": Field(Cell.WORD, T("Currency")),
        "restocked": Field(Cell.WORD, T("Back on the shelf (yes, no or units)")),
        "location": Field(Cell.TEXT, T("Location")),
    }
)

PURCHASE_ORDER_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "number": Field(Cell.ID, T("Purchase order number")),
        "supplier": Field(Cell.TEXT, T("Supplier")),
        "sku": Field(Cell.ID, T("SKU")),
        "name": Field(Cell.TEXT, T("Product name")),
        "quantity": Field(Cell.UNITS, T("Quantity ordered")),
        "received": Field(Cell.UNITS, T("Received so far")),
        "unit_price": Field(Cell.DECIMAL, T("Purchase price"), per_unit=True),
        "currency": Field(Cell.WORD, T("Currency")),
        "ordered_on": Field(Cell.DAY, T("Ordered on")),
        "expected_on": Field(Cell.DAY, T("Expected on")),
        "state": Field(Cell.WORD, T("State of the purchase order")),
    }
)

RECEIPT_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "number": Field(Cell.ID, T("Receipt number")),
        "po_number": Field(Cell.ID, T("Purchase order number")),
        "supplier": Field(Cell.TEXT, T("Supplier")),
        "sku": Field(Cell.ID, T("SKU")),
        "name": Field(Cell.TEXT, T("Product name")),
        "quantity": Field(Cell.UNITS, T("Quantity received")),
        "received_on": Field(Cell.TIME, T("Received on")),
        "location": Field(Cell.TEXT, T("Location")),
        "unit_cost": Field(Cell.DECIMAL, T("Unit cost"), per_unit=True),
        "currency": Field(Cell.WORD, T("Currency")),
    }
)

TRACKING_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "shop": Field(Cell.TEXT, T("Channel or shop")),
        "order_id": Field(Cell.ID, T("Order id")),
        "carrier": Field(Cell.TEXT, T("Carrier")),
        "tracking_number": Field(Cell.ID, T("Tracking number")),
        "shipped_on": Field(Cell.TIME, T("Shipped on")),
        "estimated_on": Field(Cell.TIME, T("Expected arrival")),
        "delivered_on": Field(Cell.TIME, T("Delivered on")),
        "event": Field(Cell.TEXT, T("Tracking event"), personal=True),
        "event_at": Field(Cell.TIME, T("Time of the event")),
        "place": Field(Cell.TEXT, T("Place of the event"), personal=True),
    }
)

CONTACT_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "contact_id": Field(Cell.ID, T("Contact number")),
        "at": Field(Cell.TIME, T("Date and time of contact")),
        "medium": Field(Cell.WORD, T("Medium (phone, mail, chat …)")),
        "direction": Field(Cell.WORD, T("Direction (in, out)")),
        "subject": Field(Cell.TEXT, T("Subject"), personal=True),
        "note": Field(Cell.TEXT, T("Remark"), personal=True),
        "agent": Field(Cell.TEXT, T("Agent"), personal=True),
        "shop": Field(Cell.TEXT, T("Channel or shop")),
        "order_id": Field(Cell.ID, T("Order id")),
        "customer_id": Field(Cell.ID, T("Customer id"), personal=True),
        "customer_name": Field(Cell.TEXT, T("Customer name"), personal=True),
        "email": Field(Cell.TEXT, T("E-mail"), personal=True),
        "phone": Field(Cell.ID, T("Phone"), personal=True),
    }
)

FEE_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "ds": Field(Cell.DAY, T("Date")),
        "shop": Field(Cell.TEXT, T("Channel or shop")),
        "order_id": Field(Cell.ID, T("Order id")),
        "sku": Field(Cell.ID, T("SKU")),
        "kind": Field(Cell.WORD, T("Kind of fee")),
        "amount": Field(Cell.DECIMAL, T("Amount")),
        "debit": Field(Cell.DECIMAL, T("Amount taken")),
        "credit": Field(Cell.DECIMAL, T("Amount given back")),
        "direction": Field(Cell.WORD, T("Taken or given back (debit, credit)")),
        "currency": Field(Cell.WORD, T("Currency")),
        "reference": Field(Cell.ID, T("Transaction or settlement number")),
    }
)

FIELDS: Mapping[Kind, Mapping[str, Field]] = MappingProxyType(
    {
        Kind.SALES: SALES_FIELDS,
        Kind.STOCK: STOCK_FIELDS,
        Kind.PRODUCTS: PRODUCT_FIELDS,
        Kind.SUPPLIERS: SUPPLIER_FIELDS,
        Kind.CUSTOMERS: CUSTOMER_FIELDS,
        Kind.RATES: RATE_FIELDS,
        Kind.RETURNS: RETURN_FIELDS,
        Kind.PURCHASE_ORDERS: PURCHASE_ORDER_FIELDS,
        Kind.RECEIPTS: RECEIPT_FIELDS,
        Kind.TRACKING: TRACKING_FIELDS,
        Kind.CONTACTS: CONTACT_FIELDS,
        Kind.FEES: FEE_FIELDS,
    }
)

STATES = ("pending", "paid", "shipped", "completed", "cancelled", "adjustment")


@dataclass(frozen=True)
class Format:
    """One kind of export file.

    `signature`: any one of these header sets, wholly present, claims the file (empty: never claimed by signature).
    `columns`: field → headers that may hold it, best first. `required`: each entry is a field or several of which one
    must be there ("sku|title"). `amount`: the fields that give a line's money, the first one filled wins;
    `unit_price` stands for quantity × unit price − line discount. Fields that stand on every line but are the order's,
    not the line's, are simply of_order fields: taken once.

    Before the rows are read (`shape`): `combined` fields are put together from all their columns, `constants` fill
    what the file never says, `derived` fields are read out of others, `split` and `wide` make one row a product.

    `status_per_line`: the status words speak of lines: the order is as far as its least advanced live line.
    `cancelled_line_words`: line status words of lines that are cancelled inside a live order.
    `refund_words`: status or after-sale words that mean the line was paid back whole, where no sum is said.
    `ignored_words`: words of the status or the platform (`sold_on`) of records that other records repeat (orders merged
    into another, split up, sold in another shop): passed over. `locations`: words for the place that an order leaves
    from → its name ('' = the shop's own).
    `summary_rows`: an order of several lines has a row of its own that names no product.
    `discount_off_amount`: the line's money is still to be reduced by the line discount.
    `net_of_discounts`: the lines' money is after the discount of the whole order too.
    `platform_wide_ids`: order numbers are unique on the whole platform, not only within a shop. `order_manager`: the
    export of a system that gathers orders of several platforms, some of which it sends together or in parts:
    `own_order_id` is its own number, and sums that repeat on each row are of the order of that number. `platforms`: its
    words for them → platform ('' = says nothing of it).
    `net_of_refunds`: headers whose numbers have refunds taken off already: where one of them is read, refunds are not
    counted again. `void_credit_notes`: a credit note that the status words call pending or cancelled credits nothing.
    """

    name: str
    title: Text
    kind: Kind
    platform: str
    columns: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...]
    signature: tuple[frozenset[str], ...] = ()
    part: Part = Part.WHOLE
    companion: str | None = None
    currency: str | None = None
    time_zone: str | None = None
    statuses: Mapping[str, str] = field(default_factory=dict)
    payment_statuses: Mapping[str, str] = field(default_factory=dict)
    fulfillments: Mapping[str, str] = field(default_factory=dict)
    cancelled_line_words: frozenset[str] = frozenset()
    default_state: str = "completed"
    amount: tuple[str, ...] = ("unit_price",)
    fill_down: bool = False
    empty_words: frozenset[str] = frozenset()
    credit_note_prefix: str | None = None
    zero_price_returns_are_write_offs: bool = False
    adjustment_skus: frozenset[str] = frozenset()
    loose: bool = False  # generic tables: aliases may also match as a part of a header
    telling: frozenset[str] = frozenset()  # generic tables: headers that tell this kind from the others
    combined: Mapping[str, Combine] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    derived: tuple[Derivation, ...] = ()
    split: Split | None = None
    wide: tuple[Wide, ...] = ()
    status_per_line: bool = False
    refund_words: frozenset[str] = frozenset()
    ignored_words: frozenset[str] = frozenset()
    locations: Mapping[str, str] = field(default_factory=dict)
    summary_rows: bool = False
    discount_off_amount: bool = False
    net_of_discounts: bool = False
    platform_wide_ids: bool = False
    order_manager: bool = False
    platforms: Mapping[str, str] = field(default_factory=dict)
    net_of_refunds: frozenset[str] = frozenset()
    void_credit_notes: bool = False

    @property
    def fields(self) -> Mapping[str, Field]:
        """All fields that a file of this kind can say."""
        return FIELDS[self.kind]

    @property
    def platform_places(self) -> frozenset[str]:
        """Places that the declaration itself names, such as a platform's warehouse: never the shop's own."""
        return frozenset({*self.locations.values(), self.constants.get("location", "")} - {""})


_ASIDE = re.compile(r"[（(【\[].*?[)）】\]]")


def without_aside(normalised: str) -> str:
    """A header without what stands in brackets, such as a unit: `商品总价(元)` → `商品总价`."""
    return _ASIDE.sub("", normalised).strip()


def same_but_for_aside(header: str, alias: str) -> bool:
    """Whether two normalised headers are the same but for an aside that only one of them has.

    Two asides say different things: `city (billing)` is not `city (shipping)`.
    """
    bare, alias_bare = without_aside(header), without_aside(alias)
    return bare == alias_bare != "" and (bare == header or alias_bare == alias)


def normalise_word(word: str) -> str:
    """The form in which status words are compared: width and case do not count, nor do spaces and commas."""
    return re.sub(r"[\s,，、_\-]+", "", unicodedata.normalize("NFKC", word).casefold())
