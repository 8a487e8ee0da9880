"""Wangdiantong (旺店通): stock count and 物流单号导入.

No public template was found; the columns carry the names of Wangdiantong's own order file. The count is what lies on the
shelf: an order-management system shares it out to its shops by itself.
"""

from erp_core.exports.declaration import Basis, Column, Container, UploadFormat, What
from erp_core.text import T

FORMATS = (
    UploadFormat(
        name="wangdiantong-count",
        title=T("Wangdiantong, stock count"),
        platforms=("Wangdiantong",),
        what=What.STOCK,
        basis=Basis.COUNT,
        columns=(
            Column("商家编码", "sku"),
            Column("货品名称", "name"),
            Column("仓库", "location"),
            Column("盘点数量", "quantity"),
        ),
        container=Container.XLSX,
    ),
    UploadFormat(
        name="wangdiantong-shipping",
        title=T("Wangdiantong, tracking numbers"),
        platforms=("Wangdiantong",),
        what=What.SHIPPING,
        columns=(Column("原始单号", "order_id"), Column("物流公司", "carrier"), Column("物流单号", "tracking_number")),
        container=Container.XLSX,
        carrier_language="zh",
    ),
)
