"""`python -m flowc.runtime`."""

from __future__ import annotations

import sys

from flowc.runtime.shim import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
