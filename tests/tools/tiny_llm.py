#!/usr/bin/env python3
r"""Write the tiny language models that the integration tests serve with llama-server.

What it is for: a model file of a few hundred kilobytes that a real server loads in
milliseconds and that answers every request in a known way. Nothing is downloaded and
nothing is trained; same flags give the same bytes.
What it is not: a language model. It cannot read. It looks only at the last token of the
prompt and recites one of at most two texts.

    python3 -m venv v && v/bin/pip install gguf==0.19.0 numpy==2.4.6
    v/bin/python tiny_llm.py talk.gguf --script "pong from the tiny model"
    v/bin/python tiny_llm.py agent.gguf --script "the folder has been listed" --call CALL
      where CALL is $'<tool_call>\n{"name": "list_dir", "arguments": {"path": "."}}\n</tool_call>'

How a text is recited. Every word of a text is one token. Each step "after token x comes
token y" owns one embedding dimension: x is written into it, y is read out of it, so the
step wins by some 300 logits, far beyond what any temperature can undo. The first step
starts at the token that ends the prompt, and the chat template chooses that token:
a newline (answer with --script) or <|call|> (tools are offered and no tool result is
waiting: answer with --call). The transformer layers run, but their weights are small
noise. Off the chain (a grammar forced some other token) the model prefers to stop, else
to close what is open: it writes the shortest JSON that the grammar lets through.
"""

import argparse
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import gguf
import numpy as np

CONTEXT_TOKENS = 16384
VOCABULARY = 1024  # tokens
EMBEDDING = 64  # dimensions; one is the bias line, one more is used by each step of a text
LAYERS = 2
HEADS = 1  # one small head: the cost of a long prompt grows with heads x head size
HEAD_SIZE = 16
FEED_FORWARD = 64
SEED = 1

BIAS_LINE = 0  # this dimension is 1 in every token's embedding
WRITE = 8.0  # strength of a step in the embedding of x
READ = 40.0  # and in the output row of y; both are exact in F16
BYTES_AND_MARKERS = -40.0  # biases: what must never be sampled by itself ...
WHEN_LOST = {"<|im_end|>": 4.0, '"': 3.0, "]": 2.0, "}": 2.0}  # ... and what to do off the chain

SPACE = "\u2581"  # how SentencePiece writes a space inside a token
END = "<|im_end|>"
CALL_MARKER = "<|call|>"
NEWLINE = "<0x0A>"

# ChatML with tool calls in the Hermes style. The server runs this text on sample
# conversations to find out how calls are written, so its shape is part of the contract.
# System messages may stand anywhere; they do not count as "the last message".
CHAT_TEMPLATE = r"""{%- if tools %}<|im_start|>system
# Tools
<tools>{% for tool in tools %}
{{ tool | tojson }}{% endfor %}
</tools>
Write a call as
<tool_call>
{"name": <function-name>, "arguments": <args-json-object>}
</tool_call><|im_end|>
{% endif %}{%- set seen = namespace(last='') %}{%- for message in messages %}{%- if message.role != 'system' %}{%- set seen.last = message.role %}{%- endif %}{%- if message.role == 'tool' %}<|im_start|>user
<tool_response>
{{ message.content }}
</tool_response><|im_end|>
{% else %}<|im_start|>{{ message.role }}
{% if message.content %}{{ message.content }}{% endif %}{% for call in message.tool_calls or [] %}
<tool_call>
{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}
</tool_call>{% endfor %}<|im_end|>
{% endif %}{%- endfor %}{%- if add_generation_prompt %}<|im_start|>assistant
@CALL_MARKER@{% endif %}"""
PLACE_CALL_MARKER = "{% if tools and seen.last != 'tool' %}<|call|>{% endif %}"

