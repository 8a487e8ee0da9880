"""The products with what is known and what is missing of each, and which SKUs of shops are probably which of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import sqlalchemy as sa

from erp_core.calendar import Period
from erp_core.catalog.matching import Item, propose
from erp_core.catalog.tables import product
from erp_core.catalog.views import alias_targets, barcodes, bundles, costs, latest_costs, products
from erp_core.company.views import Company
from erp_core.orders.views import Filters, sale_spans
from erp_core.overview.views import sales_by_product
from erp_core.purchasing.views import supplier_items
from erp_core.stock.tables import stock_balance
from erp_core.stock.views import buildable, totals_by_product

SHOWN = ("all", "uncosted", "no_barcode", "sold_only", "bundles", "charges")


@dataclass(frozen=True)
class ProductFilter:
    """What a page shows: words of SKU, name or barcode; categories (empty: all); one of `SHOWN`."""

    search: str = ""
    categories: tuple[str, ...] = ()
    show: str = "all"


@dataclass(frozen=True)
class ProductSummary:
    """Counts of goods (charges apart). `uncosted_share`: of the period's revenue, None where it is unknown or none."""

    products: int
    costed: int
    uncosted: int
    uncosted_share: float | None
    no_barcode: int
    bundles: int
    sold_only: int


@dataclass(frozen=True)
class Assortment:
    """`rows`: one a live product; `currency`: of `revenue`; `period`: which days revenue and units cover."""

    rows: pd.DataFrame
    currency: str
    period: Period
    summary: ProductSummary = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "summary", _summary(self.rows))


def assortment(connection: sa.Connection, company: Company, period: Period, on: dt.date) -> Assortment:
    """Every live product, charges too, those with most revenue in the period first; costs in force on the day `on`.

    product_id, sku, name, category, unit, barcode, barcodes (how many), codes (all of them, for searching),
    weight_grams, is_charge, is_bundle, unit_cost (major units of cost_currency, missing = unknown), cost_from,
    cost_derived (the sum of a bundle's parts), on_hand (of a bundle: how many can be packed; missing = unknown), units
    and revenue (of the period; revenue missing where a rate is), last_sale, suppliers (how many), sold_only (nothing
    but sales names it), stock_unit and unit_factor as in `catalog.views.products`.
    """
    frame = products(connection, charges=True)
    sales = sales_by_product(connection, company, period, Filters())
    made_up = bundles(connection)
    in_force = latest_costs(connection, on).rename(
        columns={"currency": "cost_currency", "valid_from": "cost_from", "derived": "cost_derived"}
    )
    codes, items = barcodes(connection), supplier_items(connection)
    frame = frame.merge(in_force, on="product_id", how="left")
    frame = frame.merge(_stock(connection), on="product_id", how="left")
    frame = frame.merge(sales, on="product_id", how="left")
    frame["is_charge"] = frame["is_charge"].astype(bool)
    frame["is_bundle"] = frame["product_id"].isin(made_up["parent_id"])
    frame["cost_derived"] = frame["cost_derived"].eq(True)
    frame["codes"] = frame["product_id"].map(codes.groupby("product_id")["barcode"].agg(" ".join)).fillna("")
    frame["barcodes"] = frame["product_id"].map(codes["product_id"].value_counts()).fillna(0).astype(np.int64)
    frame["suppliers"] = frame["product_id"].map(items["product_id"].value_counts()).fillna(0).astype(np.int64)
    frame["last_sale"] = frame["product_id"].map(sale_spans(connection)["last"])
    frame["units"] = frame["units"].fillna(0).astype(np.int64)
    frame.loc[~frame["product_id"].isin(sales["product_id"]), "revenue"] = 0.0  # not sold in the period
    frame["weight_grams"] = pd.to_numeric(frame["weight_grams"]).astype("Int64")
    frame["sold_only"] = ~frame["product_id"].isin(_with_master_data(connection)) & frame["last_sale"].notna()
    frame["sold_only"] &= ~frame["is_charge"]
    frame = frame.sort_values(["revenue", "units", "sku"], ascending=[False, False, True], kind="stable")
    return Assortment(frame.reset_index(drop=True), str(sales.attrs["currency"]), period)


def _stock(connection: sa.Connection) -> pd.DataFrame:
    held = totals_by_product(connection)[["product_id", "on_hand"]]
    packed = buildable(connection)
    sums = packed.groupby("product_id")["available"].sum(min_count=1).rename("on_hand").reset_index()
    parts = [part.astype({"product_id": "int64", "on_hand": "Int64"}) for part in (held, sums) if len(part)]
    return pd.concat(parts) if parts else held.astype({"product_id": "int64"})


def _with_master_data(connection: sa.Connection) -> set[int]:
    """Products of which more is known than that they sold: a cost, a count, a supplier, a barcode, a bundle, a mapping,
    a category, unit or weight, or a person who entered them."""
    made_up = bundles(connection)
    frames = (costs(connection), supplier_items(connection), barcodes(connection))
    known = {int(i) for frame in frames for i in frame["product_id"].tolist()}
    known |= {int(i) for name in ("parent_id", "component_id") for i in made_up[name].tolist()}
    known |= {target.product_id for target in alias_targets(connection).values()}
    counted = sa.select(stock_balance.c.product_id).where(stock_balance.c.on_hand.is_not(None))
    described = sa.select(product.c.id).where(
        sa.or_(
            product.c.batch_id.is_(None), product.c.category.is_not(None), product.c.unit.is_not(None),
            product.c.weight_grams.is_not(None),
        )
    )  # fmt: skip
    return known | {int(i) for query in (counted, described) for i in connection.execute(query).scalars()}


