"""Behind a running site: scenes set by the builders, codes of second factors, and the books read between two clicks.

A process beside the site has its settings and database; the test asks it in lines of JSON. What it makes goes through
the services, as everything the builders make does. What happens on stage is not its business.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

from tests.browser.site import ROOT, Site

START = "from tests.browser import backstage; backstage.serve()"


class Backstage:
    """The test's end of the line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def ask(self, what: str, **given: Any) -> Any:
        """The answer of one of the functions below. Raises AssertionError with what went wrong there."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps({"ask": what, "given": given}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"the process beside the site ended with {self.process.poll()}"
        told = json.loads(line)
        assert "problem" not in told, told["problem"]
        return told["answer"]


@contextmanager
def behind(site: Site) -> Iterator[Backstage]:
    """A process beside the site, for the length of the block."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", START],
        cwd=ROOT,
        env=site.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Backstage(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)


# ── the other end, in the process beside the site ────────────────────────────────────────────────────────────────────
def serve() -> None:
    """Answer until the line is closed. Only answers go to stdout."""
    import traceback

    from tests.browser import scenes

    answers = sys.stdout
    with redirect_stdout(sys.stderr):
        for line in sys.stdin:
            asked = json.loads(line)
            act: Callable[..., Any] = scenes.KNOWN[asked["ask"]]
            try:
                told = {"answer": act(**asked["given"])}
            except Exception:  # whatever it was, the test is to read it
                told = {"problem": traceback.format_exc()}
            answers.write(json.dumps(told, ensure_ascii=False) + "\n")
            answers.flush()
