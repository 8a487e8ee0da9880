"""Choosing an ERP: what is needed, who offers it, what it costs, how sure the answer is, what it returns.

One document, a `schema.Decision`, holds everything that an answer rests on. `evaluation.evaluate` turns it into the
answer; page, terminal, notebook and decision file all show that one answer. Everything but `tables`, `service` and
`views` is pure computation.
"""
