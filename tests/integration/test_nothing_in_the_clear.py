"""Files with persons in them go in by every way there is; then every byte that was written is searched for them."""

from __future__ import annotations

import base64
import datetime as dt
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.errors import ErpError
from erp_core.imports import uploads, work
from erp_core.imports.by_hand import HandCustomer, HandLine, HandOrder, enter_customer, enter_order
from erp_core.imports.inbox import INBOX_USER, process_inbox
from erp_core.imports.service import ImportOptions, import_files, undo_import
from erp_core.jobs.book import JobBook
from erp_core.jobs.job import Status
from erp_core.jobs.worker import run_pending, worker_log
from erp_core.safety.rules import Occasion
from erp_core.safety.service import Shelf, back_up
from erp_core.security.actor import LOCAL_USER
from erp_core.settings import Settings, load_settings
from erp_core.work import REGISTRY
from tests.opened import opened

PRODUCT = "Blue gnome of Quellmark"

SALES = """Order ID,Date,SKU,Product name,Quantity,Unit price,Currency,Shop,Status,Customer ID,Customer name,Email,Phone,\
Recipient,Shipping address,City,Buyer note,Note
W-1,2026-01-05,GNOME,{product},1,5.00,USD,West,paid,zyx.buyer.17,Zyxwana Oellmark,zyx@oellmark.example,\
+1 (512) 555-0177,Recipia Vantross,771 Hidden Larch Lane,Austin,ring at Wolfgertrud twice,seller thinks of Ottilie
W-2,2026-01-06,GNOME,{product},2,5.00,USD,West,paid,,Undonia Marquell,undonia@marquell.example,5125550188,\
Undonia Marquell,9 Vanished Court,Austin,please for Thusnelda,
"""
REVISED = SALES.replace("paid", "shipped").replace("555-0177", "555-0199").replace("Hidden Larch", "Moved Larch")
REJECTED = """Order ID,Date,SKU,Product name,Quantity,Unit price,Currency,Shop,Phone,Recipient,Shipping address,Buyer note
R-1,2026-01-05,GNOME,Gnome,many,5.00,USD,West,+49 151 5550 1234,Rejecta Quorn,12 Refused Road,for Hadwig
R-2,2026-01-05,GNOME,Gnome,1,Slippina Vex,USD,West,+4915155501235,Slippina Vex,13 Refused Road,x
R-3,2026-01-05,GNOME,Gnome,1,5.00,USD,West,1.5155501E+11,Rejecta Quorn,12 Refused Road,for Hadwig,Overhanga Mell
"""
EAST = """订单编号,下单时间,商品编码,商品名称,数量,单价,店铺,状态,买家账号,手机号,收货人,收货地址,省份,买家留言,备注
E-1,2026-01-05 10:00:00,GNOME,蓝色小矮人,1,35.00,东店,已付款,独角兽买家,139 7751 2468,欧阳独秀,幸福里八弄七号三零二,浙江省,请交给诸葛大妈,司马老客户
"""
CUSTOMERS = """Customer ID,Name,Email,Phone,City,Address,Note
zyx.list.9,Listania Fromm,listania@fromm.example,020 7946 0958,London,44 Listed Mews,allergic like Gerlinde
"""
SUPPLIERS = """Supplier,Contact,Email,Phone,Address,Currency,Lead time
Gnome Works,Contacta Brill,brill@gnomeworks.example,+86 579 8555 7733,5 Potters Yard,CNY,7
"""
CONTACTS = """Date,Shop,Customer ID,Customer name,Email,Phone,Order ID,Contact type,Direction,Subject,Note,Agent
2026-01-07 10:00,West,zyx.buyer.17,Zyxwana Oellmark,,,W-1,phone,in,where is Walburga's gnome,call Swanhild back,Agentha Post
2026-01-07 11:00,West,,Callina Drew,callina@drew.example,5125550155,,mail,in,price,,Agentha Post
"""
RETURNS = """Return no,Order ID,SKU,Quantity,Returned on,Status,Return reason
RMA-1,W-1,GNOME,1,2026-01-20,received,"wrong item, says Kunigunde of 5125550166"
"""
TRACKING = """Order ID,Tracking number,Carrier,Event time,Tracking event,Event location
W-1,1Z999,UPS,2026-01-08 10:00,signed for by Neighbora Stott,Porch of Pankraz
"""
FILES = {
    "sales": SALES.format(product=PRODUCT), "revised": REVISED.format(product=PRODUCT), "rejected": REJECTED,
    "east": EAST, "customers": CUSTOMERS, "suppliers": SUPPLIERS, "contacts": CONTACTS, "returns": RETURNS,
    "tracking": TRACKING,
}  # fmt: skip
BY_HAND = HandCustomer(
    name="Manualia Thorne", email="manualia@thorne.example", phone="(212) 555-0143", address="3 Typed Terrace",
)  # fmt: skip