def _summary(rows: pd.DataFrame) -> ProductSummary:
    goods = rows[~rows["is_charge"]]
    lacking = goods["unit_cost"].isna()
    revenue = goods["revenue"]
    whole = float(revenue.sum()) if revenue.notna().all() else 0.0
    return ProductSummary(
        products=len(goods),
        costed=int((~lacking).sum()),
        uncosted=int(lacking.sum()),
        uncosted_share=float(revenue[lacking].sum()) / whole if whole else None,
        no_barcode=int((goods["barcodes"] == 0).sum()),
        bundles=int(goods["is_bundle"].sum()),
        sold_only=int(goods["sold_only"].sum()),
    )


def matching(rows: pd.DataFrame, wanted: ProductFilter) -> pd.DataFrame:
    """The rows of an assortment that fit; charges only where they are asked for."""
    goods = rows["is_charge"] if wanted.show == "charges" else ~rows["is_charge"]
    fits = {
        "uncosted": rows["unit_cost"].isna(),
        "no_barcode": rows["barcodes"] == 0,
        "sold_only": rows["sold_only"],
        "bundles": rows["is_bundle"],
    }.get(wanted.show, pd.Series(True, index=rows.index))
    found = rows[goods & fits]
    if wanted.categories:
        found = found[found["category"].isin(wanted.categories)]
    for word in wanted.search.casefold().split():
        texts = found["sku"] + "\n" + found["name"].fillna("") + "\n" + found["codes"]
        found = found[texts.str.casefold().str.contains(word, regex=False)]
    return found.reset_index(drop=True)


def mapping_proposals(connection: sa.Connection, rows: pd.DataFrame, each: int = 3) -> pd.DataFrame:
    """Which products that only sales name are probably which own ones, the most sold first, then the surest.

    `rows`: of an `assortment`. Returns external_id, external_sku, external_name, units, own_id, own_sku, own_name,
    score (0 to 100), evidence (a tuple of Texts). Proposes; a person decides.
    """
    goods = rows[~rows["is_charge"]]
    codes = barcodes(connection)
    of_product: dict[int, tuple[str, ...]] = {}
    for product_id, code in codes[["product_id", "barcode"]].itertuples(index=False):
        of_product[int(product_id)] = (*of_product.get(int(product_id), ()), str(code))

    def items(part: pd.DataFrame) -> list[Item]:
        return [
            Item(int(i), str(sku), name, of_product.get(int(i), ()))
            for i, sku, name in part[["product_id", "sku", "name"]].itertuples(index=False)
        ]

    sold = goods[goods["sold_only"]]
    found = propose(items(sold), items(goods[~goods["sold_only"]]), each)
    units = sold.set_index("product_id")["units"]
    frame = pd.DataFrame(
        [
            (p.external.product_id, p.external.sku, p.external.name, p.own.product_id, p.own.sku, p.own.name,
             p.score, p.evidence)
            for p in found
        ],
        columns=["external_id", "external_sku", "external_name", "own_id", "own_sku", "own_name", "score", "evidence"],
    )  # fmt: skip
    frame.insert(3, "units", frame["external_id"].map(units).astype("Int64"))
    return frame.sort_values(
        ["units", "external_sku", "score"], ascending=[False, True, False], kind="stable"
    ).reset_index(drop=True)


def bundle_rows(connection: sa.Connection, rows: pd.DataFrame) -> pd.DataFrame:
    """What bundles are made of, one row a part: bundle_id, bundle, bundle_name, part, part_name, units, part_cost,
    cost_currency, on_hand (of the part), packable (bundles that can be packed), scarcest (whether this part limits
    them). `rows`: of an `assortment`."""
    held = rows.set_index("product_id")
    parts = bundles(connection)
    parts = parts[parts["parent_id"].isin(held.index) & parts["component_id"].isin(held.index)]
    limits = buildable(connection).dropna(subset=["available"]).sort_values("available", ascending=False)
    scarcest = limits.drop_duplicates("product_id").set_index("product_id")["scarcest"]

    def told(column: str, of: str) -> pd.Series:
        return parts[of].map(held[column])

    frame = pd.DataFrame(
        {
            "bundle_id": parts["parent_id"],
            "bundle": told("sku", "parent_id"),
            "bundle_name": told("name", "parent_id"),
            "part": told("sku", "component_id"),
            "part_name": told("name", "component_id"),
            "units": parts["units"],
            "part_cost": told("unit_cost", "component_id"),
            "cost_currency": told("cost_currency", "component_id"),
            "on_hand": told("on_hand", "component_id"),
            "packable": told("on_hand", "parent_id"),
        }
    )
    frame["scarcest"] = parts["parent_id"].map(scarcest).eq(frame["part"])
    return frame.sort_values(["bundle", "part"]).reset_index(drop=True)
