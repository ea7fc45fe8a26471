"""Chat templates of many families, written for the tests: what bases that nobody has seen may bring.

Each comes with the control tokens it needs.
"""

GENERATION = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' }}"
    "{% if m['role'] == 'assistant' %}{% generation %}{{ m['content'] + '<|im_end|>' }}"
    "{% endgeneration %}{{ '\n' }}{% else %}{{ m['content'] + '<|im_end|>\n' }}{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
CHATML = (
    "{%- for m in messages -%}{{- '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' -}}"
    "{%- endfor -%}{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\n' -}}{%- endif -%}"
)
LLAMA3 = (
    "{{- bos_token }}{%- if tools is not none and tools %}{{- tools | tojson }}{%- endif %}"
    "{%- for m in messages %}{%- if m.role == 'tool' or m.role == 'ipython' %}"
    "{{- '<|head|>ipython<|/head|>\n\n' + m.content | tojson + '<|eot|>' }}{%- else %}"
    "{{- '<|head|>' + m['role'] + '<|/head|>\n\n' + m['content'] | trim + '<|eot|>' }}{%- endif %}"
    "{%- endfor %}{%- if add_generation_prompt %}{{- '<|head|>assistant<|/head|>\n\n' }}{%- endif %}"
)
DATED = (
    "{%- if not date_string is defined %}{%- if strftime_now is defined %}"
    "{%- set date_string = strftime_now('%d %b %Y') %}{%- else %}"
    "{%- set date_string = '26 Jul 2024' %}{%- endif %}{%- endif %}"
    "{{- '<|head|>system<|/head|>\n\nToday: ' + date_string + '\n\n' }}"
    "{%- if messages[0]['role'] == 'system' %}{{- messages[0]['content'] | trim }}"
    "{%- set messages = messages[1:] %}{%- endif %}{{- '<|eot|>' }}"
    "{%- for m in messages %}{{- '<|head|>' + m['role'] + '<|/head|>\n\n' }}"
    "{{- m['content'] | trim + '<|eot|>' }}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|head|>assistant<|/head|>\n\n' }}{%- endif %}"
)
ALPACA = (
    "{% for m in messages %}{% if m.role == 'system' %}{{ m.content + '\n\n' }}"
    "{% elif m.role == 'user' %}{{ '### Instruction:\n' + m.content + '\n\n' }}"
    "{% else %}{{ '### Response:\n' + m.content + '\n\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '### Response:\n' }}{% endif %}"
)
ALPACA_ENDED = ALPACA.replace(
    "'### Response:\n' + m.content +", "'### Response:\n' + m.content + eos_token +"
)
VICUNA = (
    "{% for m in messages %}{% if m.role == 'system' %}{{ m.content + ' ' }}"
    "{% elif m.role == 'user' %}{{ 'USER: ' + m.content.strip() + ' ' }}"
    "{% else %}{{ 'ASSISTANT: ' + m.content.strip() + eos_token }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'ASSISTANT: ' }}{% endif %}"
)
MISTRAL = (
    "{{ bos_token }}{% for m in messages %}"
    "{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
    "{% if m['role'] == 'user' %}{{ '[INST] ' + m['content'] + ' [/INST]' }}"
    "{% elif m['role'] == 'assistant' %}{{ ' ' + m['content'] + eos_token }}"
    "{% else %}{{ raise_exception('only user and assistant roles') }}{% endif %}{% endfor %}"
)
GEMMA = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}{% for message in messages %}"
    "{% if (message['role'] == 'assistant') %}{% set role = 'model' %}"
    "{% else %}{% set role = message['role'] %}{% endif %}"
    "{{ '<turn>' + role + '\n' + message['content'] | trim + '</turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{'<turn>model\n'}}{% endif %}"
)
SYSTEM_DROPPED = (
    "{% for m in messages if m.role in ['user', 'assistant'] %}"
    "{{ '<|' ~ m.role ~ '|>' ~ m.content ~ eos_token ~ '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
REASONING = (
    "{%- for m in messages %}{%- set content = m.content %}"
    "{%- if m.role == 'assistant' and '</think>' in content %}"
    "{%- if not loop.last %}{%- set content = content.split('</think>')[-1].lstrip('\n') %}"
    "{%- endif %}{%- endif %}"
    "{{- '<|im_start|>' + m.role + '\n' + content + '<|im_end|>' + '\n' }}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}"
)
THINKING = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' }}"
    "{% if m['role'] == 'assistant' and loop.last %}{{ '<think>\n\n</think>\n\n' }}{% endif %}"
    "{{ m['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
_IM, _HEAD = ("<|im_start|>", "<|im_end|>"), ("<|head|>", "<|/head|>", "<|eot|>")

FAMILIES: dict[str, tuple[str, tuple[str, ...]]] = {
    "chatml": (CHATML, _IM),
    "generation": (GENERATION, _IM),
    "llama3": (LLAMA3, _HEAD),
    "dated": (DATED, _HEAD),
    "alpaca": (ALPACA, ()),
    "alpaca_ended": (ALPACA_ENDED, ()),
    "vicuna": (VICUNA, ()),
    "mistral": (MISTRAL, ("[INST]", "[/INST]")),
    "mistral_text": (MISTRAL, ()),
    "gemma": (GEMMA, ("<turn>", "</turn>")),
    "system_dropped": (SYSTEM_DROPPED, ("<|user|>", "<|assistant|>")),
    "reasoning": (REASONING, _IM),
    "thinking": (THINKING, _IM),
}
