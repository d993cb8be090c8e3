"""The load generator, the same for every system: processes, each with one connection and one request at a time."""

import multiprocessing
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.synchronize import Barrier

import numpy as np

from benchmarks.peers.processes import cpu_seconds, memory

CLIENTS = 8
WARM_UP_SECONDS = 1.5


@dataclass(frozen=True)
class Workload:
    """What is asked."""

    seeds: Sequence[str]
    same_language: bool


Figures = dict[str, float]


def measure(peer: str, port: int, server: int, workloads: Mapping[str, Workload], seconds: float) -> dict[str, Figures]:
    """Ask the system `peer` on `port`, whose process is `server`, each workload for `seconds`; return what was seen."""
    # spawn: the gRPC of a forked process hangs.
    context = multiprocessing.get_context("spawn")
    gate, results = context.Barrier(CLIENTS + 1), context.SimpleQueue()
    arguments = (peer, port, list(workloads.values()), seconds, gate, results)
    processes = [context.Process(target=_client, args=(number, *arguments), daemon=True) for number in range(CLIENTS)]
    for process in processes:
        process.start()
    measured = {name: _observed(server, gate, results, seconds) for name in workloads}
    for process in processes:
        process.join()
    return measured


def _observed(server: int, gate: Barrier, results: multiprocessing.SimpleQueue, seconds: float) -> Figures:
    gate.wait()
    before = cpu_seconds(server)
    gate.wait()
    used = cpu_seconds(server) - before
    resident = memory(server)
    parts = [results.get() for _client_number in range(CLIENTS)]
    latencies = np.concatenate([latencies for latencies, _cpu in parts])
    by_clients = sum(cpu for _latencies, cpu in parts)
    median, late = np.percentile(latencies, [50, 99]) * 1_000
    return {
        "requests_per_second": len(latencies) / seconds,
        "p50_ms": median,
        "p99_ms": late,
        "server_cpu_ms": used / len(latencies) * 1_000,
        "client_cpu_ms": by_clients / len(latencies) * 1_000,
        "memory_bytes": resident,
    }


def _client(  # noqa: PLR0913, PLR0917 - the arguments of a process
    number: int,
    peer: str,
    port: int,
    workloads: list[Workload],
    seconds: float,
    gate: Barrier,
    results: multiprocessing.SimpleQueue,
) -> None:
    try:
        ask = import_module(f"benchmarks.peers.{peer}").connect(port)
        for workload in workloads:
            seeds = np.random.default_rng(number).permutation(workload.seeds).tolist()
            _repeat(ask, seeds, workload.same_language, WARM_UP_SECONDS)
            gate.wait()
            before = time.process_time()
            latencies = _repeat(ask, seeds[::-1], workload.same_language, seconds)
            used = time.process_time() - before
            gate.wait()
            results.put((latencies, used))
    except BaseException:
        gate.abort()
        raise


def _repeat(ask, seeds: list[str], same_language: bool, seconds: float) -> list[float]:  # noqa: ANN001, FBT001
    """Ask one after another for `seconds`; return the seconds that each answer took."""
    latencies: list[float] = []
    started = now = time.perf_counter()
    while now - started < seconds:
        ask(seeds[len(latencies) % len(seeds)], same_language)
        before, now = now, time.perf_counter()
        latencies.append(now - before)
    return latencies