# Typical prompt text. Frequent letter pairs in it become tokens (see `merges`), which
# keeps long prompts near three characters a token instead of one.
SAMPLE = """
{"type": "function", "function": {"name": "read_file", "description": "Read a file and return its contents",
"parameters": {"type": "object", "properties": {"path": {"type": "string", "description": "The path of the file"}},
"required": ["path"], "additionalProperties": false}}} {"type": "integer", "minimum": 0, "maximum": 100, "default": 10}
{"type": "array", "items": {"type": "boolean"}, "enum": ["one", "two"]} <tool_call> </tool_call> <tool_response>
the of and to in is you that it he was for on are as with his they I at be this have from or had by not word but what
some we can out other were all there when up use your how said an each she which do their time if will way about many
then them write would like so these her long make thing see him two has look more day could go come did number sound no
most people my over know water than call first who may down side been now find any new work part take get place made
live where after back little only round man year came show every good me give our under name very through just form
sentence great think say help low line differ turn cause much mean before move right boy old too same tell does set
three want air well also play small end put home read hand port large spell add even land here must big high such follow
act why ask men change went light kind off need house picture try us again animal point mother world near build self
earth father
You are a helpful assistant. You have access to tools. Use them when they help. Be short and clear in your answers.
Explain what you are doing before you act. Ask when the request is not clear. Remember important facts in memory files.
The workspace is at the path given below. The current time and the channel of the conversation are given as well.
Messages come from users on several channels. Reply with plain text unless a tool is needed. Do not invent results.
Read the file before you change it. List the directory before you guess a name. Never show secrets, keys or tokens.
# Instructions
## Guidelines
- Always use the available information. - Keep the user's preferences, context, project, session and schedule in mind.
"""


class Token(NamedTuple):
    text: str
    score: float  # the tokenizer joins the pair with the highest score first
    kind: gguf.TokenType


def main() -> None:
    args = arguments()
    texts = {NEWLINE: words(args.script), CALL_MARKER: words(args.call)}
    tokens = vocabulary(texts)
    steps = [step for start, text in texts.items() if text for step in pairwise([start, *text, END])]
    if len(steps) >= EMBEDDING:
        raise SystemExit(f"{len(steps)} steps do not fit into {EMBEDDING - 1} free dimensions")
    template = CHAT_TEMPLATE.replace("@CALL_MARKER@", PLACE_CALL_MARKER if args.call else "")
    write(args.out, tokens, template, tensors(tokens, steps))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Write a tiny GGUF model that recites fixed texts.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--script", required=True, help="the answer; its words must differ")
    parser.add_argument("--call", default="", help="the answer while a tool call is due; its words must differ too")
    return parser.parse_args()


def words(text: str) -> list[str]:
    """One token per word, each but the first with its space in front."""
    return text.replace(" ", f" {SPACE}").split(" ") if text else []


def vocabulary(texts: dict[str, list[str]]) -> list[Token]:
    kinds = gguf.TokenType
    tokens = [Token("<unk>", 0.0, kinds.UNKNOWN), Token("<s>", 0.0, kinds.CONTROL), Token("</s>", 0.0, kinds.CONTROL)]
    tokens += [Token(f"<0x{byte:02X}>", 0.0, kinds.BYTE) for byte in range(256)]
    tokens += [Token(text, 0.0, kinds.CONTROL) for text in ("<|im_start|>", END, CALL_MARKER)]
    tokens += [Token(text, 0.0, kinds.NORMAL) for text in (SPACE, *map(chr, range(0x21, 0x7F)))]
    known = {token.text for token in tokens}
    for word in (word for text in texts.values() for word in text):
        if word in known:
            raise SystemExit(f"{word!r} is used twice or is a single character")
        known.add(word)
        tokens.append(Token(word, -float(VOCABULARY), kinds.NORMAL))
    for rank, joined in enumerate(merges(SAMPLE), start=1):
        if len(tokens) == VOCABULARY:
            return tokens
        if joined not in known:
            known.add(joined)
            tokens.append(Token(joined, -float(rank), kinds.NORMAL))
    raise SystemExit("the sample text is too short to fill the vocabulary")


