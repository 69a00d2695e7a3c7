"""A language model that says what it is made to say, written in a moment: weights, tokenizer and chat template.

Its architecture is Qwen2's. The chat template writes a token into the prompt that stands for an answer; attention, the
same to all tokens before, lets that one through, and the output points from it to the answer's first piece, and
from each piece to the next.
"""

import json
import struct
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any

__all__ = ["TEMPLATE", "TinyModel", "tiny_model", "write_tiny_model"]

LAMPS = "ABCDEFGH"
END = "<|im_end|>"
CALL = '<tool_call>{"name": "lamp", "arguments": {"room": "hall"}}</tool_call>'

ANSWERS: dict[str, list[str]] = {
    **{f"<{lamp}>": [f"The lamp {lamp}", " is on."] for lamp in LAMPS},
    "<call>": [CALL],
    "<called>": ["The hall is lit."],
    "<wrong>": ['{"priority": "high"}'],
    "<right>": ['{"priority": "urgent"}'],
}
"""What follows the token that a prompt ends in. A piece stands before the same piece wherever it stands."""

TEMPLATE = """\
{%- for message in messages %}<|im_start|>{{ message.role }}
{{ message.content or "" }}<|im_end|>
{% endfor %}
{%- set asked = messages[0].content %}
{%- if messages[-1].role == "tool" %}{{ "<called>" if "lit" in messages[-1].content else "<wrong>" }}
{%- elif tools %}<call>
{%- elif "priority" in asked %}{{ "<wrong>" if messages | length == 1 else "<right>" }}
{%- elif "lamp Z" in asked %}{{ raise_exception("there is no lamp Z") }}
{%- else %}<{{ asked.split("lamp ")[1][0] }}>{% endif %}
{{- "<|im_start|>assistant\\n" }}"""


@dataclass(frozen=True)
class TinyModel:
    """What every form of it is written from.

    Attributes:
        tokens: in the order of their numbers; the first ones are special.
        special: how many are.
        tensors: shape and content, by their names in Qwen2.
    """

    tokens: list[str]
    special: int
    tensors: dict[str, tuple[tuple[int, ...], bytes]]

    @property
    def size(self) -> int:
        """How many tokens there are, and how many directions."""
        return len(self.tokens)


def tiny_model() -> TinyModel:
    """Make it."""
    # The letters of text that models with byte-level tokens use in place of bytes.
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {byte: chr(byte) for byte in plain}
    letters |= {byte: chr(256 + index) for index, byte in enumerate(b for b in range(256) if b not in plain)}
    special = [END, "<|im_start|>", *ANSWERS]
    pieces = {
        piece: "".join(letters[byte] for byte in piece.encode())
        for said in ANSWERS.values()
        for piece in said
    }
    tokens = [*special, *letters.values(), *pieces.values()]
    tokens += [f"<unused {index}>" for index in range(-len(tokens) % 8)]
    number = {token: index for index, token in enumerate(tokens)}
    chains = [[start, *(pieces[piece] for piece in said), END] for start, said in ANSWERS.items()]
    successors = {number[before]: number[after] for chain in chains for before, after in pairwise(chain)}
    tensors = _tensors(len(tokens), successors, [number[start] for start in ANSWERS])
    return TinyModel(tokens, len(special), tensors)


def _tensors(
    size: int, successors: dict[int, int], starts: list[int]
) -> dict[str, tuple[tuple[int, ...], bytes]]:
    """One direction for each token. That of the last token counts more than those which attention adds to it."""
    layer = "model.layers.0"
    shapes: dict[str, tuple[int, ...]] = {
        "model.embed_tokens.weight": (size, size),
        "lm_head.weight": (size, size),
        "model.norm.weight": (size,),
        f"{layer}.input_layernorm.weight": (size,),
        f"{layer}.post_attention_layernorm.weight": (size,),
        **{f"{layer}.self_attn.{part}_proj.weight": (size, size) for part in "qkvo"},
        **{f"{layer}.self_attn.{part}_proj.bias": (size,) for part in "qkv"},
        **{f"{layer}.mlp.{part}_proj.weight": (8, size) for part in ("gate", "up")},
        f"{layer}.mlp.down_proj.weight": (size, 8),
    }
    diagonal = size + 1
    weights: dict[str, dict[int, float]] = {
        "model.embed_tokens.weight": {token * diagonal: 1.0 for token in range(size)},
        f"{layer}.self_attn.v_proj.weight": {token * diagonal: 1.0 for token in starts},
        f"{layer}.self_attn.o_proj.weight": {token * diagonal: 1.0 for token in starts},
        "lm_head.weight": {
            after * size + before: 1.0 if before in starts else 1000.0 for before, after in successors.items()
        },
        **{name: dict.fromkeys(range(size), 1.0) for name in shapes if "norm" in name},
    }
    return {name: (shape, _filled(shape, weights.get(name, {}))) for name, shape in shapes.items()}


def _filled(shape: tuple[int, ...], weights: dict[int, float]) -> bytes:
    values = bytearray(4 * prod(shape))
    for place, weight in weights.items():
        struct.pack_into("<f", values, 4 * place, weight)
    return bytes(values)


def write_tiny_model(folder: Path) -> None:
    """Write what `from_pretrained` reads."""
    model = tiny_model()
    end = model.tokens.index(END)
    _write_json(folder / "config.json", _config(model.size, end))
    _write_json(folder / "generation_config.json", {"do_sample": False, "eos_token_id": end})
    _write_json(folder / "tokenizer.json", _tokenizer(model))
    _write_json(
        folder / "tokenizer_config.json",
        {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": END, "chat_template": TEMPLATE},
    )
    header: dict[str, Any] = {}
    data = bytearray()
    for name, (shape, values) in model.tensors.items():
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    head = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    head += b" " * (-len(head) % 8)
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + bytes(data))


def _config(size: int, end: int) -> dict[str, Any]:
    return {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "vocab_size": size,
        "hidden_size": size,
        "intermediate_size": 8,
        "num_hidden_layers": 1,
        "num_attention_heads": 1,
        "num_key_value_heads": 1,
        "max_position_embeddings": 4096,
        "tie_word_embeddings": False,
        "eos_token_id": end,
        "dtype": "float32",
    }


def _tokenizer(model: TinyModel) -> dict[str, Any]:
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    numbered = list(enumerate(model.tokens))
    return {
        "version": "1.0",
        "added_tokens": [
            {"id": index, "content": token, **flags} for index, token in numbered[: model.special]
        ],
        "pre_tokenizer": level,
        "decoder": level,
        "model": {"type": "BPE", "vocab": {token: index for index, token in numbered}, "merges": []},
    }


def _write_json(file: Path, value: Any) -> None:
    file.write_text(json.dumps(value), encoding="utf-8")
