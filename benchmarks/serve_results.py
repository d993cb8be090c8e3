"""What `benchmarks.serve` measured, as JSON, as a plot and as the tables of docs/performance.md."""

import json
import os
import platform
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt

from benchmarks.relevance import RESULTS, ROOT

DOCUMENT = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- measured by benchmarks.serve -->\n", "<!-- end of benchmarks.serve -->"


def write(measured: dict[str, Any]) -> None:
    """Write everything below ``benchmarks/results`` and put the tables into the document."""
    machine = {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()}
    report = {"machine": machine, **measured}
    (RESULTS / "serve.json").write_text(json.dumps(_rounded(report), indent=1) + "\n")
    _draw(measured["by_id"])
    before, rest = DOCUMENT.read_text(encoding="utf-8").split(BEGIN)
    tables = f"{_by_id(measured)}\n{_by_text(measured['by_text'])}"
    DOCUMENT.write_text(f"{before}{BEGIN}{tables}{END}{rest.split(END)[1]}", encoding="utf-8")


def _by_id(measured: dict[str, Any]) -> str:
    empty = measured["by_id"]["empty view"]
    lines = [
        f"| by id, {measured['articles']:,} articles | requests/s | to the empty view's | p50 ms | p99 ms | to its |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, figures in measured["by_id"].items():
        shares = f"{figures['rate'] / empty['rate']:.2f}", f"{figures['p99_ms'] / empty['p99_ms']:.2f}"
        times = f"{figures['p50_ms']:.2f} | {figures['p99_ms']:.2f}"
        lines.append(f"| {name} | {figures['rate']:,.0f} | {shares[0]} | {times} | {shares[1]} |")
    return "\n".join(lines) + "\n"


def _by_text(figures: dict[str, float]) -> str:
    many = f"{figures['many_rate']:.0f} ({figures['many_rate'] / figures['one_rate']:.2f} times)"
    bare, served, whole = (figures[name] for name in ("bare_ms", "bare_as_served_ms", "whole_ms"))
    return (
        "| by text, a short query | |\n|---|---:|\n"
        f"| the bare encoder on one core | {bare:.1f} ms |\n"
        f"| the bare encoder as it is served, on two | {served:.1f} ms |\n"
        f"| the whole request | {whole:.1f} ms ({whole / bare:.2f} and {whole / served:.2f} times) |\n"
        f"| requests/s, one client | {figures['one_rate']:.0f} |\n"
        f"| requests/s, 16 clients | {many} |\n"
        f"| the service's share of all cores then | {figures['many_cpu_share']:.0%} |\n"
    )


def _draw(by_id: dict[str, dict[str, float]]) -> None:
    figure, panels = plt.subplots(1, 2, figsize=(11, 2.8), sharey=True, layout="constrained")
    colours = ["tab:grey", *["tab:blue"] * (len(by_id) - 1)]
    for panel, (name, title) in zip(panels, {"rate": "requests/s", "p99_ms": "p99, ms"}.items(), strict=True):
        values = [figures[name] for figures in by_id.values()]
        panel.bar_label(panel.barh(list(by_id), values, color=colours), fmt="{:,.1f}" if "ms" in name else "{:,.0f}")
        panel.set_title(title, fontsize="medium")
        panel.margins(x=0.15)
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].invert_yaxis()
    figure.savefig(RESULTS / "serve.png", dpi=110)
    plt.close(figure)


def _rounded(value: object) -> object:
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    return round(value, 3) if isinstance(value, float) else value
