"""For portals and robots: what they can take, and how they keep it up to date.

dumps.py      /dumps/…                                files
service.py    /.well-known/void /health /robots.txt   the service as a whole
"""

from kg.web.harvest.dumps import dumps
from kg.web.harvest.service import service

BLUEPRINTS = (dumps, service)
