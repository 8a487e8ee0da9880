"""Amazon: Price & Quantity file and Shipping Confirmation file, both text separated by tabs.

Source: Seller Central help, "Modify your inventory files" (G201576660: the file takes sku, price and quantity only; an
empty price stays as it is; 0 means out of stock) and "Shipping Confirmation template" (G641: order-id, order-item-id,
quantity, ship-date as yyyy-mm-dd, carrier-code from a list or Other with carrier-name). The carrier codes are those
that the help page lists in all marketplaces that we could read; the rest goes out as Other with its name.
"""

from erp_core.exports.declaration import Column, Container, UploadFormat, What
from erp_core.text import T

FORMATS = (
    UploadFormat(
        name="amazon-price-quantity",
        title=T("Amazon, price and quantity"),
        platforms=("Amazon",),
        what=What.STOCK,
        columns=(Column("sku", "sku"), Column("price"), Column("quantity", "quantity")),
        container=Container.TXT,
        source="https://sellercentral.amazon.com/gp/help/external/G201576660",
    ),
    UploadFormat(
        name="amazon-shipping",
        title=T("Amazon, shipping confirmation"),
        platforms=("Amazon",),
        what=What.SHIPPING,
        columns=(
            Column("order-id", "order_id"),
            Column("order-item-id", "line_ref"),
            Column("quantity", "quantity"),
            Column("ship-date", "shipped_on"),
            Column("carrier-code", "carrier_code"),
            Column("carrier-name", "carrier_name"),
            Column("tracking-number", "tracking_number"),
            Column("ship-method"),
        ),
        container=Container.TXT,
        per_line=True,
        carrier_words={
            "USPS": "USPS", "UPS": "UPS", "FEDEX": "FedEx", "DHL": "DHL", "ROYAL_MAIL": "Royal Mail", "GLS": "GLS",
            "HERMES": "Hermes Logistik Gruppe", "PARCELFORCE": "Parcelforce", "TNT": "TNT", "CANADA_POST": "Canada Post",
            "SINGAPORE_POST": "Singapore Post", "4PX": "4PX", "YANWEN": "Yanwen", "ARAMEX": "Aramex",
            "CHINA_POST": "China Post", "SF": "SF Express", "YAMATO": "YamatoTransport", "SAGAWA": "SagawaExpress",
            "ONTRAC": "OnTrac",
        },
        other_carrier="Other",
        needs_day=True,
        source="https://sellercentral.amazon.com/gp/help/external/G641",
    ),
)  # fmt: skip
