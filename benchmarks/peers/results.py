"""What was measured, as JSON, as a plot and as the tables of docs/performance.md."""

import json
import os
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median

from benchmarks.peers.bench import EMPTY, ROOT, SILAH, Found
from benchmarks.peers.clients import CLIENTS
from benchmarks.peers.corpus import Corpus

RESULTS = ROOT / "benchmarks" / "results"
DOCUMENT = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- measured by benchmarks.peers -->\n", "<!-- end of benchmarks.peers -->"
RATE = "requests_per_second"
_COLUMNS = {RATE: "requests/s", "p50_ms": "p50 ms", "p99_ms": "p99 ms", "server_cpu_ms": "server CPU ms"}
_MEGA = 1e6
_NAMES = {SILAH: "Silah", "pgvector": "pgvector", "milvus": "Milvus", "chroma": "Chroma", EMPTY: "empty endpoint"}


def write(
    systems: Mapping[str, Found], unavailable: Mapping[str, str], rounds: Sequence[Mapping[str, Found]], corpus: Corpus
) -> None:
    """Write everything: medians over `rounds`, and each round's requests/s."""
    measured = {system: {**found, "workloads": _medians(rounds, system)} for system, found in systems.items()}
    report = {
        "machine": {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
        "articles": len(corpus.articles),
        "languages": dict(Counter(article.language for article in corpus.articles).most_common()),
        "clients": CLIENTS,
        "rounds": len(rounds),
        "systems": measured,
        "unavailable": unavailable,
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "peers.json").write_text(json.dumps(_rounded(report), indent=1) + "\n")
    _draw(measured)
    write_tables(measured)


def write_tables(measured: Mapping[str, Found]) -> None:
    """Put the tables between the markers of the document; `measured` is "systems" of the JSON."""
    before, rest = DOCUMENT.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    tables = "\n".join([_costs(measured), *(_answers(measured, name) for name in _workloads(measured))])
    DOCUMENT.write_text(f"{before}{BEGIN}{tables}{END}{after}", encoding="utf-8")


def _medians(rounds: Sequence[Mapping[str, Found]], system: str) -> Found:
    found: Found = {}
    for name, figures in rounds[0][system].items():
        found[name] = {figure: median(each[system][name][figure] for each in rounds) for figure in figures}
        found[name]["rates"] = [each[system][name][RATE] for each in rounds]
    return found


def _rounded(value: object) -> object:
    """Return `value` with three decimals at most."""
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    return round(value, 3) if isinstance(value, float) else value


def _workloads(measured: Mapping[str, Found]) -> list[str]:
    return list(measured[SILAH]["workloads"])


def _costs(measured: Mapping[str, Found]) -> str:
    lines = ["| | load and index, CPU s | on disk, MB | resident memory, MB |", "|---|---:|---:|---:|"]
    for system, found in measured.items():
        if system != EMPTY:
            resident = max(figures["memory_bytes"] for figures in found["workloads"].values()) / _MEGA
            disk = found["bytes"] / _MEGA
            lines.append(f"| {found['version']} | {found['cpu_seconds']:.0f} | {disk:,.0f} | {resident:,.0f} |")
    return "\n".join(lines) + "\n"


def _answers(measured: Mapping[str, Found], workload: str) -> str:
    titles = [*_COLUMNS.values(), "clients' share of CPU", "recall@10"]
    lines = [f"| {workload} | {' | '.join(titles)} |", f"|---|{'---:|' * len(titles)}"]
    for system, found in measured.items():
        figures = found["workloads"][workload]
        slowest, fastest = min(figures["rates"]), max(figures["rates"])
        shown = [f"{figures[RATE]:,.0f} ({slowest:,.0f}–{fastest:,.0f})"]
        shown += [f"{figures[name]:.2f}" for name in list(_COLUMNS)[1:]]
        shown.append(f"{figures['client_cpu_ms'] / (figures['client_cpu_ms'] + figures['server_cpu_ms']):.0%}")
        shown.append(f"{found['recall'][workload]:.3f}" if "recall" in found else "–")
        lines.append(f"| {_NAMES[system]} | {' | '.join(shown)} |")
    return "\n".join(lines) + "\n"


def _draw(measured: Mapping[str, Found]) -> None:
    """Draw a panel for each workload and figure, and for memory, a bar for each system."""
    import matplotlib as mpl  # noqa: PLC0415

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    rows = {_NAMES[system]: found for system, found in measured.items() if system != EMPTY}
    workloads = _workloads(measured)
    figure, panels = plt.subplots(2, len(workloads), figsize=(12, 4.5), sharey=True, layout="constrained")
    colours = ["tab:blue", *["tab:grey"] * (len(rows) - 1)]
    for line, name in zip(panels, (RATE, "p99_ms"), strict=True):
        for panel, workload in zip(line, workloads, strict=True):
            values = [found["workloads"][workload][name] for found in rows.values()]
            panel.bar_label(panel.barh(list(rows), values, color=colours), fmt="%.0f", padding=3)
            panel.set_title(f"{_COLUMNS[name]}: {workload}", fontsize="medium")
            panel.margins(x=0.15)
            panel.spines[["top", "right"]].set_visible(False)
    panels[0][0].invert_yaxis()
    figure.savefig(RESULTS / "peers.png", dpi=110)
