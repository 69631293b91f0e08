"""Start everything: `python server.py` does what `kg serve` does."""

import sys

from kg.cli import main

if __name__ == "__main__":
    main(["serve", *sys.argv[1:]])
