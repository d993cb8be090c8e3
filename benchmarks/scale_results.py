"""What `benchmarks.scale` measured, as JSON, as a plot and as the table of docs/performance.md."""

import json
from typing import Any

import matplotlib as mpl
import numpy as np

mpl.use("Agg")

from matplotlib import pyplot as plt

from benchmarks.relevance import RESULTS, ROOT

DOCUMENT = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- measured by benchmarks.scale -->\n", "<!-- end of benchmarks.scale -->"
STAGES = ("read", "embed", "space", "index", "neighbours", "write")
INDEXED = 100_000
"""Articles from which on a build takes the same steps at every size: smaller corpora need no index."""


def write(measured: dict[str, Any]) -> None:
    """Write everything below ``benchmarks/results`` and put the table into the document."""
    builds = measured["builds"]
    sizes = np.array([int(size) for size in builds])
    large = {size: found for size, found in builds.items() if int(size) >= INDEXED}
    fitted = {"all sizes": builds, f"from {INDEXED:,} on": large}
    growth = {name: _growth(some) for name, some in fitted.items() if len(some) > 1}
    (RESULTS / "scale.json").write_text(json.dumps({**measured, "growth": growth}, indent=1) + "\n")
    _draw(sizes, builds)
    before, rest = DOCUMENT.read_text(encoding="utf-8").split(BEGIN)
    table = f"{_builds(builds, growth)}\n{_served(measured['served'])}"
    DOCUMENT.write_text(f"{before}{BEGIN}{table}{END}{rest.split(END)[1]}", encoding="utf-8")
    print(table)


def _growth(builds: dict[str, Any]) -> dict[str, float]:
    """Return by stage the b of seconds = a * size ** b over the sizes, and that of n log n."""
    sizes = np.array([int(size) for size in builds])
    seconds = {stage: [builds[str(size)]["stages"][stage] for size in sizes] for stage in STAGES}
    return {name: _exponent(sizes, taken) for name, taken in {**seconds, "n log n": sizes * np.log(sizes)}.items()}


def _exponent(sizes: np.ndarray, seconds: list[float]) -> float:
    """Return the b of seconds = a * size ** b, by least squares of the logarithms."""
    return round(float(np.polyfit(np.log(sizes), np.log(np.maximum(seconds, 0.01)), 1)[0]), 2)


def _builds(builds: dict[str, Any], growth: dict[str, dict[str, float]]) -> str:
    lines = [f"| articles | {' | '.join(f'{stage}, s' for stage in STAGES)} | CPU s | memory, GB |"]
    lines.append(f"|{'---:|' * (len(STAGES) + 3)}")
    for size, found in builds.items():
        stages = " | ".join(f"{found['stages'][stage]:.1f}" for stage in STAGES)
        lines.append(f"| {int(size):,} | {stages} | {found['cpu_seconds']:.0f} | {found['most_mb'] / 1000:.1f} |")
    for sizes, fitted in growth.items():
        exponents = " | ".join(f"{fitted[stage]:.2f}" for stage in STAGES)
        lines.append(f"| {sizes}, n to the (n log n: {fitted['n log n']:.2f}) | {exponents} | | |")
    return "\n".join(lines) + "\n"


def _served(served: dict[str, float]) -> str:
    times = served["ready_s"] / served["empty_ready_s"]
    return (
        f"| a worker that answers by id, {served['articles']:,} articles | |\n|---|---:|\n"
        f"| from the start of the server to the first answer | {served['ready_s']:.2f} s |\n"
        f"| an empty Flask application on the same server | {served['empty_ready_s']:.2f} s ({times:.1f} times) |\n"
        f"| private memory after 2,000 different questions | {served['private_mb']:.0f} MB |\n"
    )


def _draw(sizes: np.ndarray, builds: dict[str, Any]) -> None:
    figure, panel = plt.subplots(figsize=(6, 3.4), layout="constrained")
    for stage in STAGES:
        panel.loglog(sizes, [found["stages"][stage] for found in builds.values()], marker="o", label=stage)
    panel.set_xlabel("articles")
    panel.set_ylabel("seconds")
    panel.legend(frameon=False)
    panel.spines[["top", "right"]].set_visible(False)
    figure.savefig(RESULTS / "scale.png", dpi=110)
    plt.close(figure)
