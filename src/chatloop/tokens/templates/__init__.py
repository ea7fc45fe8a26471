"""Chat templates that a project can name, and what a base's own one may need to be trained on.

    <|im_start|>user
    Where is my order 48213?<|im_end|>
    <|im_start|>assistant
    It left us today.<|im_end|>

ChatML (OpenAI's format) is given to a base model that has no template; its two marks are tokens of
their own, so that no text that a user types can end a turn (see rendering.py). The other formats
are those of Llama 3, Mistral, Gemma and Zephyr (their model cards) and of Stanford's Alpaca.
"""

from collections.abc import Callable

from chatloop.errors import UserError

TURN_START, TURN_END = "<|im_start|>", "<|im_end|>"

CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] | trim + '<|im_end|>\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
LLAMA3 = (
    "{{ bos_token | default('', true) }}{% for message in messages %}"
    "{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' }}"
    "{{ message['content'] | trim + '<|eot_id|>' }}{% endfor %}"
    "{% if add_generation_prompt %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
ALPACA = (
    "{% for message in messages %}{% if message['role'] == 'user' %}"
    "{{ '### Instruction:\n' + message['content'] | trim + '\n\n' }}"
    "{% elif message['role'] == 'assistant' %}"
    "{{ '### Response:\n' + message['content'] | trim + eos_token + '\n\n' }}"
    "{% else %}{{ message['content'] | trim + '\n\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '### Response:\n' }}{% endif %}"
)
MISTRAL = (
    "{{ bos_token | default('', true) }}{% for message in messages %}"
    "{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] | trim + ' [/INST]' }}"
    "{% elif message['role'] == 'assistant' %}{{ ' ' + message['content'] | trim + eos_token }}"
    "{% else %}{{ raise_exception('there is no system role') }}{% endif %}{% endfor %}"
)
GEMMA = (
    "{{ bos_token | default('', true) }}{% for message in messages %}"
    "{% if message['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
    "{% set role = 'model' if message['role'] == 'assistant' else message['role'] %}"
    "{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
ZEPHYR = (
    "{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>\n' + message['content'] | trim + eos_token + '\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}"
)
# A name for base.template: the template, and the marks of it that are tokens of their own.
TEMPLATES: dict[str, tuple[str, tuple[str, ...]]] = {
    "chatml": (CHATML, (TURN_START, TURN_END)),
    "llama3": (LLAMA3, ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")),
    "alpaca": (ALPACA, ()),
    "mistral": (MISTRAL, ("[INST]", "[/INST]")),
    "gemma": (GEMMA, ("<start_of_turn>", "<end_of_turn>")),
    "zephyr": (ZEPHYR, ("<|system|>", "<|user|>", "<|assistant|>")),
}

# What ends a prefix: after a block, a line break would be lost.
_END = "{{ '' }}"
DATED = "{% macro strftime_now(format) %}26 Jul 2024{% endmacro %}" + _END
CLOSED = (
    "{% set closed = namespace(messages=[]) %}{% for message in messages %}"
    "{% if message['role'] == 'assistant' %}"
    "{% set message = dict(message, content=message['content'] + eos_token) %}{% endif %}"
    "{% set closed.messages = closed.messages + [message] %}{% endfor %}"
    "{% set messages = closed.messages %}" + _END
)


def trainable(template: str, eos_token: str | None, ends: Callable[[str], bool]) -> str:
    """The template, or one that does what it does and can be learned from.

    One that asks for today's date is told always the same: what is served is what was trained on.
    One that `ends` an answer with no control token has the tokenizer's end token put there.

    Raises:
        UserError: nothing can end an answer.
    """
    if "strftime_now" in template and DATED not in template:
        template = DATED + template
    if ends(template):
        return template
    if eos_token and ends(CLOSED + template):
        return CLOSED + template
    raise UserError(
        "the chat template ends an answer without an end-of-turn token, and the tokenizer has no "
        "eos_token to put there; a model trained on it would never stop: name one in base.template"
    )
