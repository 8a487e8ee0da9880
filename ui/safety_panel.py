"""Safety in Settings: backups (what there is, make one, take one away, put one back) and the check of the ledger."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import streamlit as st

from erp_core.jobs.job import Job, Status
from erp_core.orders import ledger
from erp_core.safety import service, views, work
from erp_core.safety.terminal import restore_command
from erp_core.security.permissions import Permission
from erp_core.text import T, format_ago, format_bytes, format_datetime, format_number
from ui import acts
from ui.guard import Visit, afresh
from ui.job_panel import book_of, follow

_WORKING = (Status.QUEUED, Status.RUNNING)
_PROOFS_SHOWN = 5
PROOF_ASKED = T("The worker puts the backup back into an empty place and checks it; you can go on meanwhile.")
PROOF_UNDER_WAY = T("A backup is being proven already.")
ASKED = T("The worker makes the backup; you can go on meanwhile.")
UNDER_WAY = T("A backup is being made already.")


def show(visit: Visit) -> None:
    """The whole view."""
    found = views.backups(visit.settings.backups, visit.language)
    st.subheader(visit.say(T("Backups")))
    with visit.database.reading() as connection:
        proven = views.last_proven(connection)
        proofs = views.proofs(connection, visit.language, _PROOFS_SHOWN)
    _headline(visit, found, proven)
    _proof_state(visit, found, proven, proofs)
    under_way = _latest_job(visit, found)
    proving = _latest_proof_job(visit)
    if visit.actor.may(Permission.RUN_BACKUPS):
        with st.container(horizontal=True):
            make = st.button(visit.say(T("Back up now")), type="primary", icon=":material/save:", disabled=under_way)
            nothing = not found["readable"].any()
            prove = st.button(
                visit.say(T("Prove a restore")), icon=":material/verified:", disabled=proving or nothing,
                help=visit.say(
                    T(
                        "Puts the latest backup back into an empty place, checks pages, references, control totals and "
                        "that personal data can be opened, and deletes the place again. Your data are not touched."
                    )
                ),
            )  # fmt: skip
        if make:
            acts.attempt(visit, lambda: ASKED if work.ask_for_backup(book_of(visit), visit.actor) else UNDER_WAY, ASKED)
        if prove:
            acts.attempt(
                visit,
                lambda: PROOF_ASKED if work.ask_for_proof(book_of(visit), visit.actor) else PROOF_UNDER_WAY,
                PROOF_ASKED,
            )
    else:
        permission = str(Permission.RUN_BACKUPS)
        st.caption(
            visit.say(T("Making and taking backups needs the permission “{permission}”.", permission=permission))
        )
    picked = _list(visit, found)
    _proofs(visit, proofs)
    _restoring(visit, picked)
    _ledger(visit)


def _headline(visit: Visit, found: pd.DataFrame, proven: dt.datetime | None) -> None:
    good = found[found["readable"].astype(bool)]
    latest, restored, kept, following = st.columns(4)
    if good.empty:
        latest.metric(visit.say(T("Latest good backup")), "–", border=True)
    else:
        made_at = good["made_at"].iloc[0]
        latest.metric(
            visit.say(T("Latest good backup")),
            format_ago(visit.clock.now() - made_at, visit.language),
            border=True,
            help=format_datetime(made_at, visit.language, visit.company.time_zone),
        )
    restored.metric(
        visit.say(T("Last proven restore")),
        visit.say(T("never")) if proven is None else format_ago(visit.clock.now() - proven, visit.language),
        border=True,
        help=visit.say(
            T("When a backup was last put back into an empty place with every check passed. Done every week.")
        )
        if proven is None
        else format_datetime(proven, visit.language, visit.company.time_zone),
    )
    count, size = format_number(len(good), visit.language), format_bytes(int(good["bytes"].sum()), visit.language)
    kept.metric(
        visit.say(T("Backups kept")),
        "–" if good.empty else f"{count} · {size}",
        border=True,
        help=visit.say(
            T(
                "All of the last 24 hours; the latest of each of the last 7 days, 4 weeks and 6 months; those made before "
                "an upgrade or a restore for 90 days."
            )
        ),
    )
    due = work.next_time(visit.settings, visit.clock)
    note = visit.say(
        T(
            "Made by the worker while the app or the worker runs, otherwise when it is started again; none where nothing "
            "was done since the last. ERP_BACKUP_AT sets the hour."
        )
    )
    if due is None:
        following.metric(visit.say(T("Next nightly backup")), visit.say(T("switched off")), border=True, help=note)
    else:
        following.metric(
            visit.say(T("Next nightly backup")),
            format_ago(visit.clock.now() - due, visit.language),
            border=True,
            help=f"{format_datetime(due, visit.language, visit.company.time_zone)}. {note}",
        )
    if good.empty:
        st.warning(
            visit.say(T("There is no backup yet. If this disk breaks, everything is gone: make one now.")),
            icon=":material/warning:",
        )


def _proof_state(visit: Visit, found: pd.DataFrame, proven: dt.datetime | None, proofs: pd.DataFrame) -> None:
    """In words where the latest proof failed, or the last is too long ago."""
    if not proofs.empty and not proofs["proven"].iloc[0]:
        latest = proofs.iloc[0]
        st.error(
            visit.say(
                T(
                    "The backup {file} could not be put back: {problem} Make a new backup and prove that.",
                    file=latest["file"], problem=latest["problem"],
                )
            ),
            icon=":material/error:",
        )  # fmt: skip
        return
    kept = found["made_at"].dropna()
    unsure = views.why_unsure(proven, None if kept.empty else kept.min(), visit.clock.now())
    if unsure is not None:
        st.warning(visit.say(unsure), icon=":material/warning:")


def _latest_proof_job(visit: Visit) -> bool:
    """The proof under way, or why the latest could not be tried; whether one is under way."""
    job = next(iter(book_of(visit).recent(1, work.PROVE)), None)
    if job is None or job.status is Status.DONE:
        return False
    if job.status not in _WORKING and not (job.status is Status.FAILED and not _told(visit, job)):
        return False
    if visit.actor.may(Permission.RUN_BACKUPS):
        follow(visit, job.id, "proof")
    else:
        _without_buttons(visit, job)
    return job.status in _WORKING


def _told(visit: Visit, job: Job) -> bool:
    """Whether the attempt left its own record, which stands on the page already, or another came after it."""
    with visit.database.reading() as connection:
        tried = views.last_tried(connection)
    return tried is not None and tried >= job.submitted_at.replace(microsecond=0)  # attempts are kept by the second


def _proofs(visit: Visit, proofs: pd.DataFrame) -> None:
    if proofs.empty:
        return
    zone = visit.company.time_zone
    with st.expander(visit.say(T("Proofs of backups")), icon=":material/verified:"):
        shown = pd.DataFrame(
            {
                "when": [format_datetime(at, visit.language, zone) for at in proofs["at"]],
                "result": [
                    problem or visit.say(T("put back, every check passed")) for problem in proofs["problem"]
                ],
                "rows": proofs["rows"],
                "seconds": proofs["seconds"],
                "file": proofs["file"],
            }
        )  # fmt: skip
        st.dataframe(
            shown, hide_index=True, key="proofs",
            column_config={
                "when": visit.say(T("When")),
                "result": visit.say(T("Result")),
                "rows": st.column_config.NumberColumn(visit.say(T("Rows")), format="localized"),
                "seconds": st.column_config.NumberColumn(visit.say(T("Seconds")), format="localized"),
                "file": visit.say(T("File")),
            },
        )  # fmt: skip


def _latest_job(visit: Visit, found: pd.DataFrame) -> bool:
    """The backup under way, or how the latest failed; one that went well is in the list. Whether one is under way."""
    book = book_of(visit)
    latest = [job for kind in (work.MAKE, work.NIGHTLY) for job in book.recent(1, kind)]
    job = max(latest, key=lambda job: job.id, default=None)
    if job is None or job.status is Status.DONE:
        return False
    if job.status not in _WORKING and (found["made_at"].dropna() > job.submitted_at).any():
        return False  # another has been made since
    if job.status not in _WORKING:
        when = format_datetime(job.submitted_at, visit.language, visit.company.time_zone)
        st.markdown(f"**{visit.say(T('The latest backup, of {when}, did not get done.', when=when))}**")
    if visit.actor.may(Permission.RUN_BACKUPS):
        follow(visit, job.id, "backup")
    else:
        _without_buttons(visit, job)
    return job.status in _WORKING


def _without_buttons(visit: Visit, job: Job) -> None:
    if job.error is not None:
        st.error(visit.say(job.error.message), icon=":material/error:")
    elif job.message is not None:
        st.caption(visit.say(job.message))


def _list(visit: Visit, found: pd.DataFrame) -> str | None:
    """The table, and what can be done with the row that is chosen; its path."""
    if found.empty:
        return None
    zone = visit.company.time_zone
    shown = pd.DataFrame(
        {
            "when": [format_datetime(at, visit.language, zone) if pd.notna(at) else None for at in found["made_at"]],
            "why": [visit.plain(views.occasion_name(word)) if word else None for word in found["occasion"]],
            "size": [format_bytes(int(size), visit.language) for size in found["bytes"]],
            "rows": found["rows"],
            "state": [
                _state(visit, problem, bool(sealed))
                for problem, sealed in zip(found["problem"], found["sealed"], strict=True)
            ],
            "file": found["name"],
        }
    )
    event = st.dataframe(
        shown, placeholder="–", hide_index=True, on_select="rerun", selection_mode="single-row", key="backups",
        column_config={
            "when": visit.say(T("When")),
            "why": visit.say(T("Occasion")),
            "size": visit.say(T("Size")),
            "rows": st.column_config.NumberColumn(visit.say(T("Rows")), format="localized"),
            "state": visit.say(T("State")),
            "file": visit.say(T("File")),
        },
    )  # fmt: skip
    rows = event["selection"]["rows"]
    if not rows or rows[0] >= len(found):
        st.caption(visit.say(T("Choose a backup to download it, or to see how to put it back.")))
        return None
    name, path = str(found["name"].iloc[rows[0]]), str(found["path"].iloc[rows[0]])
    if visit.actor.may(Permission.RUN_BACKUPS) and visit.actor.may(Permission.EXPORT):
        shelf = service.Shelf(visit.settings.backups)
        st.download_button(
            visit.say(T("Download {file}", file=name)),
            lambda: service.hand_out(visit.database, afresh(visit).actor.acting(visit.clock), shelf, name),
            name, "application/zip" if name.endswith(".zip") else "application/octet-stream",
            icon=":material/download:", on_click="ignore", key="download_backup",
        )  # fmt: skip
    return path


def _state(visit: Visit, problem: str | None, sealed: bool) -> str:
    if problem:
        return problem
    return visit.say(
        T("read back and found whole; sealed with a passphrase") if sealed else T("read back and found whole")
    )


def _restoring(visit: Visit, path: str | None) -> None:
    with st.expander(
        visit.say(T("How to put a backup back")), icon=":material/settings_backup_restore:", expanded=path is not None
    ):
        st.markdown(
            visit.say(
                T(
                    "1. Close the workbench, so that nobody works on what is about to be replaced.\n"
                    "2. In the folder of the program, run the command below. It checks the file, makes a backup of what "
                    "there is now, and then replaces it; if anything goes wrong, all stays as it is.\n"
                    "3. Start the workbench again."
                )
            )
        )
        shown = path or str(visit.settings.backups / "erp-….zip")
        st.code(restore_command(shown), language=None)
        st.caption(
            visit.say(
                T(
                    "Backups lie in {folder}. Copy them to another machine as well: one on the same disk breaks with it.",
                    folder=str(visit.settings.backups),
                )
            )
        )


def _ledger(visit: Visit) -> None:
    st.subheader(visit.say(T("Check of the ledger")))
    st.caption(
        visit.say(
            T(
                "Compares the stock that is kept and the daily sums with the movements and the orders, and changes nothing."
            )
        )
    )
    may = visit.actor.may(Permission.VIEW_STOCK)
    if st.button(visit.say(T("Check now")), icon=":material/fact_check:", disabled=not may):
        ledger.ask_for_check(book_of(visit), visit.actor)
        st.rerun()
    latest = next(iter(book_of(visit).recent(1, ledger.CHECK)), None)
    if latest is None:
        return
    job = follow(visit, latest.id, "ledger")
    if job.status is not Status.DONE or job.result is None:
        return
    when = format_datetime(job.ended_at or job.submitted_at, visit.language, visit.company.time_zone)
    if job.result["ok"]:
        st.success(
            visit.say(T("{when}: balances and daily sums are what the ledger and the orders say.", when=when)),
            icon=":material/check_circle:",
        )
        return
    count = format_number(job.result["count"], visit.language)
    st.error(
        visit.say(T("{when}: {count} differences. This command sets them right:", when=when, count=count)),
        icon=":material/error:",
    )
    st.code(ledger.REBUILD_COMMAND, language=None)
    for name in ("differences", "rollup_differences"):
        if job.result[name]:
            st.dataframe(pd.DataFrame(job.result[name]).astype(str), hide_index=True)
