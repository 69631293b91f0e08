"""The harvest check: walks the interfaces of a site as harvesters do, and says what it found.

    walk.py      asking politely, and only the site itself
    parts.py     what is walked: one function for each interface
    report.py    what was found, as text and as JSON

`kg harvest-check` runs it; the site shows what it wrote last at `/about/harvest-check`.
"""
