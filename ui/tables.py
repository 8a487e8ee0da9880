"""Tables of products with the formats of the house, and the download of what is filtered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from erp_core.files.export import ExportHeader, export_csv, export_xlsx
from erp_core.security.permissions import Permission
from erp_core.text import T, Text, format_number
from ui.guard import Visit, require_still


@dataclass(frozen=True)
class Column:
    """One column: its name, and how its values are shown: text, count, money, number, percent, day, bar, spark."""

    title: Text
    kind: str = "text"
    help: Text | None = None


def configuration(
    visit: Visit, columns: Mapping[str, Column], largest: Mapping[str, float] | None = None
) -> dict[str, object]:
    """Streamlit's column configuration for the house's kinds of columns."""
    built: dict[str, object] = {}
    for name, column in columns.items():
        title = visit.plain(column.title)
        note = visit.plain(column.help) if column.help else None
        config = st.column_config
        if column.kind in ("count", "money", "number"):
            format_ = {"count": "localized", "money": "localized", "number": "%.2f"}[column.kind]
            built[name] = config.NumberColumn(title, help=note, format=format_)
        elif column.kind == "percent":
            built[name] = config.NumberColumn(title, help=note, format="percent")
        elif column.kind == "day":
            built[name] = config.DateColumn(title, help=note)
        elif column.kind == "bar":
            top = (largest or {}).get(name, 100.0)
            built[name] = config.ProgressColumn(title, help=note, format="%.0f", min_value=0, max_value=top)
        elif column.kind == "spark":
            built[name] = config.BarChartColumn(title, help=note, y_min=0)
        else:
            built[name] = config.TextColumn(title, help=note)
    return built


ROWS_SHOWN = 1_000  # a browser shows these at once; more make every click slow


def first_rows(visit: Visit, frame: pd.DataFrame) -> pd.DataFrame:
    """What of a long table is shown, and a word on it where that is not all."""
    if len(frame) > ROWS_SHOWN:
        shown, count = (format_number(number, visit.language) for number in (ROWS_SHOWN, len(frame)))
        st.caption(visit.say(T("The first {shown} of {count}; the download has all.", shown=shown, count=count)))
    return frame.head(ROWS_SHOWN)


def downloads(
    visit: Visit,
    frame: pd.DataFrame | Callable[[], pd.DataFrame],
    columns: Mapping[str, Column],
    title: Text,
    filters: Mapping[str, str],
) -> None:
    """CSV and XLSX of just these rows. A function is asked for them when somebody clicks, and not before."""
    if not visit.actor.may(Permission.EXPORT):
        return
    shown: Sequence[tuple[str, str]] = [
        (name, visit.plain(column.title)) for name, column in columns.items() if column.kind != "spark"
    ]
    name = f"{visit.plain(title)}_{dt.date.fromordinal(visit.clock.now().toordinal()).isoformat()}"

    def rows() -> pd.DataFrame:
        require_still(visit, Permission.EXPORT)
        return frame() if callable(frame) else frame

    header = ExportHeader(visit.plain(title), visit.actor.name, visit.clock.now(), visit.language, filters)
    side_by_side = st.container(horizontal=True)
    side_by_side.download_button(
        visit.say(T("Download CSV")), lambda: export_csv(rows(), shown), f"{name}.csv", "text/csv",
        icon=":material/download:", on_click="ignore", key=f"csv_{title.id}",
    )  # fmt: skip
    side_by_side.download_button(
        visit.say(T("Download XLSX")), lambda: export_xlsx(rows(), shown, header), f"{name}.xlsx",
        icon=":material/table_view:", on_click="ignore", key=f"xlsx_{title.id}",
    )  # fmt: skip
