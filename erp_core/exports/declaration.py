"""What an upload file is: a declaration, like those of `imports`, the other way round.

A file of `exports/formats/` names one platform's files: which header holds which field, in which container and
encoding, what the platform calls a carrier, which number it takes for stock. A new format adds one declaration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from erp_core.text import Text


class What(StrEnum):
    """What goes out in the file."""

    STOCK = "stock"
    SHIPPING = "shipping"


class Container(StrEnum):
    """How the file is written; the value is its suffix. TXT is separated by tabs."""

    CSV = "csv"
    TXT = "txt"
    XLSX = "xlsx"


class Basis(StrEnum):
    """Which number a stock file wants.

    OFFER: what the shop may sell; the platform takes its own later orders off it. OFFER_AND_OPEN: the same plus what
    the shop's open orders hold, because the platform takes these off itself. COUNT: what lies on the shelf, for an ERP.
    """

    OFFER = "offer"
    OFFER_AND_OPEN = "offer_and_open"
    COUNT = "count"


STOCK_FIELDS = frozenset({"sku", "own_sku", "name", "location", "quantity", "in_stock", "counted_on", "company"})
SHIPPING_FIELDS = frozenset(
    {
        "order_id",
        "carrier",
        "carrier_code",
        "carrier_name",
        "tracking_number",
        "shipped_on",
        "line_ref",
        "sku",
        "quantity",
    }
)


@dataclass(frozen=True)
class Column:
    """One column: its header as the platform writes it, and the field that fills it; without a field, `fixed` does.

    `first_row_only`: what belongs to the whole file stands once (ERPNext's parent fields).
    """

    header: str
    field: str = ""
    fixed: str = ""
    first_row_only: bool = False


@dataclass(frozen=True)
class UploadFormat:
    """One kind of upload file.

    `platforms`: names of shops' platforms that it is for, none for the generic file. `source`: where the platform's
    template is public; empty where none was found, and the columns are then our own choice. `carrier_words`: carrier
    code (`carriers.CARRIERS`) → the platform's word, where it differs from the carrier's name in `carrier_language`;
    `other_carrier`: what stands for a carrier that is not among the words, which are then all that the platform knows.
    """

    name: str
    title: Text
    platforms: tuple[str, ...]
    what: What
    columns: tuple[Column, ...]
    container: Container = Container.CSV
    encoding: str = "utf-8"
    source: str = ""
    basis: Basis = Basis.OFFER
    per_line: bool = False
    carrier_language: str = "en"
    carrier_words: Mapping[str, str] = field(default_factory=dict)
    other_carrier: str = ""
    needs_carrier: bool = True
    wants_template: bool = False  # it finds products by more than the SKU: our numbers go into its own export
    needs_day: bool = False  # the platform refuses a parcel without the day on which it was shipped

    def __post_init__(self) -> None:
        known = STOCK_FIELDS if self.what is What.STOCK else SHIPPING_FIELDS
        strange = {column.field for column in self.columns if column.field} - known
        if strange:
            raise ValueError(f"{self.name}: no such fields: {sorted(strange)}")
