"""From own numbers to a stored choice: needs are proposed, asked of a vendor, answered, edited in a spreadsheet, kept."""

from __future__ import annotations

import datetime as dt
import io

import python_calamine
import xlsxwriter

from erp_core.company.views import read_company
from erp_core.files.export import ExportHeader
from erp_core.overview.own_numbers import own_numbers
from erp_core.text import say
from erp_core.vendors import requirements, service, views
from erp_core.vendors.catalogue import catalogue
from erp_core.vendors.choice import Settings
from erp_core.vendors.naming import FIT_NAMES
from erp_core.vendors.own_numbers import scenario_from
from erp_core.vendors.proposals import propose
from erp_core.vendors.ratings import RfpAnswers, take_rfp
from erp_core.vendors.requirement_list import export_requirements, read_requirements
from erp_core.vendors.rfp import Received, export_rfp, is_their_own, read_rfp
from erp_core.vendors.schema import Decision, Fit, Priority, Requirement
from erp_core.vendors.template import template
from erp_core.vendors.views import Outside
from erp_core.vendors.working import Seen
from tests.integration.shop import Shop

TODAY = dt.date(2026, 3, 2)
HEADER = ExportHeader("New ERP", "Ann", dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC), "zh_CN")
SALES = "Order ID,Date,SKU,Quantity,Unit price,Currency,Status,Channel,Country\n" + "".join(
    f"{at},{dt.date(2026, 1, 1) + dt.timedelta(days=at)},LAMP,1,50,CNY,completed,{shop},CN\n"
    for at, shop in enumerate(["Tmall shop", "JD shop"] * 29)
)


def document(shop: Shop, decision_id: int) -> Decision:
    """The stored choice as one value."""
    return shop.read(views.decision_document, decision_id, Outside(TODAY, catalogue()))  # type: ignore[no-any-return]


def need(decision: Decision, key: str) -> Requirement:
    """One of its requirements."""
    (found,) = (one for one in decision.requirements if one.key == key)
    return found


def changed(content: bytes, sheet: str, cells: dict[tuple[str, int], object]) -> bytes:
    """The workbook with some cells filled in, as another program saves it: (first cell of the row, column) → value."""
    book = python_calamine.load_workbook(io.BytesIO(content))
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as fresh:
        for name in book.sheet_names:
            page = fresh.add_worksheet(name)
            for row, line in enumerate(book.get_sheet_by_name(name).to_python(skip_empty_area=False)):
                for at, cell in enumerate(line):
                    page.write(row, at, cells.get((str(line[0]), at), cell) if name == sheet else cell)
    return out.getvalue()


def test_needs_go_from_own_numbers_to_the_vendor_and_back(shop: Shop) -> None:
    shop.load(SALES)
    with shop.database.reading() as connection:
        numbers = own_numbers(connection, read_company(connection), TODAY)
    scenario = scenario_from(numbers, "CNY", TODAY).scenario
    vendors = tuple(sorted(vendor.key for vendor in catalogue())[:2])
    new = service.NewDecision("New ERP", Settings(scenario=scenario), propose(template(), numbers), vendors)
    made = shop.do(service.create_decision, new)
    begun = document(shop, made)
    jd = need(begun, "function.channels.jd")
    assert (jd.priority, jd.reason.en if jd.reason else "") == (Priority.MUST, "50% of the orders came from JD (京东).")
    assert need(begun, "function.channels.amazon").priority is Priority.NOT_NEEDED

    vendor = begun.vendors[0]
    sent = export_rfp(begun.requirements, vendor, begun.ratings, scenario, HEADER)
    answers = {("function.channels.jd", 5): say(FIT_NAMES[Fit.NATIVE], "zh_CN"), ("function.channels.jd", 10): "见手册"}
    back = read_rfp(
        Received(changed(sent, "RFP", answers), "回复.xlsx", TODAY), begun.requirements, vendor, scenario
    )  # fmt: skip
    assert back.issues == ()
    take = shop.do(take_rfp, Seen(made, None), RfpAnswers(vendor.key, back.ratings, "回复.xlsx"))
    assert len(take.taken) == 1
    (rating,) = document(shop, made).ratings
    assert (rating.fit, rating.note, is_their_own(rating)) == (Fit.NATIVE, "见手册", True)

    listed = export_requirements(begun.requirements, HEADER)
    edit = changed(listed, "Requirements", {("function.channels.jd", 5): 9})
    returned = read_requirements(edit, "list.xlsx", begun.requirements)
    assert shop.do(requirements.set_requirements, Seen(made, None), returned.changes) == 1
    after = document(shop, made)
    assert need(after, "function.channels.jd").weight == 9
    # a later proposal leaves what a person set, and takes the rest along
    shop.do(requirements.propose_again, Seen(made, None), propose(template(), ()))
    again = document(shop, made)
    assert need(again, "function.channels.jd").weight == 9
    assert need(again, "function.channels.amazon").priority is Priority.COULD
