"""What must be done before the site is served: `python -m marketplace.embedded.prepare [MARK]`.

One process does all of it, because loading Django takes longer than any of the steps on a second start. Messages go to
stderr; stdout carries what the visitor should be told, the demo sign-ins.
"""

import sys
from contextlib import redirect_stdout
from pathlib import Path

from django.conf import settings
from django.core.management import call_command, get_commands

from marketplace.embedded.commands import migrate
from marketplace.embedded.places import ROOT, say


def main(mark: str | None) -> None:
    """Migrate, compile stale translations, make a missing index, load the demo data once.

    Any failure is raised: nothing is served then.
    DEMO=0 in the environment leaves the demo data out; so does DEMO_DATA=0, which keeps the sandbox bank.
    """
    migrate(Path(mark) if mark else None)
    commands = get_commands()
    has_demo = settings.HAS_DEMO_DATA and "load_demo" in commands
    with redirect_stdout(sys.stderr):
        if "compile_translations" in commands and translations_are_stale(ROOT / "locale"):
            call_command("compile_translations")
        if "rebuild_search" in commands:
            call_command("rebuild_search", "--if-needed")
        if has_demo:
            call_command("load_demo", "--once")
        else:
            say("No demo data to load.", who="prepare")
    if has_demo:
        call_command("load_demo", "--sign-ins")


def translations_are_stale(locale: Path) -> bool:
    """Whether some catalogue was never compiled, or was changed after it was."""
    for source in locale.glob("**/*.po"):
        compiled = source.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
            return True
    return False


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
