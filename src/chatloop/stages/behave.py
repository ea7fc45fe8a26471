"""What candidate and champion do when they are asked the behaviour cases, side by side.

In: the cases in evals/, models/candidate, models/champion (empty where there is none yet).
Out: reports/behaviours.json: counts by kind, each case with outcome, reasons and answer, redacted;
with a judge, which of the two it prefers. The judge's replies are kept in a scratch
folder: what was asked once is not asked again.
"""

from pathlib import Path

from chatloop.behaviour.checks import check
from chatloop.behaviour.report import report
from chatloop.behaviour.suite import parse_suite
from chatloop.io import hub
from chatloop.io.cases import read_case_files
from chatloop.io.files import write_json
from chatloop.io.judge import open_judge
from chatloop.judging.comparing import compare
from chatloop.modeling.asking import ask
from chatloop.params.behave import BehaveParams
from chatloop.stages import main, say


def behave(
    params: BehaveParams,
    cases: Path,
    candidate: Path,
    champion: Path,
    behaviours: Path,
    replies: Path,
) -> None:
    """Ask, check, and write the report; a case that fails is an outcome, not a failure."""
    suite = parse_suite(read_case_files(cases))
    asked = [case.asked for case in suite]
    given, outcomes = {}, {}
    for name, folder in (("candidate", candidate), ("champion", champion)):
        if (folder / "config.json").is_file():
            tokenizer, model = hub.load_tokenizer(folder), hub.load_model(folder)
            said = ask(model, tokenizer, asked, params.max_new_tokens, params.threads)
            given[name] = {case.name: text for case, text in zip(suite, said, strict=True)}
            outcomes[name] = check(suite, given[name], params.similarity)
    found = report(suite, outcomes, given)
    if params.judge.url is not None:
        with open_judge(params.judge, replies) as judge:
            found["judge"] = compare(suite, given, judge.ask, params.judge)
    write_json(behaviours, found)
    for name in outcomes:
        counts = found[name]
        musts = f", {counts['must_failed']} of them musts" if counts["must_failed"] else ""
        failed = counts["checked"] - counts["passed"]
        say(f"behave: {name}: {failed} of {counts['checked']} cases failed{musts}")


if __name__ == "__main__":
    main(behave)
