"""A language model of 200,000 random weights, made in a second: real wire, random words.

With a mask it writes JSON that follows a schema, with random content; without one it writes noise.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WORDS = """The oil temperature of press-3 rose above its limit of 65 degC at 10:02 and fell again.
System pressure dropped from 160 bar to 118 bar; the filter is clogged, vibration of the spindle.
Die Öltemperatur stieg über den Grenzwert; der Druck fiel, die Anlage steht, bitte prüfen.
{"headline": {"text": "", "evidence": ["E0001"]}, "statements": [{"text": "", "evidence": []}]}
colour code amber crimson grade answer 0 1 2 3 4 5 6 7 8 9 machine signal step drift spike"""
VOCABULARY = 512
CONTEXT = 8192
TERSENESS = 0.5
TEMPLATE = (
    "{% for m in messages %}<s>{{ m['role'] }}\n{{ m['content'] }}</s>\n{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant\n{% endif %}"
)


def make(folder: Path) -> Path:
    """Write the model and its tokenizer there."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
    from transformers.utils.logging import disable_progress_bar

    torch.set_num_threads(1)  # a second one on a loaded machine makes it slower, not faster
    disable_progress_bar()  # type: ignore[no-untyped-call]
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trained.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    trained.train_from_iterator([WORDS] * 4, trainer)
    wrapped: Any = PreTrainedTokenizerFast
    tokenizer = wrapped(
        tokenizer_object=trained, bos_token="<s>", eos_token="</s>", pad_token="</s>"
    )
    tokenizer.chat_template = TEMPLATE
    torch.manual_seed(7)
    config: Any = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=64,
        intermediate_size=192,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=CONTEXT,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )
    model: Any = LlamaForCausalLM(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@dataclass
class Brain:
    """The loaded model; one reply at a time."""

    tokenizer: Any
    model: Any
    guide: Any

    def __post_init__(self) -> None:
        self._one = threading.Lock()

    @classmethod
    def of(cls, folder: Path) -> Brain:
        """Load what `make` wrote."""
        from llguidance.hf import from_tokenizer
        from transformers import AutoModelForCausalLM, AutoTokenizer

        tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model: Any = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
        return cls(tokenizer, model.eval(), from_tokenizer(tokenizer, n_vocab=VOCABULARY))

    def ids(self, messages: list[dict[str, str]]) -> list[int]:
        """The prompt in tokens."""
        text = self.tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True
        )
        found: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return found

    def answer(
        self, ids: list[int], schema: Mapping[str, Any] | None, most: int
    ) -> tuple[list[str], str]:
        """The pieces of a reply, and how it ended."""
        import torch

        masks = [_mask(self.guide, schema, len(ids))] if schema is not None else []
        with self._one, torch.inference_mode():
            made = self.model.generate(
                input_ids=torch.tensor([ids]),
                attention_mask=torch.ones((1, len(ids)), dtype=torch.long),
                max_new_tokens=most,
                do_sample=False,
                logits_processor=masks,
            )
        new = made[0, len(ids) :].tolist()
        text = self.tokenizer.decode(new, skip_special_tokens=True)
        pieces = [text[at : at + 7] for at in range(0, len(text), 7)]
        return pieces, "stop" if new and new[-1] == self.tokenizer.eos_token_id else "length"


def _mask(guide: Any, schema: Mapping[str, Any], length: int) -> Callable[[Any, Any], Any]:
    """The server's own, so that a fault of the engine's cannot cancel itself out.

    It also favours the end of a string, or random words go on and on.
    """
    import torch
    from llguidance import LLMatcher

    quote = guide.tokenize_str('"')[0]
    grammar = LLMatcher.grammar_from_json_schema(
        dict(schema), overrides={"whitespace_flexible": False}
    )
    matcher = LLMatcher(guide, grammar, log_level=0)
    if matcher.is_error():
        raise ValueError(matcher.get_error())
    seen = length

    def mask(ids: Any, scores: Any) -> Any:
        nonlocal seen
        matcher.consume_tokens(ids[0, seen:].tolist())
        seen = ids.shape[1]
        biases = matcher.compute_logit_bias()
        allowed = torch.frombuffer(bytearray(biases), dtype=torch.uint8)[: scores.shape[-1]] > 0
        scores[:, quote] += TERSENESS
        return scores.masked_fill(~allowed, -torch.inf)

    return mask
