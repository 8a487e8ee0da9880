"""Taobao and Tmall (千牛): 批量发货 and stock by 商家编码.

No public template was found. The shipping columns carry the names that Taobao's own order file uses (订单编号, 物流公司,
物流单号); the stock columns are the generic ones in Chinese. Compare them with the template that 千牛 offers.
"""

from erp_core.exports.declaration import Column, Container, UploadFormat, What
from erp_core.text import T

FORMATS = (
    UploadFormat(
        name="taobao-stock",
        title=T("Taobao and Tmall, stock"),
        platforms=("Taobao", "Tmall"),
        what=What.STOCK,
        columns=(Column("商家编码", "sku"), Column("商品名称", "name"), Column("库存数量", "quantity")),
        encoding="gb18030",
    ),
    UploadFormat(
        name="taobao-shipping",
        title=T("Taobao and Tmall, ship in bulk"),
        platforms=("Taobao", "Tmall"),
        what=What.SHIPPING,
        columns=(Column("订单编号", "order_id"), Column("物流公司", "carrier"), Column("物流单号", "tracking_number")),
        container=Container.XLSX,
        carrier_language="zh",
    ),
)
