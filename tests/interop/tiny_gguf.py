"""The tiny model in GGUF, the form that llama.cpp reads."""

import struct
from pathlib import Path
from typing import Any

from .tiny_model import END, TEMPLATE, tiny_model

__all__ = ["write_tiny_gguf"]

_ALIGNMENT = 32
_NAMES = {
    "model.embed_tokens.": "token_embd.",
    "lm_head.": "output.",
    "model.norm.": "output_norm.",
    "input_layernorm.": "attn_norm.",
    "post_attention_layernorm.": "ffn_norm.",
    "self_attn.o_proj.": "attn_output.",
    "self_attn.": "attn_",
    "mlp.": "ffn_",
    "_proj.": ".",
    "model.layers.": "blk.",
}
_NORMAL, _CONTROL = 1, 3
_UINT32, _INT32, _FLOAT32, _STRING, _ARRAY = 4, 5, 6, 8, 9


def write_tiny_gguf(file: Path) -> None:
    """Write weights, tokenizer and chat template into one file."""
    model = tiny_model()
    kinds = [_CONTROL if index < model.special else _NORMAL for index in range(model.size)]
    fields = {
        "general.architecture": _text("qwen2"),
        "qwen2.context_length": _number(4096),
        "qwen2.embedding_length": _number(model.size),
        "qwen2.block_count": _number(1),
        "qwen2.feed_forward_length": _number(8),
        "qwen2.attention.head_count": _number(1),
        "qwen2.attention.head_count_kv": _number(1),
        "qwen2.attention.layer_norm_rms_epsilon": struct.pack("<If", _FLOAT32, 1e-6),
        "tokenizer.ggml.model": _text("gpt2"),
        "tokenizer.ggml.pre": _text("qwen2"),
        "tokenizer.ggml.tokens": _list(_STRING, [_bytes(token) for token in model.tokens]),
        "tokenizer.ggml.token_type": _list(_INT32, [struct.pack("<i", kind) for kind in kinds]),
        "tokenizer.ggml.merges": _list(_STRING, []),
        "tokenizer.ggml.eos_token_id": _number(model.tokens.index(END)),
        "tokenizer.chat_template": _text(TEMPLATE),
    }
    head = b"GGUF" + struct.pack("<IQQ", 3, len(model.tensors), len(fields))
    head += b"".join(_bytes(name) + value for name, value in fields.items())
    data = bytearray()
    for name, (shape, values) in model.tensors.items():
        dimensions = struct.pack(f"<I{len(shape)}Q", len(shape), *reversed(shape))
        head += _bytes(_renamed(name)) + dimensions + struct.pack("<IQ", 0, len(data))
        data += values + bytes(-len(values) % _ALIGNMENT)
    file.write_bytes(head + bytes(-len(head) % _ALIGNMENT) + bytes(data))


def _renamed(name: str) -> str:
    for theirs, ours in _NAMES.items():
        name = name.replace(theirs, ours)
    return name


def _bytes(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("<Q", len(encoded)) + encoded


def _text(text: str) -> bytes:
    return struct.pack("<I", _STRING) + _bytes(text)


def _number(number: int) -> bytes:
    return struct.pack("<II", _UINT32, number)


def _list(kind: int, items: list[Any]) -> bytes:
    return struct.pack("<IIQ", _ARRAY, kind, len(items)) + b"".join(items)
