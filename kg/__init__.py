"""The ESS knowledge graph: from sources to a released graph that answers.

    data/ + registers --> sources --> statements --> check --> release --> query --> web

Building (`build`, `convert`, `statements`, `link`, `rules`, `check`, `describe`, `release`) and
serving (`query`, `web`) share nothing but a release folder. `docs/architecture.md` is the plan of
the house; `docs/model.md` says how things are described.
"""
