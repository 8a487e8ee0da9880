"""A table of exchange rates from anywhere: 1 unit of the currency = rate units of the base currency."""

from erp_core.imports.declaration import Format, Kind
from erp_core.text import T

FORMAT = Format(
    name="generic-rates",
    title=T("Exchange rates"),
    kind=Kind.RATES,
    platform="Rates",
    loose=True,
    columns={
        "ds": ("date", "day", "rate date", "日期", "汇率日期"),
        "currency": ("currency", "from currency", "from", "currency code", "币种", "货币", "外币", "原币"),
        "base": ("base", "base currency", "to currency", "to", "本位币", "本币", "目标币种"),
        "rate": ("rate", "exchange rate", "fx rate", "汇率"),
    },
    required=("ds", "currency", "rate"),
)  # fmt: skip
