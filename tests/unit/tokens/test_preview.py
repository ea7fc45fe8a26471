from typing import Any

import numpy as np

from chatloop.conversation import Conversation, Message
from chatloop.pages import preview_page
from chatloop.tokens.fitting import Fitter
from chatloop.tokens.packing import pack
from chatloop.tokens.preview import preview
from chatloop.tokens.rendering import Renderer


def test_each_token_is_there_once_and_says_whether_it_is_learned(chatml: Any) -> None:
    talks = [
        Conversation(f"c{at}", (Message("user", "a < b"), Message("assistant", f"& {at} é")))
        for at in range(3)
    ]
    fitted = Fitter(Renderer(chatml), 64, "split").fit(talks)
    packed = pack(fitted.examples, 64, chatml.pad_token_id)
    (first, *_) = preview(packed, 1, chatml.decode)
    flat = [token for example in first for token in example]
    used = packed.examples[0] >= 0
    assert [token.id for token in flat] == packed.ids[0][used].tolist()
    assert [token.supervised for token in flat] == packed.supervised[0][used].tolist()
    assert chatml.decode([t.id for t in first[0] if t.supervised]).startswith("& ")
    assert np.unique(packed.examples[0][used]).size == len(first)
    page = preview_page([first], len(packed))
    assert page.count('class="token supervised" title') == sum(t.supervised for t in flat)
    assert "&lt;" in page
    assert preview(packed, 99, chatml.decode)[-1]
