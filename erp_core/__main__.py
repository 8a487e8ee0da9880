"""`python -m erp_core`: the terminal's way in."""

import sys

from erp_core.cli import main

sys.exit(main())
