"""What a server costs: memory and processor time of a process and all that it started (Linux)."""

import os
from pathlib import Path

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_PARENT, _FIRST_TIME, _AFTER_TIMES = 1, 11, 15
"""Places in ``/proc/<pid>/stat`` after the name: ppid; utime, stime and those of the children that ended (proc(5))."""


def memory(root: int) -> int:
    """Return the bytes resident of the process `root` and its descendants; what n of them share counts once (PSS)."""
    return sum(_proportional(pid) for pid in tree(root))


def cpu_seconds(root: int) -> float:
    """Return the processor time that `root` and its descendants have used, in user and system mode."""
    return sum(sum(map(int, _stat(pid)[_FIRST_TIME:_AFTER_TIMES])) for pid in tree(root)) / _TICKS


def tree(root: int) -> list[int]:
    """Return `root` and its descendants."""
    parents = {int(path.name): _stat(int(path.name)) for path in _PROC.iterdir() if path.name.isdigit()}
    found = [root]
    for pid in found:
        found += [child for child, stat in parents.items() if stat and int(stat[_PARENT]) == pid]
    return found


def _stat(pid: int) -> list[str]:
    """Return the fields after the name, none for a process that has ended."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _proportional(pid: int) -> int:
    try:
        lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
