"""Measure everything and write bench/RESULTS.md.

    python -m bench [--scale 1.0] [names…]

Each part runs as a process of its own and prints one JSON document. Figures are ratios to a floor measured in the same
run wherever there is one; CPU seconds come from /proc. `--scale 0.01` is the short form that the pipeline runs.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PARTS = (
    "search",
    "pages",
    "importing",
    "rights",
    "acceptance",
    "statement",
    "valuation",
    "matching",
    "delay",
    "startup",
    "schedules",
    "close_of_day",
)


def measure(name: str, scale: float) -> dict[str, Any]:
    """Run one part; raises CalledProcessError with the part's own words on stderr."""
    answer = subprocess.run(
        [sys.executable, "-m", f"bench.{name}", "--scale", str(scale)],
        cwd=HERE.parent,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    figures: dict[str, Any] = json.loads(answer.stdout)
    return figures


def machine() -> str:
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        "",
    )
    memory = int(Path("/proc/meminfo").read_text().split()[1]) // 1024 // 1024
    import os

    return f"{os.cpu_count()} cores, {memory} GiB, {model}, Python {platform.python_version()}, {platform.system()}"


def now() -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())


def report(figures: dict[str, dict[str, Any]]) -> str:
    lines = [
        "# Measured figures",
        "",
        machine(),
        "",
        "Written by `make bench`, each part with its date. A ratio compares with a floor measured in the same run; CPU",
        "is that of all processes involved. `met` says whether the target beside the figure was reached in that run.",
        "",
    ]
    for name, part in figures.items():
        lines += [
            f"## {name}",
            "",
            *([f"{part['at']}, scale {part['scale']:g}.", ""] if "at" in part else []),
            part.get("conditions", ""),
            "",
            "| figure | value | target | met |",
            "|---|---|---|---|",
        ]
        for row in part["figures"]:
            value = row["value"]
            shown = (
                f"{value:,.3g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
            )
            met = {True: "yes", False: "**no**", None: ""}[row.get("met")]
            lines.append(f"| {row['name']} | {shown} {row.get('unit', '')} | {row.get('target', '')} | {met} |")
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--to", type=Path, default=HERE / "RESULTS.md")
    parser.add_argument("names", nargs="*", choices=[*PARTS, []], default=[])
    options = parser.parse_args()
    kept = HERE / "results.json"
    figures: dict[str, dict[str, Any]] = json.loads(kept.read_text()) if options.names and kept.exists() else {}
    for name in options.names or PARTS:
        print(f"bench: {name}", file=sys.stderr)
        figures[name] = {"at": now(), "scale": options.scale} | measure(name, options.scale)
    kept.write_text(json.dumps(figures, indent=1, ensure_ascii=False), encoding="utf-8")
    options.to.write_text(report({name: figures[name] for name in PARTS if name in figures}), encoding="utf-8")
    missed = [row["name"] for part in figures.values() for row in part["figures"] if row.get("met") is False]
    print("\n".join(["Missed:", *missed] if missed else ["Every target met."]), file=sys.stderr)


if __name__ == "__main__":
    main()
