from pathlib import Path

import pytest

from indexer import blas

WIDE = "avx2 avx512f avx512dq avx512cd avx512bw avx512vl"


def processor(vendor: str, flags: str) -> str:
    one = f"processor\t: 0\nvendor_id\t: {vendor}\nmodel name\t: A: processor\nflags\t\t: fpu {flags}\n\n"
    return one + one.replace("processor\t: 0", "processor\t: 1")


@pytest.mark.parametrize(
    ("description", "wanted"),
    [
        (processor("AuthenticAMD", WIDE), "SkylakeX"),
        (processor("AuthenticAMD", "avx2"), None),
        (processor("AuthenticAMD", "avx2 avx512f"), None),
        (processor("GenuineIntel", WIDE), None),
        ("Features\t: fp asimd\nCPU implementer\t: 0x41\n", None),
        ("", None),
    ],
)
def test_only_wide_processors_that_openblas_may_not_know_are_told_of(description: str, wanted: str | None) -> None:
    assert blas.kernels(description) == wanted


def test_what_the_operator_chose_stays(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(processor("AuthenticAMD", WIDE))
    environment: dict[str, str] = {blas.VARIABLE: "Haswell"}
    blas.choose(environment, tmp_path / "cpuinfo")
    assert environment == {blas.VARIABLE: "Haswell"}
    environment.clear()
    blas.choose(environment, tmp_path / "cpuinfo")
    assert environment == {blas.VARIABLE: "SkylakeX"}
    environment.clear()
    for unreadable in (tmp_path / "nothing", tmp_path):
        blas.choose(environment, unreadable)
        assert environment == {}
