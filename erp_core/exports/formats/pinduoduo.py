"""Pinduoduo (拼多多): 批量发货 with 订单号, 快递公司, 快递单号; stock by 商家编码.

Source: the three columns stand in public programs that write this file. For stock no public template was found: the
generic columns in Chinese.
"""

from erp_core.exports.declaration import Column, Container, UploadFormat, What
from erp_core.text import T

FORMATS = (
    UploadFormat(
        name="pinduoduo-stock",
        title=T("Pinduoduo, stock"),
        platforms=("Pinduoduo",),
        what=What.STOCK,
        columns=(Column("商家编码", "sku"), Column("商品名称", "name"), Column("库存数量", "quantity")),
        container=Container.XLSX,
    ),
    UploadFormat(
        name="pinduoduo-shipping",
        title=T("Pinduoduo, ship in bulk"),
        platforms=("Pinduoduo",),
        what=What.SHIPPING,
        columns=(Column("订单号", "order_id"), Column("快递公司", "carrier"), Column("快递单号", "tracking_number")),
        container=Container.XLSX,
        carrier_language="zh",
    ),
)
