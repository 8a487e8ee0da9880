"""Every room's tables, registered on the one metadata. Only the migrations and tests need them all at once."""

import erp_core.attention.tables
import erp_core.catalog.tables
import erp_core.company.tables
import erp_core.customers.tables
import erp_core.db.tables
import erp_core.finance.tables
import erp_core.imports.tables
import erp_core.orders.tables
import erp_core.overview.tables
import erp_core.parties.tables
import erp_core.planning.tables
import erp_core.purchasing.tables
import erp_core.safety.tables
import erp_core.security.tables
import erp_core.stock.tables
import erp_core.vendors.tables  # noqa: F401
