"""Douyin (抖店): 批量发货 and stock by 商家编码.

No public template was found; the columns carry the names of Douyin's own order file and its word for a parcel's number.
"""

from erp_core.exports.declaration import Column, Container, UploadFormat, What
from erp_core.text import T

FORMATS = (
    UploadFormat(
        name="douyin-stock",
        title=T("Douyin, stock"),
        platforms=("Douyin",),
        what=What.STOCK,
        columns=(Column("商家编码", "sku"), Column("商品名称", "name"), Column("库存数量", "quantity")),
        container=Container.XLSX,
    ),
    UploadFormat(
        name="douyin-shipping",
        title=T("Douyin, ship in bulk"),
        platforms=("Douyin",),
        what=What.SHIPPING,
        columns=(
            Column("主订单编号", "order_id"),
            Column("快递公司", "carrier"),
            Column("快递单号", "tracking_number"),
        ),
        container=Container.XLSX,
        carrier_language="zh",
    ),
)
