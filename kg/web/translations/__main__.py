"""`python -m kg.web.translations`: see the package."""

import sys

from kg.web.translations import compile_all, update

if "update" in sys.argv[1:]:
    update()
compile_all()
