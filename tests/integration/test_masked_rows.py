"""Who may not see personal data sees rows that stayed out, remarks and contacts without it."""

from __future__ import annotations

import pandas as pd

from erp_core.customers.views import contacts
from erp_core.imports.receipt import Receipt
from erp_core.imports.views import issues_of, rejected_rows
from tests.integration.shop import Shop

ORDERS = """Order ID,Date,SKU,Quantity,Unit price,Currency,Shop,Phone,Recipient,Pet
1,2026-01-05,MUG,1,5.00,USD,Web,5.1255501E+11,Rejecta Quorn,Rex
2,2026-01-05,MUG,Slippina Vex,5.00,USD,Web,5125550177,Slippina Vex,Rex
3,2026-01-05,MUG,1,5.00,USD,Web,5125550178,Bo Ek,Rex,Overhanga Mell
"""


def rejected(shop: Shop, receipt: Receipt, *, see: bool) -> pd.DataFrame:
    with shop.database.reading() as connection:
        ((_, frame),) = rejected_rows(connection, receipt.batch_id or 0, "en", see_personal_data=see)
    return frame


def messages(shop: Shop, receipt: Receipt, *, see: bool) -> list[str]:
    with shop.database.reading() as connection:
        found: list[str] = issues_of(connection, receipt.batch_id or 0, "en", see_personal_data=see)["message"].tolist()
    return found


def test_cells_of_persons_and_of_columns_that_nobody_read_are_hidden(shop: Shop) -> None:
    receipt = shop.load(ORDERS)
    assert receipt.rows_rejected == 3
    seen, masked = (rejected(shop, receipt, see=see) for see in (True, False))
    assert seen[["SKU", "Phone", "Recipient", "Pet"]].values.tolist()[0] == [
        "MUG",
        "5.1255501E+11",
        "Rejecta Quorn",
        "Rex",
    ]
    hidden = masked.set_index("Row")[["SKU", "Quantity", "Phone", "Recipient", "Pet"]].values.tolist()
    assert hidden[0] == ["MUG", "1", "•••", "•••", "•••"]
    assert hidden[1] == ["MUG", "•••", "•••", "•••", "•••"], "a cell that is no quantity may be a name"
    assert hidden[2] == ["•••"] * 5, "a row whose cells do not fit the header may have a name anywhere"


def test_remarks_quote_no_word_to_those_who_may_not_see_it_and_none_of_a_persons_column_to_anybody(shop: Shop) -> None:
    receipt = shop.load(ORDERS)
    seen, masked = (" ".join(messages(shop, receipt, see=see)) for see in (True, False))
    assert "Slippina Vex" in seen
    assert "Slippina" not in masked
    told = " ".join(str(issue.message) for issue in receipt.issues)
    assert "5.1255501E+11" not in seen + masked + told


def test_contacts_are_masked(shop: Shop) -> None:
    shop.load("Date,Customer ID,Contact type,Subject,Note,Agent\n2026-01-07,C-5,phone,Hello Ann,call Bo,Mia Wong\n")
    with shop.database.reading() as connection:
        (seen,) = contacts(connection, see_personal_data=True).to_dict("records")
        (masked,) = contacts(connection).to_dict("records")
    assert (seen["subject"], seen["note"], seen["agent"]) == ("Hello Ann", "call Bo", "Mia Wong")
    assert (masked["subject"], masked["note"], masked["agent"]) == ("•••", "•••", "M** W***")
