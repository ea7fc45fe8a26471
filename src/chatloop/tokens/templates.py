"""The project's chat template, given to a base model that has none: ChatML.

    <|im_start|>user
    Where is my order 48213?<|im_end|>
    <|im_start|>assistant
    It left us today.<|im_end|>

Source of the format: OpenAI's ChatML. The two marks are tokens of their own, so that no text that a
user types can end a turn (see rendering.py).
"""

TURN_START, TURN_END = "<|im_start|>", "<|im_end|>"

CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] | trim + '<|im_end|>\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