def merges(sample: str):
    """Byte-pair encoding: yields the most frequent neighbours, joined, until none is left.

    Ties go to the pair that sorts first, so the order never depends on hashing.
    """
    counts = Counter(SPACE + word for word in sample.split())
    split = {word: list(word) for word in counts}
    while True:
        pairs = Counter()
        for word, parts in split.items():
            for pair in pairwise(parts):
                pairs[pair] += counts[word]
        if not pairs:
            return
        left, right = min(pairs, key=lambda pair: (-pairs[pair], pair))
        for parts in split.values():
            at = 0
            while at + 1 < len(parts):
                if (parts[at], parts[at + 1]) == (left, right):
                    parts[at : at + 2] = [left + right]
                at += 1
        yield left + right


def tensors(tokens: list[Token], steps: list[tuple[str, str]]) -> dict[str, np.ndarray]:
    """All weights by name. Shapes are rows x columns = outputs x inputs, as ggml stores them."""
    # RandomState is frozen by numpy's policy and uniform() uses no libm: same bytes everywhere.
    source = np.random.RandomState(SEED)

    def noise(rows: int, columns: int, limit: float) -> np.ndarray:
        return source.uniform(-limit, limit, (rows, columns)).astype(np.float16)

    index = {token.text: at for at, token in enumerate(tokens)}
    embedding, output = noise(VOCABULARY, EMBEDDING, 0.05), noise(VOCABULARY, EMBEDDING, 0.05)
    embedding[:, BIAS_LINE], output[:, BIAS_LINE] = 1.0, 0.0
    output[[token.kind != gguf.TokenType.NORMAL for token in tokens], BIAS_LINE] = BYTES_AND_MARKERS
    for text, bias in WHEN_LOST.items():
        output[index[text], BIAS_LINE] = bias
    embedding[:, 1 : len(steps) + 1] = 0.0  # READ would blow up any noise in these
    for dimension, (before, after) in enumerate(steps, start=1):
        embedding[index[before]] = 0.0
        embedding[index[before], [BIAS_LINE, dimension]] = 1.0, WRITE
        output[index[after], dimension] = READ

    attention, small = HEADS * HEAD_SIZE, 0.003
    weights = {"token_embd.weight": embedding, "output.weight": output}
    weights["output_norm.weight"] = np.ones(EMBEDDING, np.float32)
    for layer in range(LAYERS):
        block = {
            "attn_norm": np.ones(EMBEDDING, np.float32),
            "attn_q": noise(attention, EMBEDDING, small),
            "attn_k": noise(attention, EMBEDDING, small),
            "attn_v": noise(attention, EMBEDDING, small),
            "attn_output": noise(EMBEDDING, attention, small),
            "ffn_norm": np.ones(EMBEDDING, np.float32),
            "ffn_gate": noise(FEED_FORWARD, EMBEDDING, small),
            "ffn_up": noise(FEED_FORWARD, EMBEDDING, small),
            "ffn_down": noise(EMBEDDING, FEED_FORWARD, small),
        }
        weights |= {f"blk.{layer}.{name}.weight": weight for name, weight in block.items()}
    return weights


def write(out: Path, tokens: list[Token], template: str, weights: dict[str, np.ndarray]) -> None:
    index = {token.text: at for at, token in enumerate(tokens)}
    writer = gguf.GGUFWriter(out, "llama")
    writer.add_name(out.stem)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_context_length(CONTEXT_TOKENS)
    writer.add_embedding_length(EMBEDDING)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_key_length(HEAD_SIZE)
    writer.add_value_length(HEAD_SIZE)
    writer.add_rope_dimension_count(HEAD_SIZE)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([token.text for token in tokens])
    writer.add_token_scores([token.score for token in tokens])
    writer.add_token_types([token.kind for token in tokens])
    writer.add_unk_token_id(index["<unk>"])
    writer.add_bos_token_id(index["<s>"])
    writer.add_eos_token_id(index[END])
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(template)
    for name, weight in weights.items():
        writer.add_tensor(name, weight)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
