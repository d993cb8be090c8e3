"""What a build did: one line for people, JSON and Prometheus gauges for machines."""

from datetime import datetime
from pathlib import Path

from pydantic import BaseModel

from models import durable


class BuildReport(BaseModel):
    """The content of ``reports/<snapshot>.json``."""

    snapshot: str
    source: str
    finished_at: datetime
    count: int
    read: int
    rejected: dict[str, int]
    repaired: dict[str, int]
    examples: dict[str, list[str]]
    """For each reason, the first places."""
    reused: int
    embedded: int
    deleted: int
    """Articles of the snapshot before that are gone."""
    live_put: int
    live_deleted: int
    recall_at_10: float
    seconds: dict[str, float]
    """Wall-clock time by stage."""

    def summary(self) -> str:
        """Return the build in one line."""
        return (
            f"{self.snapshot}: {self.count} articles ({self.embedded} embedded, {self.reused} reused, "
            f"{self.deleted} deleted, {sum(self.rejected.values())} rejected) in {sum(self.seconds.values()):.1f} s"
        )


def save(home: Path, report: BuildReport) -> None:
    """Keep the report as ``reports/<snapshot>.json``."""
    folder = home / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    durable.write_text(folder / f"{report.snapshot}.json", report.model_dump_json(indent=1) + "\n")


def write_metrics(path: Path, report: BuildReport) -> None:
    """Write the report for the textfile collector of Prometheus' node exporter."""
    gauges = {
        "silah_build_finished_timestamp_seconds": report.finished_at.timestamp(),
        "silah_build_articles": report.count,
        "silah_build_read": report.read,
        "silah_build_rejected": sum(report.rejected.values()),
        "silah_build_reused": report.reused,
        "silah_build_embedded": report.embedded,
        "silah_build_deleted": report.deleted,
        "silah_build_recall_at_10": report.recall_at_10,
    }
    lines = [f"# TYPE {name} gauge\n{name} {value}\n" for name, value in gauges.items()]
    lines.append("# TYPE silah_build_seconds gauge\n")
    lines += [f'silah_build_seconds{{stage="{stage}"}} {seconds}\n' for stage, seconds in report.seconds.items()]
    durable.write_text(path, "".join(lines))
