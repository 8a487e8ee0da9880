"""ERP Workbench: the library behind the pages, the terminal and the notebooks."""

__version__ = "0.1.0"
