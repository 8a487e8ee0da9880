"""A shop in which every name is an attack: markup, links, scripts, symbols, formulas. What is shown of it, and what goes
out of it, must be text."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import sqlalchemy as sa

from erp_core.attention.service import Alert, make_alert
from erp_core.catalog.editing import CostEntry
from erp_core.catalog.tables import product
from erp_core.clock import Clock
from erp_core.company.service import CompanyChange, change_company
from erp_core.db.engine import Database
from erp_core.db.uow import UnitOfWork, unit_of_work
from erp_core.imports.service import ImportOptions, import_files
from erp_core.orders.bundles import set_bundle
from erp_core.orders.products import create_product
from erp_core.overview.saved_views import save_view
from erp_core.security.actor import Actor

MARKUP = (
    "[link](http://evil.example/a) ![picture](http://evil.example/b.png) <script>window.evil=1</script>"
    "<img src=http://evil.example/c onerror=window.evil=1> :material/skull: :red[red] **bold** `code` $\\frac{a}{b}$"
)
# What must never reach Markdown as it stands. (Dollars are looked for with what follows: prices have them too.)
RAW = re.compile(r"(?<!\\)(?:\]\(http://|<script|<img|<a |:material/skull|:red\[|\*\*bold|`code|\$\\frac)")
IN_A_CHART = '<a href="http://evil.example/d">chart</a> <b>bold</b>'
FORMULA = "=cmd|' /C calc'!A0"
RUNS = "=+-@\t\r＝＋－＠"


def table(header: str, *rows: tuple[object, ...]) -> str:
    """CSV text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return out.getvalue()


def fill(database: Database, actor: Actor, clock: Clock, folder: Path, attack: str = MARKUP) -> None:
    """Orders, products, stock, suppliers, customers, rates, a bundle, an alert, a saved view, a company: all named by the
    attack, as far as each takes it. SKUs and order numbers hold no blanks."""
    who = actor.acting(clock)
    day = clock.now().date()
    sku, other = f"{attack[:1]}S{attack[1:40]}".replace(" ", "_"), "PLAIN"
    last = [(day - dt.timedelta(days=number)).isoformat() for number in (40, 9, 3, 2, 1)]
    shop, market = f"{attack} shop", f"{IN_A_CHART} market"
    person = (attack, "138-0000-1234", "ann@example.com", attack, attack)
    orders = [
        (f"{attack[:1]}O-{number}", f"{on} 10:00", item, f"{attack} {item[-5:]}", 2, 10, "USD", where, state, *person)
        for number, (on, item, where, state) in enumerate(
            [(on, item, where, "paid" if on == last[-1] else "completed") for on in last for item in (sku, other)
             for where in (shop, market)]
        )
    ]  # fmt: skip
    files = {
        "sales": table(
            "Order ID,Date,SKU,Product name,Quantity,Unit price,Currency,Channel,Status,Customer name,Phone,Email,"
            "Address,Buyer note",
            *orders,
            (f"{attack[:1]}O-99", f"{last[0]} 10:00", sku, attack, "many", 10, "USD", shop, "paid", *person),
        ),
        "products": table(
            "SKU,Product name,Category,Unit cost,Currency,Supplier,Supplier's price",
            (sku, attack, f"{attack} category", 4, "USD", f"{attack} supplier", 3),
            (other, IN_A_CHART, IN_A_CHART, 4, "USD", IN_A_CHART, 3),
        ),
        "stock": table(
            "SKU,On hand,Warehouse,Date", (sku, 30, f"{attack} place", last[0]), (other, 3, IN_A_CHART, last[0])
        ),
        "tracking": table(
            "Order ID,Shop,Carrier,Tracking number,Shipped on", (orders[0][0], shop, attack, f"{attack[:1]}T1", last[0])
        ),
        "fees": table(
            "Date,Fee type,Amount,Currency,Shop", (last[0], attack, -5, "USD", shop)
        ),
    }  # fmt: skip
    for name, text in files.items():
        path = folder / f"{name} [x](http:evil) <b>b<b> $a$ :material_skull:.csv"
        path.write_text(text, encoding="utf-8")
        options = {"fees": ImportOptions(format="generic-settlement-fees")}.get(name, ImportOptions(currency="USD"))
        import_files(database, who, [path], options)

    def made(uow: UnitOfWork) -> None:
        change_company(uow, CompanyChange(name=attack, base_currency="USD"))
        bundle = create_product(uow, f"{attack[:1]}SET", {"name": attack}, CostEntry(0, day, "USD", Decimal(4)))
        set_bundle(uow, bundle, {id_of(uow, "PLAIN"): 1})
        make_alert(uow, Alert("orders", "above", 0.0, 30, attack[:60]))
        save_view(uow, "sales", attack[:60], (("period", "30"),), shared=True)

    do(database, actor, clock, made)


def id_of(uow: UnitOfWork, sku: str) -> int:
    """A product's id."""
    return int(uow.connection.execute(sa.select(product.c.id).where(product.c.sku == sku)).scalar_one())


def do(database: Database, actor: Actor, clock: Clock, act: Callable[[UnitOfWork], object]) -> None:
    """One committed act."""
    with unit_of_work(database, actor.acting(clock)) as uow:
        act(uow)
        uow.commit()
