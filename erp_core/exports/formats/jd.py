"""JD (京东): 批量出库 and stock by 货号.

No public template was found; the columns carry the names of JD's own order file and of its open interface (运单号).
"""

from erp_core.exports.declaration import Column, Container, UploadFormat, What
from erp_core.text import T

FORMATS = (
    UploadFormat(
        name="jd-stock",
        title=T("JD, stock"),
        platforms=("JD",),
        what=What.STOCK,
        columns=(Column("货号", "sku"), Column("商品名称", "name"), Column("库存数量", "quantity")),
        container=Container.XLSX,
    ),
    UploadFormat(
        name="jd-shipping",
        title=T("JD, ship in bulk"),
        platforms=("JD",),
        what=What.SHIPPING,
        columns=(Column("订单号", "order_id"), Column("物流公司", "carrier"), Column("运单号", "tracking_number")),
        container=Container.XLSX,
        carrier_language="zh",
    ),
)
