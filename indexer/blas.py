"""Let OpenBLAS, which NumPy and FAISS load, multiply matrices as fast as the processor can.

OpenBLAS chooses its kernels by the processor's name, and an AMD processor younger than the OpenBLAS in FAISS gets those
of 2007. The nearest of 1,024 articles among 31,000 (FAISS 1.15, a processor of 2024) take .46 s of CPU time then, .22
with the kernels for AVX2, and .13 with those for AVX-512; 150 shapes of random vectors gave the products to 3e-7.
"""

from collections.abc import MutableMapping
from pathlib import Path

VARIABLE = "OPENBLAS_CORETYPE"
_NEEDED = {"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"}
"""What OpenBLAS asks of a processor before it takes these kernels of itself."""


def kernels(processor: str) -> str | None:
    """Return the kernels to ask for on a `processor` as /proc/cpuinfo describes it; None leaves it to OpenBLAS."""
    lines = (line.partition(":") for line in processor.splitlines())
    facts = {name.strip(): value.split() for name, _colon, value in lines}
    known = facts.get("vendor_id") != ["AuthenticAMD"] or not set(facts.get("flags", [])) >= _NEEDED
    return None if known else "SkylakeX"


def choose(environment: MutableMapping[str, str], description: Path = Path("/proc/cpuinfo")) -> None:
    """Ask for the right kernels, unless the operator did. Call it before NumPy is imported."""
    try:
        wanted = kernels(description.read_text(encoding="utf-8", errors="replace"))
    except OSError:  # another system, or one that tells a service little of itself
        return
    if wanted is not None:
        environment.setdefault(VARIABLE, wanted)
