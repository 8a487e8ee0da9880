"""Files in, receipts out: recognise, check, store in one transaction, undo.

What a file brings goes in whole or not at all, leaves a receipt, changes nothing when it comes again, can be undone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from erp_core.catalog import service as catalog
from erp_core.catalog.views import unit_factors
from erp_core.company import service as company_service
from erp_core.company.views import Company, read_company
from erp_core.db.bulk import advance_sequence, insert_columns, lock, next_id
from erp_core.db.engine import Database
from erp_core.db.uow import As, UnitOfWork, unit_of_work
from erp_core.errors import BadInput, Conflict, NotFound
from erp_core.files.limits import DEFAULT_LIMITS, Limits
from erp_core.files.read import read_table
from erp_core.files.table import RawTable
from erp_core.finance import service as finance
from erp_core.imports import changes, load_facts, load_reference, load_sales
from erp_core.imports import checked as checked_rows
from erp_core.imports.batch import Batch, Progress, keep_rejected, silent
from erp_core.imports.declaration import Format, Kind
from erp_core.imports.detect import Detection, detect, header_key, known_headers, need
from erp_core.imports.draft import Assumptions
from erp_core.imports.load_sales import ACCEPTED, REJECTED, UNCHANGED
from erp_core.imports.receipt import FileRead, Issue, Receipt, without_words
from erp_core.imports.sales import Orders, assemble
from erp_core.imports.shape import Source, shaped
from erp_core.imports.tables import import_batch, import_file, import_issue, import_mapping
from erp_core.money import is_currency
from erp_core.orders import service as order_service
from erp_core.orders import undo as order_undo
from erp_core.parties import service as parties
from erp_core.purchasing import service as purchasing
from erp_core.security import audit
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.security.sealing import sealing_vault
from erp_core.stock import service as stock
from erp_core.text import T

ISSUES_KEPT = 20_000
_KIND_ORDER = (
    Kind.RATES, Kind.SUPPLIERS, Kind.PRODUCTS, Kind.CUSTOMERS, Kind.SALES, Kind.PURCHASE_ORDERS, Kind.RECEIPTS,
    Kind.STOCK, Kind.TRACKING, Kind.RETURNS, Kind.CONTACTS, Kind.FEES,
)  # fmt: skip


@dataclass(frozen=True)
class ImportOptions:
    """What the person says about the files. `mapping`: field → header; `remarks`: what the receipt says besides;
    `before`: called in the transaction, under the write lock, before any row is stored; what it raises ends the import.
    """

    format: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    channel: str | None = None
    currency: str | None = None
    dry_run: bool = False
    strict: bool = False
    remember: bool = True
    limits: Limits = DEFAULT_LIMITS
    before: Callable[[UnitOfWork], None] | None = None
    remarks: tuple[Issue, ...] = ()


@dataclass(frozen=True)
class Recognised:
    """A file, read and recognised; `source` is what it is read as."""

    table: RawTable
    detection: Detection
    declared: Format
    source: Source


def recognise(database: Database, path: Path, options: ImportOptions | None = None) -> tuple[RawTable, Detection]:
    """Read a file and say what it is; nothing is stored."""
    options = options or ImportOptions()
    table = read_table(path, limits=options.limits, known_headers=known_headers())
    remembered = None
    if options.format is None and not options.mapping:
        with database.reading() as connection:
            remembered = remembered_mapping(connection, table.columns)
    return table, detect(table, wanted=options.format, mapping=options.mapping, remembered=remembered)


def remembered_mapping(connection: sa.Connection, columns: Sequence[str]) -> tuple[str, Mapping[str, str]] | None:
    """(format, field → header) that a person chose earlier for this header row."""
    query = sa.select(import_mapping.c.format, import_mapping.c.columns).where(
        import_mapping.c.header_key == header_key(columns)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else (row.format, row.columns)


def import_files(
    database: Database,
    who: As,
    paths: Sequence[Path],
    options: ImportOptions | None = None,
    progress: Progress = silent,
) -> list[Receipt]:
    """Import files; those that belong together (Taobao's order list and its lines) become one batch.

    Everything is read and recognised before anything is stored. Each batch is one transaction. `progress` is called
    with a share and a text and may raise Cancelled. Raises BadInput and its kin for what cannot be imported at all;
    bad rows become issues of the receipt.
    """
    options = options or ImportOptions()
    require(who, Permission.IMPORT_FILES)
    if options.currency is not None and not is_currency(options.currency):
        raise BadInput(
            T("“{word}” is not a currency code.", word=options.currency),
            hint=T("Use the three letters of ISO 4217, such as CNY or USD."),
            code="import.no_such_currency",
        )
    started = time.perf_counter()
    recognised = []
    for path in paths:
        progress(0.02, T("Reading {file} …", file=path.name))
        table, detection = recognise(database, path, options)
        declared = need(detection, table)
        recognised.append(Recognised(table, detection, declared, shaped(table, declared, detection.indices)))
    receipts = []
    for group in _grouped(recognised):
        receipts.append(_import_group(database, who, group, options, progress).taking(time.perf_counter() - started))
        started = time.perf_counter()
    return receipts


def import_table(database: Database, who: As, table: RawTable, format_name: str, options: ImportOptions) -> Receipt:
    """Import a table that was not read from a file, such as rows typed into a form; as `import_files` does."""
    require(who, Permission.IMPORT_FILES)
    started = time.perf_counter()
    found = detect(table, wanted=format_name)
    declared = need(found, table)
    item = Recognised(table, found, declared, shaped(table, declared, found.indices))
    return _import_group(database, who, [item], options, silent).taking(time.perf_counter() - started)


def _grouped(recognised: Sequence[Recognised]) -> list[list[Recognised]]:
    """Files that belong together in one list, the lists in the order in which they help each other."""
    pairs: dict[str, list[Recognised]] = {}
    groups: list[list[Recognised]] = []
    for item in sorted(recognised, key=lambda r: _KIND_ORDER.index(r.declared.kind)):
        if item.declared.companion is None:
            groups.append([item])
            continue
        key = "+".join(sorted((item.declared.name, item.declared.companion)))
        if key not in pairs:
            pairs[key] = []
            groups.append(pairs[key])
        pairs[key].append(item)
    return groups


def _import_group(
    database: Database, who: As, group: Sequence[Recognised], options: ImportOptions, progress: Progress
) -> Receipt:
    declared = group[0].declared
    with database.reading() as connection:
        company = read_company(connection)
    company = _as_adopted(database, company, declared, options)
    progress(0.1, T("Checking {count} rows …", count=sum(len(item.table) for item in group)))
    if declared.kind is Kind.SALES:
        orders = _assemble(database, group, options, company)
        company = _with_own_currency(database, company, declared, options, orders)
        issues: Sequence[Issue] = orders.rows.issues
    else:
        checked = checked_rows.check(group[0].source, company, options.currency, _unit_factors(database))
        issues = checked.issues
    if options.strict:
        _refuse_if_any_rejects(issues)
    progress(0.35, T("Waiting for the database …"))
    with unit_of_work(database, who) as uow:
        empty = _nothing_stored(uow.connection)
        batch_id = _open_batch(uow, declared, options)  # holds the write lock from here on
        if options.before is not None:
            options.before(uow)
        company_service.adopt_from_import(uow, company.base_currency, company.time_zone, nothing_stored=empty)
        known_since = _known_since(uow.connection, group)
        batch = Batch(uow, batch_id, company, progress, options.channel, known_since)
        if declared.kind is Kind.SALES:
            outcome = _load_sales(batch, group, orders)
        elif declared.kind in load_facts.LOADERS:
            outcome = load_facts.load(batch, checked)
        else:
            outcome = load_reference.load(batch, checked, _sha_is_live(uow.connection, group))
        receipt = replace(outcome, batch_id=None if options.dry_run else batch_id, dry_run=options.dry_run)
        receipt = replace(receipt, issues=(*options.remarks, *receipt.issues))
        assert receipt.adds_up(), "a receipt must add up"
        if not options.dry_run:
            _close_batch(batch, group, receipt, options)
            progress(0.97, T("Making it lasting …"))
            uow.commit()
    progress(1.0, T("Done."))
    return receipt


def _as_adopted(database: Database, company: Company, declared: Format, options: ImportOptions) -> Company:
    """The company as it will be: until a person chose, the first file's currency and zone become the company's."""
    with database.reading() as connection:
        if not _nothing_stored(connection):
            return company
    currency = options.currency or declared.currency
    return replace(
        company,
        base_currency=currency if currency and not company.money_chosen else company.base_currency,
        time_zone=declared.time_zone if declared.time_zone and not company.zone_chosen else company.time_zone,
    )


def _with_own_currency(
    database: Database, company: Company, declared: Format, options: ImportOptions, orders: Orders
) -> Company:
    """The same where the file itself says the currency, and says only one."""
    own = {currency for currency in orders.header["currency"].tolist() if currency}
    if company.money_chosen or options.currency or declared.currency or len(own) != 1:
        return company
    with database.reading() as connection:
        return replace(company, base_currency=own.pop()) if _nothing_stored(connection) else company


def _nothing_stored(connection: sa.Connection) -> bool:
    return connection.execute(sa.select(import_batch.c.id).limit(1)).first() is None


def _assemble(database: Database, group: Sequence[Recognised], options: ImportOptions, company: Company) -> Orders:
    assumed = Assumptions(
        currency=options.currency,
        company_currency=company.base_currency,
        company_zone=company.time_zone,
        channel=options.channel,
        unit_factors=_unit_factors(database),
    )
    sources = [item.source for item in group]
    orders = assemble(sources, assumed)
    lone_headers = sorted({orders.ids[i] for i in np.flatnonzero(~orders.has_lines).tolist()})
    if lone_headers:  # an order list without its lines may still bring news of orders that stand
        with database.writing_connection() as connection:  # a temporary table is used; nothing is kept
            declared = orders.declared
            platform = declared.platform if declared.platform_wide_ids else None
            known = order_service.known_orders(connection, load_sales.channels_of(orders), lone_headers, platform)
        if known:
            orders = assemble(sources, replace(assumed, header_only_allowed=known))
    return orders


def _unit_factors(database: Database) -> Mapping[str, int]:
    with database.reading() as connection:
        return unit_factors(connection)


def _load_sales(batch: Batch, group: Sequence[Recognised], orders: Orders) -> Receipt:
    loaded = load_sales.load(batch, orders)
    stock.refresh(batch.uow, loaded.products.tolist(), batch.company.time_zone)
    fates, records = loaded.row_fate, loaded.record_fate
    issues = sorted(orders.rows.issues, key=lambda issue: (issue.file_no, issue.row or 0))
    keep_rejected(batch, [item.table for item in group], records == REJECTED, issues)
    return Receipt(
        batch_id=batch.id,
        files=_files(group),
        format="+".join(dict.fromkeys(item.declared.name for item in group)),
        rows_read=len(records),
        rows_accepted=int((records == ACCEPTED).sum()),
        rows_rejected=int((records == REJECTED).sum()),
        rows_unchanged=int((records == UNCHANGED).sum()),
        orders=loaded.orders,
        cancellations=loaded.cancellations,
        lines=loaded.lines,
        quantity=loaded.quantity,
        amount_read=load_sales.amounts_by_currency(orders, np.ones(len(fates), bool)),
        amount_accepted=load_sales.amounts_by_currency(orders, fates == ACCEPTED),
        amount_rejected=load_sales.amounts_by_currency(orders, fates == REJECTED),
        amount_unchanged=load_sales.amounts_by_currency(orders, fates == UNCHANGED),
        issues=tuple(issues),
    )


def _files(group: Sequence[Recognised]) -> tuple[FileRead, ...]:
    return tuple(
        FileRead(g.table.name, g.table.sha256, g.declared.name, g.table.encoding, len(g.table), g.table.columns)
        for g in group
    )


def _refuse_if_any_rejects(issues: Sequence[Issue]) -> None:
    rejecting = [issue for issue in issues if issue.severity == "rejects"]
    if rejecting:
        first = rejecting[0]
        raise BadInput(
            T(
                "{count} problems in the file, the first in row {row}: {message}",
                count=len(rejecting),
                row=first.row,
                message=first.message,
            ),
            hint=T("Correct the rows, or import without --strict: the other orders then go in."),
            code="import.strict",
        )  # fmt: skip


def _open_batch(uow: UnitOfWork, declared: Format, options: ImportOptions) -> int:
    batch_id = next_id(uow.connection, import_batch)
    uow.connection.execute(
        sa.insert(import_batch).values(
            id=batch_id,
            at=uow.now(),
            actor=uow.actor,
            format=declared.name,
            channel=options.channel,
            status="done",
            receipt={},
        )
    )
    return batch_id


def _close_batch(batch: Batch, group: Sequence[Recognised], receipt: Receipt, options: ImportOptions) -> None:
    uow, batch_id = batch.uow, batch.id
    advance_sequence(uow.connection, import_batch)
    document = receipt.to_json("en") | {"issues": []}
    uow.connection.execute(
        sa.update(import_batch).where(import_batch.c.id == batch_id).values(receipt=document, format=receipt.format)
    )
    for item in group:
        uow.connection.execute(
            sa.insert(import_file).values(
                batch_id=batch_id,
                name=item.table.name,
                sha256=item.table.sha256,
                columns=list(item.table.columns),
                open_columns=_open_columns(item),
            )
        )
        if options.remember and (options.mapping or options.format) and not options.dry_run:
            remember_mapping(uow, item.table.columns, item.declared.name, item.detection.columns)
    kept = receipt.issues[:ISSUES_KEPT]
    unsaid = [without_words(issue.message) for issue in kept]
    vault = sealing_vault(uow.connection)
    insert_columns(
        uow.connection,
        import_issue,
        {
            "batch_id": [batch_id] * len(kept),
            "file_no": [issue.file_no for issue in kept],
            "row": [issue.row for issue in kept],
            "column": [issue.column for issue in kept],
            "code": [issue.code for issue in kept],
            "severity": [issue.severity for issue in kept],
            "message": [plain.to_json() for plain in unsaid],
            "personal": [
                None if plain == issue.message else vault.seal({"message": issue.message.to_json()})
                for issue, plain in zip(kept, unsaid, strict=True)
            ],
        },
    )
    audit.record(
        uow, audit.Act.IMPORT, str(batch_id), before=batch.before or None, after=batch.after or None,
        format=receipt.format, rows=receipt.rows_read,
        accepted=receipt.rows_accepted, rejected=receipt.rows_rejected, files=[item.table.sha256 for item in group],
    )  # fmt: skip


def _open_columns(item: Recognised) -> list[int]:
    """Positions of the file's columns that were read as something that is no person's."""
    fields = item.declared.fields
    personal = {at for name, at in item.detection.indices.items() if fields[name].personal}
    return sorted(set(item.detection.indices.values()) - personal)


def remember_mapping(uow: UnitOfWork, columns: Sequence[str], format_name: str, mapping: Mapping[str, str]) -> None:
    """Keep which header holds which field, for the next file with this header row."""
    require(uow, Permission.IMPORT_FILES)
    key = header_key(columns)
    uow.connection.execute(sa.delete(import_mapping).where(import_mapping.c.header_key == key))
    uow.connection.execute(
        sa.insert(import_mapping).values(
            header_key=key, format=format_name, columns=dict(mapping), at=uow.now(), actor=uow.actor
        )
    )


def forget_mapping(uow: UnitOfWork, columns: Sequence[str]) -> None:
    """Forget the mapping of this header row."""
    require(uow, Permission.IMPORT_FILES)
    uow.connection.execute(sa.delete(import_mapping).where(import_mapping.c.header_key == header_key(columns)))


def _known_since(connection: sa.Connection, group: Sequence[Recognised]) -> int:
    """The first import, not taken back, that brought the very same files; 0 without one.

    Not the latest: a file that came again and changed nothing has not become newer than what was said since.
    """
    digests = {item.table.sha256 for item in group}
    query = (
        sa.select(import_file.c.batch_id)
        .join(import_batch, import_batch.c.id == import_file.c.batch_id)
        .where(import_batch.c.status == "done", import_file.c.sha256.in_(digests))
        .group_by(import_file.c.batch_id)
        .having(sa.func.count(sa.distinct(import_file.c.sha256)) == len(digests))
        .order_by(import_file.c.batch_id)
        .limit(1)
    )
    return int(connection.execute(query).scalar() or 0)


def _sha_is_live(connection: sa.Connection, group: Sequence[Recognised]) -> bool:
    """Whether the very same bytes stand imported already."""
    query = (
        sa.select(sa.func.count())
        .select_from(import_file.join(import_batch, import_batch.c.id == import_file.c.batch_id))
        .where(import_batch.c.status == "done", import_file.c.sha256.in_([item.table.sha256 for item in group]))
    )
    return bool(connection.execute(query).scalar_one())


def undo_import(database: Database, who: As, batch_id: int) -> None:
    """Take an import back by reversing its facts; refused, naming them, while later imports rest on it."""
    require(who, Permission.UNDO_IMPORTS)
    with unit_of_work(database, who) as uow:
        # As an import does first of all: none begins meanwhile, and the two never wait crosswise.
        lock(uow.connection, import_batch)
        batch = uow.connection.execute(sa.select(import_batch).where(import_batch.c.id == batch_id)).one_or_none()
        if batch is None:
            raise NotFound(
                T("There is no import {batch}.", batch=batch_id),
                hint=T("The page Data, view Receipts, lists all imports."),
                code="undo.no_such_import",
            )
        if batch.status != "done":
            raise Conflict(
                T("Import {batch} is undone already.", batch=batch_id),
                hint=T("Nothing needs to be done. Import the file again to bring it back."),
                code="undo.already_undone",
            )
        changes.refuse_if_later_rests_on(uow.connection, batch_id)
        products = set(order_undo.withdraw(uow, batch_id).tolist())
        products |= set(stock.reverse_batch(uow, batch_id))
        products |= set(load_facts.withdraw_after_sales(uow, batch_id))
        products |= set(purchasing.withdraw_batch(uow, batch_id))
        for withdraw in (catalog.withdraw_costs, finance.withdraw_batch):
            withdraw(uow, batch_id)
        changes.restore(uow, batch_id)
        parties.withdraw_batch(uow, batch_id, changes.customers_in_use(), changes.suppliers_in_use())
        catalog.withdraw_batch(uow, batch_id, changes.products_in_use())
        company = read_company(uow.connection)
        stock.refresh(uow, sorted(products), company.time_zone)
        stock.revalue(uow)
        uow.connection.execute(
            sa.update(import_batch)
            .where(import_batch.c.id == batch_id)
            .values(status="undone", undone_at=uow.now(), undone_by=uow.actor)
        )
        audit.record(
            uow, audit.Act.UNDO_IMPORT, str(batch_id), before={"status": "done"}, after={"status": "undone"}
        )  # fmt: skip
        uow.commit()
