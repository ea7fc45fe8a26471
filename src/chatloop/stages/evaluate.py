"""Candidate, champion and base on the same held-out conversations, with the same rendering; then
behaviour cases, what the candidate knows by heart, what was forgotten, and how fast it is.

One stage, since each model is read once. In: test and train split, data/tokenize (what was trained
on), reports/clean.json (what may stay), evals/, models/{base,candidate,champion}. Out:
data/evaluate/scores.parquet (a row a conversation), answers.parquet (a row an answer) and
preferences.parquet (a row a judged answer that nobody learned from),
reports/{evaluate,generations,behaviours,probe,speed}.json, reports/slices.csv. Times are in
speed.json alone: no two runs have the same. `replies` keeps what a judge said before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from chatloop.behaviour.case import Case
from chatloop.behaviour.suite import parse_suite
from chatloop.conversation import Conversation
from chatloop.errors import UserError
from chatloop.evaluating import behaving, preferring, remembering, speed
from chatloop.evaluating.forgetting import General, forgotten, general
from chatloop.evaluating.subject import Subject
from chatloop.evaluating.writing import metrics, written
from chatloop.io.evaluating.cases import read_case_files
from chatloop.io.files import digests, fingerprint, read_json, write_json, write_text
from chatloop.io.models import hub
from chatloop.io.tables import conversations_of, read_preferences, read_table, write_table
from chatloop.io.tokens import CANARIES, read_packed
from chatloop.judging.comparing import compare
from chatloop.modeling.measuring.judging import ModelScores
from chatloop.modeling.scoring import be_repeatable
from chatloop.params.evaluate import EvaluateParams
from chatloop.privacy.policy import Policy
from chatloop.probing.canaries import from_json
from chatloop.probing.general import some_texts
from chatloop.probing.sampling import Corpus
from chatloop.reporting.model.scored import MODELS, by_answer, by_conversation, finite, totals
from chatloop.reporting.model.slicing import slices
from chatloop.reporting.model.written import Row, asked, with_chrf
from chatloop.stages import main, say
from chatloop.tokens.rendering import Renderer

PIN = "champion.json"


@dataclass(frozen=True)
class _Asked:
    """What all models are asked: held-out conversations and behaviour cases."""

    turns: pl.DataFrame
    talks: list[Conversation]
    training: list[Conversation]
    cases: tuple[Case, ...]
    judged: preferring.Judged


@dataclass
class _Found:
    """What each model came to, by name; `rows` are those that every model answered."""

    rows: list[Row]
    scores: dict[str, ModelScores] = field(default_factory=dict)
    given: dict[str, dict[str, str | None]] = field(default_factory=dict)
    general: dict[str, General] = field(default_factory=dict)
    judged: dict[str, preferring.Values] = field(default_factory=dict)

    def models(self) -> list[str]:
        """In the order in which they are shown."""
        return [name for name in MODELS if name in self.scores]


def evaluate(
    params: EvaluateParams,
    test: Path,
    train: Path,
    tokens: Path,
    clean: Path,
    cases: Path,
    base: Path,
    candidate: Path,
    champion: Path,
    judged: Path,
    held_out: Path,
    scores: Path,
    answers: Path,
    preferences: Path,
    generations: Path,
    by_slice: Path,
    behaviours: Path,
    probe: Path,
    pace: Path,
    report: Path,
    replies: Path,
) -> None:
    """Ask every model all there is to ask, and write down what it came to."""
    be_repeatable(params.seed, params.threads)
    held = _read(test, train, cases, (judged, held_out), params.judged)
    found = _Found(asked(_first(held.talks, params.generations)))
    folders = {"base": base, "champion": champion, "candidate": candidate}
    if not _has_champion(champion):
        del folders["champion"]
    rivals: list[Subject] = []  # the base's weights make room for the next model's
    for name, folder in folders.items():
        subject = _loaded(name, folder, candidate, params.batch_rows)
        _ask(subject, held, params, found)
        rivals += [subject] if name != "base" else []
    table, people, said = preferring.compared(held.judged, found.judged)
    write_table(table, preferences)
    _say(said)
    _write_scores(held, found, people, scores, answers, by_slice, generations, report)
    _write_behaviours(params, held, found, behaviours, replies)
    _write_probe(params, held, found, rivals[-1], tokens, clean, probe)
    found_paces = speed.speeds(rivals[::-1], _first(held.talks, params.speed.prompts), params.speed)
    write_json(pace, found_paces)
    _say(speed.said_of(found_paces))


def _read(test: Path, train: Path, cases: Path, people: tuple[Path, Path], most: int) -> _Asked:
    """`people` has the judged answers that align held out, and the feedback that ingest did."""
    turns = read_table(test)
    talks = conversations_of(turns)
    if not talks:
        raise UserError(f"{test}: has no conversations; nothing can be judged without any")
    suite = parse_suite(read_case_files(cases))
    training = conversations_of(read_table(train))
    judged, fed_back = (read_preferences(path) for path in people)
    said = sorted([*judged, *fed_back], key=lambda one: fingerprint(one.id))
    names = frozenset(one.id for one in fed_back)
    return _Asked(turns, talks, training, suite, preferring.asked(said, training, most, names))


def _first(talks: Sequence[Conversation], count: int) -> list[Conversation]:
    """Always the same conversations, in an order that has nothing to do with their content."""
    return sorted(talks, key=lambda talk: fingerprint(talk.id))[:count]


def _has_champion(folder: Path) -> bool:
    """Whether the champion stage has put one there, whole.

    Raises:
        UserError: a file is gone or is not the one that was pinned.
    """
    again = "run the champion stage again (`dvc repro champion`)"
    if not (folder / PIN).is_file():
        raise UserError(f"{folder / PIN}: is missing; {again}")
    pinned = read_json(folder / PIN)
    if pinned.get("version") is None:
        return False
    have = digests(folder)
    for name, digest in sorted((pinned.get("files") or {}).items()):
        if have.get(name) != digest:
            what = "is not what was registered" if name in have else "is gone"
            raise UserError(f"{folder / name}: {what}; {again}")
    return True


def _loaded(name: str, folder: Path, candidate: Path, batch_rows: int) -> Subject:
    tokenizer, model = hub.load_tokenizer(folder), hub.load_model(folder)
    trained = int(read_json(candidate / hub.CARD)["trained_context"])
    context = min(trained, hub.context_length(read_json(folder / "config.json")) or trained)
    return Subject(name, model, tokenizer, Renderer(tokenizer), context, batch_rows)


def _ask(subject: Subject, held: _Asked, params: EvaluateParams, found: _Found) -> None:
    """Scores, answers, general text, judged answers; the base is asked no behaviour cases."""
    name = subject.name
    found.scores[name] = subject.scores(held.talks)
    found.rows = written(subject, found.rows, params)
    texts = some_texts(params.probe.texts)
    found.general[name] = general(subject, texts, params.probe.blank_share)
    found.judged[name] = preferring.log_probabilities(subject, held.judged.rows)
    if name != "base":
        found.given[name] = behaving.replies(subject, held.cases, params.max_new_tokens)


def _write_scores(
    held: _Asked, found: _Found, people: dict[str, Any], scores: Path, answers: Path,
    by_slice: Path, rows: Path, report: Path,
) -> None:  # fmt: skip
    models = found.models()
    sources = dict(held.turns.select("conversation_id", "source").iter_rows())
    table = by_conversation(held.talks, sources, found.scores)
    if not table["comparable"].any():
        raise UserError("no held-out conversation fits the context of every model")
    each = by_answer(held.talks, table, {name: found.scores[name].answers for name in models})
    sliced = slices(each.filter("comparable"), models)
    training = [message.content for talk in held.training for message in talk.messages]
    summed = totals(table, models)
    write_table(table, scores)
    write_table(each, answers)
    write_text(by_slice, sliced.write_csv())
    write_json(rows, with_chrf(found.rows, models))
    parts = {"slices": finite(sliced.to_dicts())} | people
    write_json(report, summed | metrics(found.rows, models, training) | parts)
    bits = summed["bits_per_byte"].items()
    talks = f"{len(held.talks):,} conversations"
    _say([f"{name}: {_digits(one)} bits per byte on {talks}" for name, one in bits])


def _write_behaviours(
    params: EvaluateParams, held: _Asked, found: _Found, behaviours: Path, replies: Path
) -> None:
    given = {name: found.given[name] for name in found.models() if name in found.given}
    report = behaving.behaved(held.cases, given, params.similarity)
    if params.judge.url is not None:
        from chatloop.io.evaluating.judge import open_judge

        with open_judge(params.judge, replies) as judge:
            report["judge"] = compare(held.cases, given, judge.ask, params.judge)
    write_json(behaviours, report)
    _say(behaving.said_of(report, list(given)))


def _write_probe(
    params: EvaluateParams, held: _Asked, found: _Found, subject: Subject, tokens: Path,
    clean: Path, probe: Path,
) -> None:  # fmt: skip
    """What was trained on is read from the rows that train was given."""
    wish, seed = params.probe, params.seed
    packed, secrets = read_packed(tokens / "train"), tokens / CANARIES
    planted = from_json(read_json(secrets)) if secrets.is_file() else []
    talks = {"training": held.training, "held_out": held.talks}
    corpus = Corpus(packed.ids.ravel(), packed.examples.ravel())
    told = read_json(clean).get("policy")
    policy = Policy(**told) if isinstance(told, dict) else Policy()
    report: dict[str, Any] = {
        "canaries": remembering.exposed(subject, planted, wish.references, seed),
        "extraction": remembering.extracted(subject, talks, corpus, wish, seed),
        "personal_data": remembering.given_away(subject, held.training, policy, wish, seed),
        "forgetting": forgotten({name: found.general[name] for name in found.models()}),
    }
    write_json(probe, report)
    _say(remembering.said_of(report))


def _digits(bits: float | None) -> str:
    return "no number of" if bits is None else f"{bits:.4f}"


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        say(f"evaluate: {line}")


if __name__ == "__main__":
    main(evaluate)