SECRET = (
    "zyx.buyer.17", "Zyxwana", "Oellmark", "zyx@oellmark.example", "Recipia", "Vantross", "Larch Lane", "Wolfgertrud",
    "Ottilie", "Undonia", "Marquell", "Vanished Court", "Thusnelda", "Rejecta", "Quorn", "Refused Road", "Hadwig",
    "Slippina", "Overhanga", "独角兽买家", "欧阳独秀", "独秀", "幸福里", "诸葛大妈", "司马老客户", "zyx.list.9", "Listania", "Fromm",
    "Listed Mews", "Gerlinde", "Contacta", "Brill", "brill@", "Potters Yard", "Walburga", "Swanhild", "Agentha",
    "Callina", "callina@", "Kunigunde", "Neighbora", "Stott", "Pankraz", "Manualia", "thorne.example", "Typed Terrace",
)  # fmt: skip
NUMBERS = (  # the last nine digits, however they are written
    "125550177", "125550199", "125550188", "155501234", "155501235", "977512468", "079460958", "985557733", "125550155",
    "125550166", "125550143",
)  # fmt: skip


@pytest.fixture
def settings(database_url: str, home: Path) -> Settings:
    del home
    return replace(load_settings(), database_url=database_url)


def all_ways_in(settings: Settings, database: Database, clock: FixedClock, folder: Path) -> None:
    """The files as jobs, as the watched folder and as the terminal bring them, refusals and a fault among them."""
    who = LOCAL_USER.acting(clock)
    for name in ("sales", "rejected", "east"):  # as the page does
        paths = [str(path) for path in uploads.keep(settings, [(f"{name}.csv", FILES[name].encode())])]
        request = work.ImportRequest(paths=tuple(paths))
        book = JobBook(settings.jobs_path)
        numbers = [book.submit(kind, request.to_arguments(), actor="li") for kind in (work.CHECK, work.RUN)]
        run_pending(book, REGISTRY, settings, clock)
        assert [book.get(number).status for number in numbers] == [Status.DONE] * 2
        shown = book.get(numbers[0]).result
        assert shown is not None
        (file,) = shown["files"]
        assert work.preview_rows(file, see_personal_data=True) == file["preview"]
        masked = str(work.preview_rows(file, see_personal_data=False))
        # a name under the header of a price cannot be told from a price before the file is read
        assert ("GNOME" in masked, leaks(masked.encode()) - {"Slippina"}) == (True, set())
    for name in ("revised", "customers", "suppliers"):
        path = folder / f"{name}.csv"
        path.write_text(FILES[name], encoding="utf-8")
        (receipt,) = import_files(database, who, [path])
        assert receipt.rows_accepted > 0, name
    settings.inbox.mkdir(parents=True)
    for name in ("contacts", "returns", "tracking", "rejected"):
        (settings.inbox / f"{name}.csv").write_text(FILES[name], encoding="utf-8")
    later = FixedClock(dt.datetime.now(dt.UTC) + dt.timedelta(hours=1))
    process_inbox(database, INBOX_USER.acting(later), settings, later)
    path = folder / "undone.csv"
    path.write_text(FILES["sales"].replace("W-", "U-"), encoding="utf-8")
    (undone,) = import_files(database, who, [path])
    undo_import(database, who, undone.batch_id or 0)
    rejected = folder / "rejected.csv"
    rejected.write_text(FILES["rejected"], encoding="utf-8")
    with pytest.raises(ErpError):
        import_files(database, who, [rejected], ImportOptions(strict=True))
    noon = dt.datetime(2026, 3, 2, 4, 0, tzinfo=dt.UTC)
    lines = (HandLine("GNOME", 1, Decimal("5.00")),)
    enter_order(database, who, HandOrder("t-1", "By phone", noon, lines, customer=BY_HAND, note="asks for Hadwig"))
    enter_customer(database, who, "t-2", replace(BY_HAND, city="Boston", note="knows Hadwig"))
    cell = opened(database, "sales_order", "name")[0][0]
    with worker_log(settings) as log:
        try:
            int(cell)
        except ValueError as problem:
            log.error("A job failed", exc_info=problem)
    back_up(database, who, Shelf(settings.backups), Occasion.MANUAL)


