from typing import Any

from chatloop.modeling.measuring.pacing import flops_per_token, paces


def test_every_model_is_timed_in_every_round(small_model: Any) -> None:
    found = paces({"a": small_model, "b": small_model}, {"a": [[7, 8]], "b": [[9]]}, 3, 2)
    assert list(found) == ["a", "b"]
    assert all(one.first_token > 0 and one.tokens_per_second > 0 for one in found.values())


def test_a_token_costs_two_operations_a_weight_and_what_it_looks_at(small_model: Any) -> None:
    width, layers, vocabulary = 32, 2, small_model.config.vocab_size
    weights = layers * 12 * width**2 + vocabulary * width  # the tied head; positions are looked up
    assert flops_per_token(small_model, 100) == 2 * weights + 4 * layers * 100 * width
