"""Run the mutants of the money, rights and deal code, and write docs/mutation.md.

    python -m tests.mutation [--every N] [--workers N] [room …]

`room` is a key of ROOMS; without one all are tried. With `--every 20` a twentieth of the mutants stands for all, the
form for a working day; the long form takes hours. Exit code 1 when a mutant survives that explained.toml does not
explain.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter, defaultdict
from pathlib import Path

from tests.mutation.plugin import NOT_REACHED, ROOT, SURVIVED

REPORT = ROOT / "docs" / "mutation.md"
EXPLAINED = Path(__file__).with_name("explained.toml")
#: What is changed, and the tests that must notice.
ROOMS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "rights": (("listings/rights",), ("tests/rights", "tests/concurrency/test_rights_races.py", "tests/deals")),
    "money": (("marketplace/payments",), ("tests/payments", "tests/concurrency/test_money.py", "tests/deals")),
    "deals": (("listings/deals", "listings/brokers"), ("tests/deals", "tests/brokers", "tests/concurrency")),
    "signing": (("marketplace/signing",), ("tests/signing", "tests/deals")),
}


def run(room: str, every: int, workers: int) -> list[dict[str, str]]:
    """Each mutant's end; the work is shared among processes that have servers of their own."""
    places, tests = ROOMS[room]
    with tempfile.TemporaryDirectory() as folder:
        outcomes = [Path(folder) / f"{share}.jsonl" for share in range(workers)]
        running = [
            subprocess.Popen(
                [
                    *(sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "tests.mutation.plugin", *tests),
                    *(part for place in places for part in ("--mutate", place)),
                    *("--every", str(every), "--share", f"{share}/{workers}", "--outcome", str(outcome)),
                ],
                cwd=ROOT,
                stdout=sys.stderr,
            )
            for share, outcome in enumerate(outcomes)
        ]
        for process in running:
            process.wait()
        return [json.loads(line) for outcome in outcomes for line in outcome.read_text(encoding="utf-8").splitlines()]


def report(found: dict[str, list[dict[str, str]]], every: int, explained: dict[str, str]) -> str:
    lines = [
        "# Mutation tests",
        "",
        "Written by `make mutation`. Each mutant changes one operator, number, condition, return, raise or call inside",
        "a function; it is noticed when a test fails that passes without it.",
        f"Tried: {'every mutant' if every == 1 else f'one mutant in {every}'}.",
        "",
        "| room | mutants | noticed | not noticed | explained | no test reaches the line |",
        "|---|---|---|---|---|---|",
    ]
    for room, mutants in found.items():
        ends = Counter(mutant["end"] for mutant in mutants)
        quiet, unreached = ends[SURVIVED], ends[NOT_REACHED]
        noticed = len(mutants) - quiet - unreached
        share = f"{noticed} ({100 * noticed / len(mutants):.1f} %)" if mutants else "0"
        known = sum(mutant["end"] == SURVIVED and mutant["key"] in explained for mutant in mutants)
        lines.append(f"| {room} | {len(mutants)} | {share} | {quiet} | {known} | {unreached} |")
    lines += ["", "## Not noticed", ""]
    by_path: dict[str, list[dict[str, str]]] = defaultdict(list)
    for mutants in found.values():
        for mutant in mutants:
            if mutant["end"] in (SURVIVED, NOT_REACHED):
                by_path[mutant["path"]].append(mutant)
    for path, mutants in sorted(by_path.items()):
        lines += [f"### {path}", ""]
        for mutant in sorted(mutants, key=lambda each: int(each["line"])):
            change = mutant["key"].removeprefix(f"{path}::")
            why = explained.get(mutant["key"], "no test reaches it" if mutant["end"] == NOT_REACHED else "")
            lines.append(f"- line {mutant['line']}, `{change}`" + (f": {why}" if why else ""))
        lines.append("")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("rooms", nargs="*", help=", ".join(ROOMS))
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    explained = tomllib.loads(EXPLAINED.read_text(encoding="utf-8")).get("why", {})
    found = {room: run(room, options.every, options.workers) for room in options.rooms or ROOMS}
    REPORT.write_text(report(found, options.every, explained), encoding="utf-8")
    quiet = [
        m["key"] for mutants in found.values() for m in mutants if m["end"] == SURVIVED and m["key"] not in explained
    ]
    sys.stdout.write("".join(f"{key}\n" for key in quiet))
    return 1 if quiet else 0


if __name__ == "__main__":
    raise SystemExit(main())
