"""What changed between releases.

    changes/                       of a release, against the release before
      added.nq.zst removed.nq.zst  statements that came, and that went
      patch.rdfp.zst               both, as an RDF Patch
      difference.parquet           both, as a table: sign (1 or -1), subject, predicate, object,
                                   sources
      entities.parquet             what became of entities: iri, kind, was, state, successor,
                                   modified, labels, places
      statements.parquet           all that is now stated of those that live
      answers/                     rows that came to the answers of questions, and that went

`was` and `state` are `live`, `merged` or `withdrawn` (`kg.history`), before and after; `was` is
null for what is new. `labels` are N-Triples literals, `places` the keys of the territories that
it lies in, the narrowest and all that contain it. A statement whose sources changed is removed with
the old ones and added with the new.

    write.py     these files, at build time
    answers.py   the answers of questions, and which of their rows changed
    between.py   the same (but for the last two) for any two releases, put together from these
    lists.py     which entities, of one such folder
    log.py       who changed when, to read page by page: for feeds, and for the event stream
"""

FOLDER = "changes"
DIFFERENCE = "difference.parquet"
ENTITIES = "entities.parquet"
STATEMENTS = "statements.parquet"
TEXTS = ("added.nq.zst", "removed.nq.zst", "patch.rdfp.zst")
# SQL: what became of an entity.
ACTION = """CASE WHEN state <> 'live' THEN state
    WHEN was = 'live' THEN 'changed' ELSE 'created' END"""
ACTIONS = ("created", "changed", "merged", "withdrawn")
