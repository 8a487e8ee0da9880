"""Shopify, customers export: one row a customer, in the old form (`Address1`) and the new (`Default Address Address1`).

Orders know a buyer by e-mail or phone, so the old form without `Customer ID` meets them; the new form's id (written
with a leading `'`) tells its customers apart.
"""

from erp_core.imports.declaration import Combine, Format, Kind
from erp_core.text import T

FORMAT = Format(
    name="shopify-customers",
    title=T("Shopify customers"),
    kind=Kind.CUSTOMERS,
    platform="Shopify",
    signature=(
        frozenset({"Accepts Email Marketing"}),
        frozenset({"Accepts SMS Marketing"}),
        frozenset({"Accepts Marketing", "Total Spent"}),
        frozenset({"Default Address Address1"}),
    ),
    columns={
        "customer_id": ("Customer ID",),
        "name": ("First Name", "Last Name"),
        "email": ("Email",),
        "phone": ("Phone", "Default Address Phone"),
        "country": ("Country", "Country Code", "Default Address Country Code"),
        "province": ("Province", "Province Code", "Default Address Province Code"),
        "city": ("City", "Default Address City"),
        "postcode": ("Zip", "Default Address Zip"),
        "address": ("Address1", "Address2", "Default Address Address1", "Default Address Address2"),
        "note": ("Note",),
    },
    required=("customer_id|email|phone",),
    combined={"name": Combine.JOIN, "phone": Combine.FIRST, "address": Combine.JOIN},
)
