"""Under PostgreSQL: what a role of the program may do, so that not even the program could change the audit.

The owner of the database makes and upgrades the tables, restores backups and grants; the program works as another role
that may add audit events and read them, and nothing else with them.
"""

from __future__ import annotations

import sqlalchemy as sa

from erp_core.db.engine import Database
from erp_core.db.migrate import VERSION_TABLE
from erp_core.errors import BadInput, NotFound
from erp_core.security.tables import audit_event, audit_head
from erp_core.text import T


def statements(connection: sa.Connection, role: str) -> list[str]:
    """What gives the role all that the program needs, in the order in which it is to be run; what it held before is
    taken first."""
    quote = connection.dialect.identifier_preparer.quote_identifier
    name, database = quote(role), quote(str(connection.engine.url.database))
    schema = quote(str(connection.execute(sa.select(sa.func.current_schema())).scalar_one()))
    event, head, version = quote(audit_event.name), quote(audit_head.name), quote(VERSION_TABLE)
    return [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {name}",
        f"GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {name}",
        f"GRANT USAGE ON SCHEMA {schema} TO {name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {name}",
        f"GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA {schema} TO {name}",
        f"REVOKE UPDATE, DELETE ON {event} FROM {name}",
        f"REVOKE DELETE ON {head} FROM {name}",
        f"REVOKE INSERT, UPDATE, DELETE ON {version} FROM {name}",
    ]


def grant(database: Database, role: str) -> list[str]:
    """Give an existing role these rights, in one transaction; returns the statements. Run it again after an upgrade or
    a restore: new tables have no grants.

    Raises BadInput where the database is SQLite, has no rights to give, or the role owns it; NotFound where there is no
    such role.
    """
    if database.is_sqlite:
        raise BadInput(
            T("SQLite knows no roles; there the triggers alone keep the audit."),
            hint=T("Grants are for PostgreSQL: set ERP_DATABASE_URL to its address."),
            code="grants.sqlite",
        )
    with database.writing_connection() as connection:
        asked = sa.text(
            "SELECT rolsuper OR EXISTS (SELECT 1 FROM pg_tables t WHERE t.tablename = :table AND"
            " pg_has_role(:role, t.tableowner, 'MEMBER')) FROM pg_roles WHERE rolname = :role"
        )
        above = connection.execute(asked, {"role": role, "table": audit_event.name}).scalar_one_or_none()
        if above is None:
            raise NotFound(
                T("There is no role “{role}”.", role=role),
                hint=T("Make it first: CREATE ROLE name LOGIN PASSWORD '…'."),
                code="grants.no_role",
            )
        if above:
            raise BadInput(
                T("The role “{role}” owns the tables or may do everything; no grant limits it.", role=role),
                hint=T("Let the program work as another role than the owner."),
                code="grants.owner",
            )
        wanted = statements(connection, role)
        for statement in wanted:
            connection.exec_driver_sql(statement.replace("%", "%%"))
        transaction = connection.get_transaction()
        assert transaction is not None
        transaction.commit()
    return wanted
