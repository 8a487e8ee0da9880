"""The fees of a settlement from anywhere: what a platform, a payment service or a carrier took, one row a fee."""

from erp_core.imports.declaration import Format, Kind
from erp_core.text import T

FORMAT = Format(
    name="generic-settlement-fees",
    title=T("Settlement fees"),
    kind=Kind.FEES,
    platform="Fees",
    loose=True,
    columns={
        "ds": (
            "date", "fee date", "posted date", "posting date", "settlement date", "transaction date", "charged on", "booked on", "date/time",
            "日期", "入账时间", "结算时间", "结算日期", "扣费时间", "费用日期", "发生时间", "账单日期", "交易时间", "时间",
        ),
        "shop": ("shop", "store", "channel", "sales channel", "marketplace", "platform", "marketplace name", "店铺", "渠道", "平台", "店铺名称"),
        "order_id": (
            "order id", "order no", "order number", "order #", "order", "订单号", "订单编号", "线上订单号", "平台订单号", "业务单号", "关联订单号",
            "商户订单号", "业务基础订单号",
        ),
        "sku": ("sku", "item code", "product code", "item no", "商品编码", "商家编码", "货号", "规格编码"),
        "kind": (
            "fee type", "fee kind", "kind of fee", "fee name", "fee description", "charge type", "amount description", "fee category",
            "费用类型", "费用名称", "费用项", "费用项目", "收费项目", "扣费类型", "扣费项目", "费用类别", "amount type", "transaction type", "description",
            "type", "业务类型", "账务类型", "业务描述", "类型",
        ),
        "amount": (
            "fee amount", "charge amount", "commission", "commission amount", "fees", "fee", "费用金额", "扣费金额", "扣款金额", "佣金", "佣金金额", "服务费",
            "技术服务费", "手续费", "费用", "amount", "total", "金额", "发生金额",
        ),
        "debit": ("debit", "debit amount", "charged", "taken", "支出金额", "支出", "扣款", "借方金额"),
        "credit": ("credit", "credit amount", "given back", "收入金额", "收入", "退还金额", "返还金额", "贷方金额"),
        "direction": ("debit/credit", "dr/cr", "debit or credit", "direction", "收支类型", "收支方向", "借贷方向", "收/支", "资金流向"),
        "currency": ("currency", "currency code", "币种", "货币", "币别"),
        "reference": (
            "transaction id", "transaction number", "transaction no", "settlement id", "settlement no", "reference", "reference number", "fee id",
            "结算单号", "流水号", "账务流水号", "交易流水号", "业务流水号", "支付流水号", "账单号", "单据号",
        ),
    },
    required=("ds", "amount|debit|credit"),
    telling=frozenset({
        "fee type", "fee kind", "kind of fee", "fee name", "fee description", "charge type", "amount description", "fee category", "费用类型",
        "费用名称", "费用项", "费用项目", "收费项目", "扣费类型", "扣费项目", "费用类别", "fee amount", "charge amount", "commission",
        "commission amount", "fees", "fee", "费用金额", "扣费金额", "扣款金额", "佣金", "佣金金额", "服务费", "技术服务费", "手续费", "账务类型", "账务流水号",
    }),
)  # fmt: skip
