"""A small market of our own words: each listing once, in one language, and needs that one of them answers."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

TEXTS: dict[str, tuple[str, str, str]] = {
    "zh-pump": (
        "zh",
        "一种低噪声离心水泵",
        "本申请提供一种低噪声离心水泵，叶轮采用不等距叶片，泵壳内设有缓冲腔，降低水流脉动引起的振动与噪声，适用于居民楼供水。",
    ),
    "zh-film": (
        "zh",
        "耐高温锂电池隔膜及其制备方法",
        "在聚烯烃基膜表面涂覆陶瓷颗粒，得到耐高温锂电池隔膜，高温下收缩率低，避免电池内部短路，提高安全性。",
    ),
    "zh-orchard": (
        "zh",
        "果园自走式喷雾机器人",
        "机器人沿果树行间自动行走，用激光雷达识别树冠，按树冠大小调节喷雾量，减少农药浪费。",
    ),
    "zh-bridge": (
        "zh",
        "桥梁拉索索力监测装置",
        "在拉索上安装加速度传感器，由振动频率换算索力，并通过无线网络上传，及时发现桥梁拉索松弛。",
    ),
    "zh-tea": ("zh", "茶叶杀青机", "滚筒式茶叶杀青机，用蒸汽与热风联合加热，杀青均匀，叶色翠绿，能耗低。"),
    "en-hearing": (
        "en",
        "Hearing aid with directional microphone",
        "A hearing aid has two microphones and a processor that steers a beam toward the speaker in front of the user, "
        "so that speech is heard in a noisy room.",
    ),
    "en-desal": (
        "en",
        "Solar still for seawater",
        "Seawater is evaporated by sunlight on a floating black membrane and condensed as fresh water on a cold lid. "
        "The still needs no pump and no electricity.",
    ),
    "en-glue": (
        "en",
        "Adhesive that releases on heating",
        "An adhesive joins parts of a battery pack and loses its strength when heated, so that cells can be taken "
        "apart and recycled without damage.",
    ),
    "en-crane": (
        "en",
        "Anti-sway control for a crane",
        "The swing of a load hanging from a crane is measured by a camera and damped by moving the trolley, which lets "
        "containers be set down faster.",
    ),
    "en-wheel": (
        "en",
        "Wheelchair that climbs stairs",
        "A wheelchair carries two pairs of powered wheels on a rocker and climbs stairs while a gyroscope keeps the "
        "seat level.",
    ),
}
NEEDS: dict[str, tuple[str, str, str]] = {
    "same-zh": ("zh", "高层住宅的供水水泵振动太大，想找降低噪声的办法", "zh-pump"),
    "same-en": ("en", "Taking battery packs apart: an adhesive that lets go when heated", "en-glue"),
    "zh-to-en": ("zh", "寻找助听器技术，在嘈杂的房间里用麦克风听清对面说话的人", "en-hearing"),
    "zh-to-en-2": ("zh", "求购海水淡化方案，用太阳光蒸发海水得到淡水，不用电", "en-desal"),
    "en-to-zh": ("en", "Spraying robot for orchards that uses less pesticide on each tree", "zh-orchard"),
    "en-to-zh-2": ("en", "Monitoring the force in the cables of a bridge with wireless sensors", "zh-bridge"),
}


def write(folder: Path) -> Path:
    """The market as a judged collection in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with gzip.open(folder / "corpus.jsonl.gz", "wt", encoding="utf-8") as out:
        for name, (language, title, body) in TEXTS.items():
            out.write(json.dumps({"id": name, "lang": language, "title": title, "text": body}) + "\n")
    with (folder / "queries.jsonl").open("w", encoding="utf-8") as out:
        for name, (language, text, _right) in NEEDS.items():
            row = {"id": name, "kind": name.split("-")[0], "lang": language, "text": text, "source": None}
            out.write(json.dumps(row) + "\n")
    with (folder / "qrels.tsv").open("w", encoding="utf-8") as out:
        for name, (_language, _text, right) in NEEDS.items():
            out.write(f"{name}\t{right}\t2\n")
    return folder
