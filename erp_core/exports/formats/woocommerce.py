"""WooCommerce: the product CSV of Products → Import, with "Update existing products" ticked.

Source: woocommerce.com, "Product CSV Importer and Exporter", and the project's own wiki: products are found by ID or
SKU, columns that are missing stay as they are. For tracking numbers the core reads no file (woocommerce issue 63476).
"""

from erp_core.exports.declaration import Column, UploadFormat, What
from erp_core.text import T

FORMATS = (
    UploadFormat(
        name="woocommerce-stock",
        title=T("WooCommerce, product CSV"),
        platforms=("WooCommerce",),
        what=What.STOCK,
        columns=(Column("SKU", "sku"), Column("In stock?", "in_stock"), Column("Stock", "quantity")),
        source="https://github.com/woocommerce/woocommerce/wiki/Product-CSV-Importer-&-Exporter",
    ),
)
