"""How pytest-xdist divides the tests of case files: those of one search stay together."""

from __future__ import annotations

import re

from xdist.scheduler import LoadScopeScheduling

from diffcheck.dtype import DTYPES

ITEM = re.compile(rf"(?P<case>.*)\[.*-(?P<dtype>{'|'.join(DTYPES)})\]")


class SearchScheduling(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist is untyped
    """`--dist load`, but tests of one case in one dtype go to one worker: there their search is done once."""

    def _split_scope(self, nodeid: str) -> str:
        return search_of(nodeid)


def search_of(nodeid: str) -> str:
    """What the tests of one search have in common; any other test stands alone."""
    found = ITEM.fullmatch(nodeid)
    return nodeid if found is None else f"{found['case']}[{found['dtype']}]"
