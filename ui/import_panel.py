"""Drop files, see what they are and what an import would do, import. The work itself is done by jobs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from erp_core.imports import uploads, work
from erp_core.jobs.job import Status
from erp_core.money import currencies
from erp_core.security.permissions import Permission
from erp_core.text import T, format_number
from ui.guard import Visit
from ui.job_panel import book_of, follow
from ui.literal import literal
from ui.pages_list import address

_CHOSEN = "import_said"
_TYPES = ["csv", "tsv", "txt", "xlsx", "xls", "parquet", "gz"]


def show(visit: Visit) -> None:
    """The whole view: drop zone, check, import, receipt."""
    running = _job_in_url("import")
    if running is not None and _receipt(visit, running):
        return
    files = st.file_uploader(
        visit.say(T("Drop your files here")),
        type=_TYPES,
        accept_multiple_files=True,
        key="import_files",
        help=visit.say(T("CSV, TSV, XLSX or Parquet, also packed with gzip. Taobao’s two files go together.")),
    )
    if files:
        request = _request(visit, saved(visit, files))
        checking = book_of(visit).submit(
            work.CHECK, request.to_arguments(), actor=visit.actor.name, token=_token("check", request)
        )
        if st.query_params.get("check") != str(checking):
            st.query_params["check"] = str(checking)
    check = _job_in_url("check")
    if check is None:
        _first_steps(visit)
        return
    job = follow(visit, check, "check")
    if job.status is Status.DONE and job.result is not None:
        _checked(visit, work.ImportRequest.from_arguments(job.arguments), job.result)


def _job_in_url(name: str) -> int | None:
    word = st.query_params.get(name, "")
    return int(word) if word.isdigit() else None


def _first_steps(visit: Visit) -> None:
    platforms, tables = work.known_formats(visit.language)
    st.caption(visit.say(T("Recognised by themselves: {platforms}.", platforms=platforms)))
    st.caption(
        visit.say(
            T(
                "So is any table whose columns carry usual names: {tables}. Anything else you map here, once.",
                tables=tables,
            )
        )
    )


def saved(visit: Visit, files: Sequence[Any]) -> list[Path]:
    """Uploads under their own names, in a folder named by their content: the same upload again is the same folder."""
    return uploads.keep(visit.settings, [(file.name, file.getbuffer()) for file in files])


def _request(visit: Visit, paths: Sequence[Path]) -> work.ImportRequest:
    said: Mapping[str, Any] = st.session_state.get(_CHOSEN, {})
    if said.get("paths") != [str(path) for path in paths]:
        said = {}
    return work.ImportRequest(
        paths=tuple(str(path) for path in paths),
        format=said.get("format"),
        mapping=said.get("mapping", {}),
        channel=said.get("channel"),
        currency=said.get("currency"),
        language=visit.language,
    )


def _token(act: str, request: work.ImportRequest) -> str:
    words = json.dumps(request.to_arguments(), sort_keys=True, ensure_ascii=False)
    return f"{act}:{hashlib.sha256(words.encode()).hexdigest()}:{st.session_state.get('import_round', 0)}"


def _checked(visit: Visit, request: work.ImportRequest, result: Mapping[str, Any]) -> None:
    for number, file in enumerate(result["files"]):
        with st.container(border=True):
            _recognised(visit, file)
            if "columns" in file:
                _preview(visit, file)
                _mapper(visit, request, file, number)
    if any("error" in file for file in result["files"]):
        return
    if result["error"] is not None:
        _refused(result["error"])
        return
    for receipt in result["receipts"]:
        _totals(visit, receipt)
        _issues(visit, receipt)
    _options(visit, request)
    _import_button(visit, request, result["receipts"])


def _refused(error: Mapping[str, Any]) -> None:
    st.error(f"{literal(error['message'])}\n\n{literal(error['hint'] or '')}", icon=":material/error:")


def _recognised(visit: Visit, file: Mapping[str, Any]) -> None:
    name = literal(str(file["name"]))
    if file.get("format") in (None, "unknown"):
        st.markdown(f"**{name}** · :orange[{visit.say(T('not recognised'))}]")
    else:
        sure = f"{file['confidence']:.0%}"
        st.markdown(f"**{name}** · {literal(file['title'])} · :gray[{visit.say(T('{share} sure', share=sure))}]")
    for word in file.get("evidence", []):
        st.caption(literal(word))
    if "error" in file:
        _refused(file["error"])
        return
    facts = [visit.say(T("{count} rows", count=format_number(file["rows"], visit.language)))]
    if file.get("encoding"):
        facts.append(literal(str(file["encoding"])))
    facts.append(visit.say(T("header in row {row}", row=file["header_row"])))
    st.caption(" · ".join(facts))


def _preview(visit: Visit, file: Mapping[str, Any]) -> None:
    with st.expander(visit.say(T("First {count} rows", count=len(file["preview"])))):
        columns = _unique(file["columns"])
        rows = work.preview_rows(file, see_personal_data=visit.actor.may(Permission.SEE_PERSONAL_DATA))
        frame = pd.DataFrame(rows, columns=columns, index=pd.Index(file["numbers"]))
        st.dataframe(frame, placeholder="–", height=260)


def _unique(names: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return result


def _mapper(visit: Visit, request: work.ImportRequest, file: Mapping[str, Any], number: int) -> None:
    """Which column holds which field; open where something is missing."""
    unknown = file["format"] == "unknown" or bool(file["missing"])
    with st.expander(visit.say(T("Columns")), expanded=unknown):
        formats = dict(work.format_titles(visit.language))
        names = list(formats)
        current = file["format"] if file["format"] in names else "generic-sales"
        chosen = st.selectbox(
            visit.say(T("This file is")),
            names,
            index=names.index(current),
            format_func=lambda name: formats[name],
            key=f"import_format_{number}_{file['format']}",
        )
        with st.form(f"mapping_{number}_{chosen}", border=False):
            picked = _pickers(visit, file, chosen, number)
            if st.form_submit_button(visit.say(T("Use these columns")), icon=":material/check:"):
                st.session_state[_CHOSEN] = {
                    **_said(request),
                    "format": chosen,
                    "mapping": {name: header for name, header in picked.items() if header},
                }
                st.rerun()


def _pickers(visit: Visit, file: Mapping[str, Any], format_name: str, number: int) -> dict[str, str]:
    """One choice a field, those that must be filled first and marked."""
    none = visit.say(T("– not in the file –"))
    headers = ["", *dict.fromkeys(column for column in file["columns"] if column)]
    required, titles = work.fields_of(format_name, visit.language)
    st.caption(visit.say(T("Fields with * are needed: a SKU or a name, a unit price or a line amount will do.")))
    columns = st.columns(3)
    picked = {}
    for at, name in enumerate(sorted(titles, key=lambda name: name not in required)):
        held = file["mapping"].get(name, "") if format_name == file["format"] else ""
        picked[name] = columns[at % 3].selectbox(
            f"{titles[name]} *" if name in required else titles[name],
            headers,
            index=headers.index(held) if held in headers else 0,
            format_func=lambda header: header or none,
            key=f"import_field_{number}_{format_name}_{name}",
        )
    return picked


def _said(request: work.ImportRequest) -> dict[str, Any]:
    return {**request.to_arguments(), "paths": list(request.paths)}


def _options(visit: Visit, request: work.ImportRequest) -> None:
    with st.expander(visit.say(T("Shop and currency"))), st.form("import_options", border=False):
        left, right = st.columns(2)
        channel = left.text_input(
            visit.say(T("Shop that these orders belong to")),
            value=request.channel or "",
            help=visit.say(
                T("Empty: the file’s shop column, else the platform. One shop on one platform is one channel.")
            ),
        )
        known = ["", *sorted(currencies())]
        currency = right.selectbox(
            visit.say(T("Currency of money without one")),
            known,
            index=known.index(request.currency) if request.currency in known else 0,
            help=visit.say(T("Empty: the platform’s currency, else the company’s.")),
        )
        if st.form_submit_button(visit.say(T("Check again"))):
            st.session_state[_CHOSEN] = {
                **_said(request),
                "channel": channel.strip() or None,
                "currency": currency or None,
            }
            st.rerun()


def _totals(visit: Visit, receipt: Mapping[str, Any]) -> None:
    def number(value: int) -> str:
        return format_number(value, visit.language)

    cells = [
        (T("Rows"), number(receipt["rows_read"])),
        (T("New or changed"), number(receipt["rows_accepted"])),
        (T("Unchanged"), number(receipt["rows_unchanged"])),
        (T("Rejected"), number(receipt["rows_rejected"])),
    ]
    if receipt["orders"]:
        cells.append((T("Orders"), number(receipt["orders"])))
    cells += [(T("Money ({currency})", currency=c), amount) for c, amount in list(receipt["amount_read"].items())[:2]]
    for column, (label, value) in zip(st.columns(len(cells)), cells, strict=True):
        column.metric(visit.say(label), value)


def _issues(visit: Visit, receipt: Mapping[str, Any]) -> None:
    count = receipt["issue_count"]
    if not count:
        return
    title = T("{count} remarks, {rejecting} of them keep rows out", count=count, rejecting=receipt["rejecting"])
    with st.expander(visit.say(title), expanded=bool(receipt["rejecting"])):
        frame = pd.DataFrame(receipt["issues"], columns=["row", "column", "code", "message"]).astype({"row": "Int64"})
        st.dataframe(
            frame,
            placeholder="–",
            hide_index=True,
            column_config={
                "row": st.column_config.NumberColumn(visit.say(T("Row")), format="%d"),
                "column": visit.say(T("Column")),
                "code": None,
                "message": visit.say(T("What is wrong, and what to do")),
            },
        )


def _import_button(visit: Visit, request: work.ImportRequest, receipts: Sequence[Mapping[str, Any]]) -> None:
    rows = sum(receipt["rows_accepted"] for receipt in receipts)
    orders = sum(receipt["orders"] for receipt in receipts)
    lines = sum(receipt["lines"] for receipt in receipts)
    if not rows:
        st.info(visit.say(T("Nothing new in these files: everything in them stands already, or was rejected.")))
        return
    number = {"orders": format_number(orders, visit.language), "lines": format_number(lines, visit.language)}
    label = (
        T("Import {orders} orders, {lines} lines", **number)
        if orders
        else T("Import {rows} rows", rows=format_number(rows, visit.language))
    )
    if st.button(visit.say(label), type="primary", icon=":material/download:", key="import_go"):
        job = book_of(visit).submit(
            work.RUN, request.to_arguments(), actor=visit.actor.name, token=_token("import", request)
        )
        st.session_state["import_round"] = st.session_state.get("import_round", 0) + 1
        st.query_params.pop("check", None)
        st.query_params["import"] = str(job)
        st.rerun()


def _receipt(visit: Visit, job_id: int) -> bool:
    """The running or finished import of the URL; False when there is nothing to show."""
    job = follow(visit, job_id, "import")
    if job.status is Status.DONE and job.result is not None:
        for receipt in job.result["receipts"]:
            st.success(
                visit.say(T("Import {batch} is in: {rows} rows.", batch=receipt["batch_id"],
                            rows=format_number(receipt["rows_accepted"], visit.language))),
                icon=":material/check_circle:",
            )  # fmt: skip
            _totals(visit, receipt)
            _issues(visit, receipt)
        left, middle, right = st.columns(3)
        left.page_link(address("home"), label=visit.say(T("To Home")), icon=":material/home:")
        middle.page_link(
            address("inventory"), label=visit.say(T("See stock and turnover")), icon=":material/inventory_2:"
        )
        right.page_link(address("replenishment"), label=visit.say(T("What to buy")), icon=":material/shopping_cart:")
    if job.status not in (Status.QUEUED, Status.RUNNING) and st.button(
        visit.say(T("Import more files")), icon=":material/add:", key="import_more"
    ):
        st.query_params.pop("import", None)
        st.session_state.pop(_CHOSEN, None)
        st.session_state.pop("import_files", None)
        st.rerun()
    return True
