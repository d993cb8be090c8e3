import subprocess
import sys

import pytest

HEAVY = {"torch", "transformers", "sentence_transformers"}


@pytest.mark.parametrize("module", ["service.app", "service.cli", "models.embedder", "models.weights", "indexer.cli"])
def test_nothing_heavy_is_imported_before_it_is_needed(module: str) -> None:
    code = f"import sys, {module}; print(*(set(sys.modules) & {HEAVY | {'onnxruntime', 'py3langid'}}))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == ""
