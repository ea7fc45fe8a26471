"""The corpus at the project's size and at a small one, and small tools to look at records."""

import pytest

from chatloop.corpus import Corpus, generate


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    return generate(3600, seed=7)


@pytest.fixture(scope="session")
def small() -> Corpus:
    return generate(120, seed=3)


@pytest.fixture(scope="session")
def clean(corpus):
    """Records without any defect; some of them carry personal data."""
    planted = {at for ids in corpus.planted.values() for at in ids}
    return [record for record in corpus.records if record["id"] not in planted]


@pytest.fixture(scope="session")
def impersonal(corpus, clean):
    """Records without any defect or personal data."""
    named = {at for pairs in corpus.personal_data.values() for at, _ in pairs}
    return [record for record in clean if record["id"] not in named]
