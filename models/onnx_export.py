"""Export a sentence-transformers encoder to one ONNX file: token ids in, unit-length vectors out."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from transformers import PreTrainedModel

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

INPUTS = ("input_ids", "attention_mask")
OUTPUT = "vectors"
OPSET = 17


class ExportError(Exception):
    """This kind of encoder cannot be exported."""


class _Encoder(torch.nn.Module):
    """The whole encoder as a function of two tensors, as torch's exporter wants it."""

    def __init__(self, encoder: "SentenceTransformer") -> None:
        super().__init__()
        self.encoder = encoder
        # The other implementations guard against rows that are masked altogether, at 7 % of the time on ONNX Runtime.
        for module in encoder.modules():
            if isinstance(module, PreTrainedModel):
                module.set_attn_implementation("eager")

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        features = {"input_ids": input_ids, "attention_mask": attention_mask}
        vectors = self.encoder(features)["sentence_embedding"]
        return torch.nn.functional.normalize(vectors, dim=-1)


def export(encoder: "SentenceTransformer", path: Path) -> None:
    """Write `encoder` to `path`; both axes, the batch and the tokens, stay free.

    Raises ExportError when the encoder is not one transformer over token ids (a static or an image model, say).
    """
    ids = torch.ones((2, 8), dtype=torch.int64)
    mask = torch.tensor([[1] * 8, [1] * 5 + [0] * 3])
    path.parent.mkdir(parents=True, exist_ok=True)
    axes = {0: "batch", 1: "tokens"}
    try:
        # The tracer warns of every branch that it fixes; that the result is right is checked by tests, on other shapes.
        with warnings.catch_warnings(action="ignore"):
            torch.onnx.export(
                _Encoder(encoder).eval(),
                (ids, mask),
                str(path),
                input_names=list(INPUTS),
                output_names=[OUTPUT],
                dynamic_axes={**dict.fromkeys(INPUTS, axes), OUTPUT: {0: "batch"}},
                opset_version=OPSET,
                # The newer exporter needs onnxscript and writes the weights beside the file.
                dynamo=False,
            )
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        message = f"this model cannot be exported to ONNX: {error}"
        raise ExportError(message) from error