def forms(word: str) -> set[bytes]:
    """A word as it may stand somewhere: in either encoding, escaped in JSON, and inside of Base64 at any place."""
    found = {word.encode(), word.encode("utf-16-le"), word.encode("utf-16-be"), word.encode("unicode_escape")}
    for start in range(3):
        encoded = base64.b64encode(b"\0" * start + word.encode())
        whole = encoded[4 if start else 0 : len(encoded) // 4 * 4 - 4]
        if len(whole) >= 8:
            found |= {whole, base64.urlsafe_b64encode(b"\0" * start + word.encode())[4 if start else 0 : -4]}
    return found


def leaks(content: bytes) -> set[str]:
    """The secrets that these bytes hold; numbers whatever stands between their digits."""
    found = {word for word in SECRET if any(form in content for form in forms(word))}
    for number in NUMBERS:
        digits = rb"[\s\-()./]{0,3}".join(bytes([digit]) for digit in number.encode())
        if re.search(digits, content) or number.encode("utf-16-le") in content:
            found.add(number)
    return found


def written(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below, archives member by member too."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path), path.read_bytes()
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as archive:
                    for member in archive.namelist():
                        yield f"{path}:{member}", archive.read(member)


def stored(database: Database, *, server_log: bool = True) -> Iterator[tuple[str, bytes]]:
    """What the database holds, as its own text and as the bytes of its files; `server_log`: those of PostgreSQL's
    write-ahead log too."""
    if database.is_sqlite:
        file = Path(database.url.database or "")
        for ending in ("", "-wal", "-shm"):
            if (path := file.with_name(file.name + ending)).exists():
                yield str(path), path.read_bytes()
        return
    with database.reading() as connection:
        for table in sa.inspect(connection).get_table_names():
            rows = connection.execute(sa.text(f'SELECT t::text FROM "{table}" t')).scalars()
            yield table, "\n".join(rows).encode()
    engine = sa.create_engine(database.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text("CHECKPOINT"))
        place = Path(connection.execute(sa.text("SHOW data_directory")).scalar_one())
        number = connection.execute(
            sa.text("SELECT oid FROM pg_database WHERE datname = current_database()")
        ).scalar_one()
    engine.dispose()
    for folder in (place / "base" / str(number), *([place / "pg_wal"] if server_log else [])):
        if folder.is_dir():  # a server elsewhere shows its rows only
            yield from written(folder)


def test_no_byte_that_is_written_holds_a_person(
    database: Database, settings: Settings, clock: FixedClock, tmp_path: Path
) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    all_ways_in(settings, database, clock, folder)
    # what went in can be read, by those who have the key
    orders = opened(database, "sales_order", "name", "address", "seller_note")
    assert ("Recipia Vantross", "771 Moved Larch Lane", "seller thinks of Ottilie") in orders
    assert ("欧阳独秀", "请交给诸葛大妈") in opened(database, "sales_order", "name", "buyer_note")
    assert "Rejecta Quorn" in str(opened(database, "import_rejected", "cells"))

    theirs = {text.encode() for text in FILES.values()}  # in the watched folder lies what the merchant put there
    everything = [*stored(database), *((name, held) for name, held in written(settings.home) if held not in theirs)]
    assert {name: found for name, held in everything if (found := leaks(held))} == {}
    # the search would find it: a product's name stands in the database and in the backup
    holding = {name for name, held in everything if PRODUCT.encode() in held}
    assert any("product" in name and ".zip:" in name for name in holding), holding
    assert len(holding) >= 2
    names = {Path(name).name for name, _ in everything}
    assert {"jobs.db", "worker.log"} <= names
    assert list(settings.uploads.iterdir()) == []


def test_the_search_finds_what_is_there() -> None:
    for word in SECRET:
        coded = base64.b64encode(f"x{word} and more".encode())
        for content in (word.encode(), f"a{word}b".encode("utf-16-le"), coded):
            assert word in leaks(content) or len(word.encode()) < 10, word
    for content in (b"+1 (512) 555-0177", b"512.555.0177", b"5125550177"):
        assert leaks(content) == {"125550177"}
