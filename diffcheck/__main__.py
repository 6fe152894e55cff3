"""`python -m diffcheck` is `diffcheck`."""

from __future__ import annotations

import sys

from diffcheck.cli import main

if __name__ == "__main__":
    sys.exit(main())
