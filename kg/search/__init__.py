"""The index of names and facets: what lists, suggestions and search are made of.

    fold.py     text without accents, case, ligatures and punctuation; identifiers
    entries.py  what the index knows of each entity, from the table of statements
    fields.py   the fields of the index, and writing it
    index.py    asking it

It is a Tantivy index, one document per entity, written once per release into `search/`.
"""
