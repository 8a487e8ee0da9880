"""Tables of text: reading every container a merchant has, reading single values, and the one exporter.

Knows nothing of orders, products or formats. `read.read_table` gives a `table.RawTable`; `values` makes numbers, times
and ids of its cells; `export` writes.
"""
