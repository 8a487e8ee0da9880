"""A list of parcels from anywhere: one row a parcel, or an event of one."""

from erp_core.imports.declaration import Format, Kind
from erp_core.text import T

FORMAT = Format(
    name="generic-tracking",
    title=T("Parcels and tracking"),
    kind=Kind.TRACKING,
    platform="Tracking",
    loose=True,
    columns={
        "shop": ("shop", "channel", "store", "sales channel", "platform", "marketplace", "渠道", "店铺", "平台", "店铺名称", "销售渠道"),
        "order_id": (
            "order id", "order no", "order number", "order #", "order", "order reference", "订单号", "订单编号", "线上订单号", "订单id",
            "平台订单号", "原始单号",
        ),
        "carrier": ("carrier", "carrier name", "shipping carrier", "shipping company", "courier", "物流公司", "快递公司", "快递", "物流", "承运商"),
        "tracking_number": (
            "tracking number", "tracking no", "tracking #", "tracking id", "tracking", "waybill", "waybill number", "awb",
            "物流单号", "快递单号", "运单号", "运单编号", "面单号",
        ),
        "shipped_on": (
            "shipped on", "ship date", "shipped at", "shipped date", "date shipped", "shipping date", "dispatch date", "dispatched on",
            "发货时间", "发货日期", "出库时间", "揽收时间",
        ),
        "estimated_on": (
            "estimated delivery", "expected delivery", "estimated delivery date", "estimated arrival", "eta", "expected on", "预计送达",
            "预计送达时间", "预计到达时间",
        ),
        "delivered_on": (
            "delivered on", "delivery date", "delivered at", "delivered", "date delivered", "签收时间", "签收日期", "妥投时间", "送达时间",
        ),
        "event": (
            "event", "tracking event", "tracking status", "event state", "shipment status", "delivery status", "event description", "status", "物流状态",
            "物流轨迹", "轨迹", "快递状态", "状态",
        ),
        "event_at": ("event time", "event date", "event at", "scan time", "status time", "轨迹时间", "状态时间", "更新时间", "扫描时间"),
        "place": ("place", "event location", "event place", "location", "city", "轨迹地点", "当前位置", "所在地", "地点"),
    },
    required=("order_id", "tracking_number"),
    telling=frozenset({
        "tracking number", "tracking no", "tracking #", "tracking id", "tracking", "waybill", "waybill number", "awb", "物流单号", "快递单号",
        "运单号", "运单编号", "面单号",
    }),
)  # fmt: skip
