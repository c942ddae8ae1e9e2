#!/usr/bin/env python3
"""Run a command of the market: `python manage.py help` lists them."""

import os
import sys
from pathlib import Path

VENV_PYTHON = Path(__file__).resolve().parent / ".venv" / "bin" / "python"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
    try:
        import django  # noqa: F401  # is this the Python that has our requirements?
    except ImportError:
        if VENV_PYTHON.exists() and Path(sys.prefix) != VENV_PYTHON.parents[1]:
            os.execv(VENV_PYTHON, [str(VENV_PYTHON), *sys.argv])  # noqa: S606
        sys.exit("The requirements are not installed: run `make install` first.")
    from marketplace.embedded.commands import run

    run(sys.argv)


if __name__ == "__main__":
    main()
