"""Jushuitan (聚水潭): 库存盘点 and 快递单号导入.

No public template was found; the columns carry the names of Jushuitan's own order file. The count is what lies on the
shelf: an order-management system shares it out to its shops by itself.
"""

from erp_core.exports.declaration import Basis, Column, Container, UploadFormat, What
from erp_core.text import T

FORMATS = (
    UploadFormat(
        name="jushuitan-count",
        title=T("Jushuitan, stock count"),
        platforms=("Jushuitan",),
        what=What.STOCK,
        basis=Basis.COUNT,
        columns=(
            Column("商品编码", "sku"),
            Column("商品名称", "name"),
            Column("仓库", "location"),
            Column("数量", "quantity"),
        ),
        container=Container.XLSX,
    ),
    UploadFormat(
        name="jushuitan-shipping",
        title=T("Jushuitan, tracking numbers"),
        platforms=("Jushuitan",),
        what=What.SHIPPING,
        columns=(
            Column("线上订单号", "order_id"),
            Column("快递公司", "carrier"),
            Column("快递单号", "tracking_number"),
        ),
        container=Container.XLSX,
        carrier_language="zh",
    ),
)
