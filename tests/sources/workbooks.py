"""Spreadsheets for tests, from tables that people can read.

A cell that begins with `=` is a number or a date of the spreadsheet; any other is text.
"""

import csv
import datetime

from openpyxl import Workbook


def workbook(path, *tables):
    """Write a spreadsheet whose sheets are these semicolon-separated tables; returns its path."""
    book = Workbook()
    for number, table in enumerate(tables):
        sheet = book.active if number == 0 else book.create_sheet()
        with table.open(encoding="utf-8", newline="") as file:
            for cells in csv.reader(file, delimiter=";"):
                sheet.append([_cell(cell) for cell in cells])
    book.save(path)
    return path


def _cell(text):
    if not text.startswith("="):
        return text or None
    try:
        return float(text[1:])
    except ValueError:
        return datetime.date.fromisoformat(text[1:])
