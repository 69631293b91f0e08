"""For portals and robots: what they can take, and how they keep it up to date.

atom.py          /feeds/…                     changes, for those who follow something
catalog.py       /catalog…                    data sets: `datasets.py`; in DCAT: `dcat.py`; in
                                              schema.org: `schemaorg.py`; their files: `files.py`
checked.py       /about/harvest-check         what a walk through all of it found
crawlers.py      /robots.txt /sitemap.xml     pages, for search engines
differences.py   /changes/…                   what releases changed
dumps.py         /dumps/…                     files
fragments.py     /fragments                   statements by pattern, for clients that join
oai.py           /oai                         records of OAI-PMH (`selection.py`, `dublincore.py`)
registries.py    /about/registries             what registries ask for
service.py       /.well-known/void /health    the service as a whole
stream.py        /ldes/…                      every version of every thing, for those who follow
"""

from kg.web.harvest.atom import feeds
from kg.web.harvest.catalog import catalog
from kg.web.harvest.checked import checked
from kg.web.harvest.crawlers import crawlers
from kg.web.harvest.differences import changes
from kg.web.harvest.dumps import dumps
from kg.web.harvest.fragments import fragments
from kg.web.harvest.oai import oai
from kg.web.harvest.registries import registries
from kg.web.harvest.service import service
from kg.web.harvest.stream import stream

BLUEPRINTS = (
    catalog,
    changes,
    checked,
    crawlers,
    dumps,
    feeds,
    fragments,
    oai,
    registries,
    service,
    stream,
)
