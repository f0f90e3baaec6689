"""``python -m pi_reader``."""

import sys

from pi_reader.cli import main

if __name__ == "__main__":
    sys.exit(main())
