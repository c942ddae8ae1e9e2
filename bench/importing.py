"""Importing patents from CSV through the command, segmented and indexed, and what it does to memory."""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

from bench.harness import ROOT, answer, figure, fresh_site, scale_from_arguments
from listings.patents.numbers import check_digit

# fmt: off
WORDS = [
    "氟", "硅", "聚合物", "电解质", "膜", "制备", "方法", "装置", "系统", "主轴", "轴承", "补偿",
    "温度", "涂层", "橡胶", "密封", "树脂", "催化", "分离", "纤维", "机床", "传感", "控制", "结构",
    "强度", "低温", "改性", "复合", "材料", "表面",
]
# fmt: on
HEADER = [
    "申请号",
    "公开（公告）号",
    "专利名称",
    "摘要",
    "申请（专利权）人",
    "发明（设计）人",
    "IPC主分类号",
    "申请日",
    "授权日",
    "法律状态",
    "专利类型",
]


def write_sheet(path: Path, count: int, seed: int, words: int = 70) -> None:
    """`count` rows in the shape of a Chinese spreadsheet export, every number with its check digit; `words` to an
    abstract."""
    rng = random.Random(seed)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow(HEADER)
        for n in range(count):
            year = rng.randrange(2008, 2025)
            body = f"{year}1{seed:01d}{n:06d}"
            text = "".join(rng.choices(WORDS, k=words))
            out.writerow(
                [
                    f"CN{body}.{check_digit(body)}",
                    f"CN{100_000_000 + seed * 10_000_000 + n}A",
                    "一种" + "".join(rng.choices(WORDS, k=6)),
                    f"本发明公开了一种{text[:60]}，包括{text[60:]}。",
                    f"第{rng.randrange(5000)}号材料科技有限公司",
                    "甲某; 乙某",
                    f"C08{rng.choice('FGJKL')} {rng.randrange(1, 99)}/{rng.randrange(10, 99)}",
                    f"{year}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 28):02d}",
                    "",
                    rng.choice(["有权", "审中", "无效"]),
                    "发明专利",
                ]
            )


class Peak:
    """The largest size of a process tree, sampled while it lives; a page that several share counts once."""

    def __init__(self, pid: int) -> None:
        self.largest = 0
        self._process = psutil.Process(pid)
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while True:
            try:
                family = [self._process, *self._process.children(recursive=True)]
                self.largest = max(self.largest, sum(one.memory_full_info().pss for one in family))
            except psutil.NoSuchProcess:
                if not self._process.is_running():
                    return
            time.sleep(0.2)


def import_sheet(path: Path) -> tuple[float, float, dict[str, object]]:
    """(seconds, peak MB, the command's summary) of importing one file and having it in the index."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "import_patents", str(path), "--json"],
        cwd=ROOT,
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=sys.stderr,
    )
    peak = Peak(process.pid)
    out, _ = process.communicate()
    return time.perf_counter() - started, peak.largest / 1e6, json.loads(out)


def run(scale: float) -> None:
    small, large = max(1000, int(50_000 * scale)), max(4000, int(200_000 * scale))
    with fresh_site(), tempfile.TemporaryDirectory() as folder:
        from marketplace.search import index

        sizes = {}
        for seed, count in ((1, small), (2, large)):
            path = Path(folder) / f"{count}.csv"
            write_sheet(path, count, seed)
            seconds, memory, summary = import_sheet(path)
            if summary["created"] != count:
                raise RuntimeError(f"{summary} for {count} rows")
            sizes[count] = (count / seconds, memory)
        again, _memory, summary = import_sheet(path)
        if summary["unchanged"] != large:
            raise RuntimeError(f"{summary}: the second import changed something")
        found = index.search("patents", index.Query(text="电解质 膜")).total
        if not found:
            raise RuntimeError("imported patents are not found")
    rate, memory = sizes[large]
    growth = memory / sizes[small][1]
    answer(
        f"`manage.py import_patents` on {small:,} and {large:,} rows of a Chinese spreadsheet export (title, "
        "150-character abstract, parties, classes), start of the command included, segmented and searchable at its "
        "end; fsync on.",
        [
            figure("records a second, larger file", rate, "/s", target="≥ 2,500", met=rate >= 2500),
            figure("records a second, smaller file", sizes[small][0], "/s"),
            figure("records a second, second time (nothing changes)", large / again, "/s"),
            figure("peak memory, larger file", memory, "MB", target="< 500", met=memory < 500),
            figure("peak memory, larger ÷ smaller file", growth, "×", target="flat (≤ 1.2)", met=growth <= 1.2),
        ],
    )


if __name__ == "__main__":
    run(scale_from_arguments())
