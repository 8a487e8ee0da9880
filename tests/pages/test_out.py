"""The view "Send out" and the shops' terms: what will be written is shown, written once, and only by who may."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from erp_core.db.engine import Database
from erp_core.orders.channels import read_channels
from erp_core.orders.tables import sales_order
from erp_core.security.actor import LOCAL_USER, Actor
from erp_core.security.permissions import Permission
from erp_core.security.tables import audit_event
from erp_core.text import LANGUAGES
from tests.pages.conftest import Open


def exports(database: Database) -> list[str]:
    with database.reading() as connection:
        query = sa.select(audit_event.c.action).where(audit_event.c.action.like("export %"))
        return list(connection.execute(query).scalars())


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click()
    return app.run()


def test_without_a_shop_the_view_says_what_to_do(shop: Database, open_page: Open) -> None:
    app = open_page("data", view="out")
    assert not app.exception
    assert "No shop yet" in app.info[0].value


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("what", ["stock", "tracking", "slips"])
def test_everything_that_goes_out_opens_by_its_address(
    filled: Database, open_page: Open, what: str, language: str
) -> None:
    app = open_page("data", language, view="out", shop="Web shop", what=what)
    assert not app.exception
    assert [error.value for error in app.error] == []


def test_stock_is_shown_then_written_then_offered(filled: Database, open_page: Open) -> None:
    app = open_page("data", view="out", shop="Web shop")
    assert app.dataframe[0].value.values.tolist() == [
        ["MUG-B", "Blue mug", "0", "Yiwu"],
        ["MUG-R", "Red mug", "40", "Yiwu"],
    ]
    assert exports(filled) == []
    app = press(app, "out_write")
    assert not app.exception
    assert exports(filled) == ["export stock"]
    assert "2 rows" in app.success[0].value


def test_slips_are_written_for_the_orders_that_are_named(filled: Database, open_page: Open) -> None:
    app = open_page("data", view="out", shop="Web shop", what="slips")
    app.text_input(key="out_numbers").set_value("S-1, S-9")
    app.run()
    app = press(app, "out_write")
    assert "S-9" in app.error[0].value
    app.text_input(key="out_numbers").set_value("S-1")
    app.run()
    app = press(app, "out_write")
    assert not app.error
    assert exports(filled) == ["export packing slips"]


def test_tracking_numbers_are_gone_from_the_list_once_written(filled: Database, open_page: Open) -> None:
    with filled.writing_connection() as connection:
        connection.execute(sa.update(sales_order).values(tracking_number="T-1", carrier="DHL"))
        connection.get_transaction().commit()  # type: ignore[union-attr]
    app = open_page("data", view="out", shop="Web shop", what="tracking")
    assert app.dataframe[0].value.values.tolist() == [["S-1", "DHL", "T-1", ""]]
    app = press(app, "out_write")
    assert "1 rows" in app.success[0].value
    assert not app.dataframe


def test_who_may_not_export_sees_no_table_and_no_button(filled: Database, open_page: Open) -> None:
    actor = Actor("guest", LOCAL_USER.permissions - {Permission.EXPORT})
    app = open_page("data", actor=actor, view="out")
    assert not app.exception
    assert "may not export" in app.info[0].value
    assert not app.dataframe


def test_settings_show_every_shop_and_keep_its_terms(filled: Database, open_page: Open) -> None:
    app = open_page("settings", view="shops")
    assert not app.exception
    assert any("Shops and what they may offer" in header.value for header in app.subheader)
    with filled.reading() as connection:
        assert {shop.name for shop in read_channels(connection)} == {"Web shop", "Market"}
