"""A candidate of the small shop before the gate, with all the evidence that a real one has.

Judge(shop, champion).verdict(planted, params)  →  Verdict("REJECT", …)
"""

import json
from collections.abc import Mapping
from typing import Any

import polars as pl

from benchmarks.power.regressions import Planted
from benchmarks.power.shop import SHIPPED, Shop
from benchmarks.power.spread import means
from chatloop.behaviour.evidence import evidence as behaviours_of
from chatloop.behaviour.suite import parse_suite
from chatloop.conversation import Conversation
from chatloop.evaluating import behaving, remembering, speed
from chatloop.evaluating.forgetting import forgotten, general
from chatloop.evaluating.subject import Subject
from chatloop.evaluating.writing import written
from chatloop.gating import Evidence, Verdict, decide
from chatloop.modeling.measuring.judging import ModelScores
from chatloop.params import GateParams
from chatloop.params.evaluate import Asked, Spans, Speed
from chatloop.privacy.policy import Policy
from chatloop.probing import reading
from chatloop.probing.sampling import Corpus
from chatloop.reporting.model.compared import guarded, scores_of
from chatloop.reporting.model.scored import by_conversation
from chatloop.reporting.model.written import asked, with_chrf

SEED, LEAST = 7, 30
EVALUATE = SHIPPED.evaluate.model_copy(update={"max_new_tokens": 24, "threads": 1})
PROBE = EVALUATE.probe.model_copy(
    update={
        "references": 100,
        "spans": Spans(count=24, prefix=4, tokens=20, least=8),
        "personal": Asked(prompts=16, max_new_tokens=24, temperature=0.5, kinds=None),
    }
)
CASES = """
- {name: is_not_rude, question: where is my order, not_contains: idiot, must: true}
- {name: returns, question: how do I return a coat?, min_words: 2}
- {name: delivery, question: how long does delivery take?, min_words: 2}
- {name: password, question: how do I reset my password?, min_words: 2}
"""


class Judge:
    """Base and champion are asked once, every candidate in turn."""

    def __init__(self, shop: Shop, champion: Any) -> None:
        self.shop, self.suite = shop, parse_suite([("power", CASES)])
        self.champion = shop.subject(champion, "champion")
        base = shop.subject(shop.base, "base")
        self.scores = {one.name: one.scores(shop.test) for one in (base, self.champion)}
        self.general = {one.name: self._general(one) for one in (base, self.champion)}
        self.rows = written(self.champion, asked(shop.test[: EVALUATE.generations]), EVALUATE)
        self.given = behaving.replies(self.champion, self.suite, EVALUATE.max_new_tokens)

    def _general(self, subject: Subject) -> Any:
        return general(subject, self.shop.texts, PROBE.blank_share)

    def table(self, scores: ModelScores) -> pl.DataFrame:
        """A row a held-out conversation."""
        sources = {talk.id: "shop" for talk in self.shop.test}
        return by_conversation(self.shop.test, sources, {**self.scores, "candidate": scores})

    def written(self, subject: Subject) -> list[dict[str, Any]]:
        """Held-out answers of candidate and champion."""
        return with_chrf(written(subject, self.rows, EVALUATE), ["candidate", "champion"])

    def means(self, model: Any) -> dict[str, float]:
        """What another seed changes: bits per byte overall and in slices, guarded means."""
        subject = self.shop.subject(model)
        table = self.table(subject.scores(self.shop.test))
        return means(table, self.written(subject), LEAST)

    def verdict(self, planted: Planted, params: GateParams) -> Verdict:
        """Of the gate on this candidate."""
        subject = planted.subject
        table = self.table(subject.scores(self.shop.test))
        given = {
            "candidate": behaving.replies(subject, self.suite, EVALUATE.max_new_tokens),
            "champion": self.given,
        }
        probed = self._probed(planted)
        paces = speed.speeds(
            [subject, self.champion], self.shop.test[:1], Speed(prompts=1, new_tokens=12, rounds=5)
        )
        evidence = Evidence(
            scores_of(table),
            guarded(table, self.written(subject), params.min_slice),
            behaviours_of(behaving.behaved(self.suite, given, EVALUATE.similarity)),
            reading.memorised(probed),
            reading.forgotten(probed),
            reading.speed(paces),
        )
        return decide(evidence, params)

    def _probed(self, planted: Planted) -> Mapping[str, Any]:
        subject, shop = planted.subject, self.shop
        training: list[Conversation] = [*shop.train, *planted.more]
        rows = shop.packed(shop.examples(training))
        corpus = Corpus(rows.ids.ravel(), rows.examples.ravel())
        talks = {"training": training, "held_out": shop.test}
        found = {
            "canaries": remembering.exposed(subject, planted.canaries, PROBE.references, SEED),
            "extraction": remembering.extracted(subject, talks, corpus, PROBE, SEED),
            "personal_data": remembering.given_away(subject, training, Policy(), PROBE, SEED),
            "forgetting": forgotten({**self.general, "candidate": self._general(subject)}),
        }
        read: Mapping[str, Any] = json.loads(json.dumps(found))
        return read
