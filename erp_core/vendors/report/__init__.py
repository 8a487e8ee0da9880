"""The decision file: what was decided, by whom and on what, as a page that stands alone and a workbook that reckons."""
