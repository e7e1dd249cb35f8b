"""``python -m adapter``: the command without its script."""

import sys

from adapter.cli import main

if __name__ == "__main__":
    sys.exit(main())
