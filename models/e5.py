"""Rebuild multilingual-e5-small from its packed data as a sentence-transformers encoder.

The architecture is that of https://huggingface.co/intfloat/multilingual-e5-small: BERT without a pooler, an XLM-R
tokenizer, mean pooling, unit length. Related articles are a symmetric task, for which its authors prescribe the
prefix ``query: `` on both sides.
"""

import tempfile

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from models.packed_e5 import PackedModel

PREFIX = "query: "

_SPECIAL = {
    "bos_token": "<s>",
    "cls_token": "<s>",
    "pad_token": "<pad>",
    "eos_token": "</s>",
    "sep_token": "</s>",
    "unk_token": "<unk>",
    "mask_token": "<mask>",
}
_UNKNOWN_ID = 3
_LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDING_NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


def build_encoder(packed: PackedModel) -> SentenceTransformer:
    """Return the encoder, float32 on the CPU; its vectors are `packed.hidden` numbers of unit length together."""
    with tempfile.TemporaryDirectory() as folder:
        _build_bert(packed).save_pretrained(folder)
        _build_tokenizer(packed).save_pretrained(folder)
        transformer = Transformer(folder, max_seq_length=packed.positions)
    pooling = Pooling(packed.hidden, "mean")
    return SentenceTransformer(
        modules=[transformer, pooling, Normalize()],
        device="cpu",
        prompts={"query": PREFIX},
        default_prompt_name="query",
    )


def _build_bert(packed: PackedModel) -> BertModel:
    config = BertConfig(
        vocab_size=packed.vocabulary,
        hidden_size=packed.hidden,
        num_hidden_layers=packed.layers,
        num_attention_heads=packed.heads,
        intermediate_size=packed.feed_forward,
        max_position_embeddings=packed.positions,
        type_vocab_size=packed.token_types,
        layer_norm_eps=packed.epsilon,
        pad_token_id=1,
    )
    bert = BertModel(config)
    tensors = {_bert_name(name): tensor for name, tensor in packed.tensors.items()}
    # e5 has no pooler, yet BertModel always loads one: zeros keep the saved file free of random numbers.
    state = {
        name: torch.from_numpy(tensors[name]).reshape(old.shape) if name in tensors else torch.zeros_like(old)
        for name, old in bert.state_dict().items()
        if name in tensors or name.startswith("pooler.")
    }
    bert.load_state_dict(state, strict=True)
    return bert


def _bert_name(packed_name: str) -> str:
    """Translate ``l3.fo.w`` to ``encoder.layer.3.output.dense.weight``."""
    if packed_name in _EMBEDDING_NAMES:
        return _EMBEDDING_NAMES[packed_name]
    layer, part, kind = packed_name.split(".")
    return f"encoder.layer.{layer[1:]}.{_LAYER_NAMES[part]}.{'weight' if kind == 'w' else 'bias'}"


def _build_tokenizer(packed: PackedModel) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.Unigram(packed.pieces, _UNKNOWN_ID))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, model_max_length=packed.positions, **_SPECIAL
    )
