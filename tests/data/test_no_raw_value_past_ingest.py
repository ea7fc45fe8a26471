"""Values of every kind go in as questions, answers, ids, topics, broken rows and judged answers;
behind ingest none of them is in any file, and none is ever said."""

import json
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

from chatloop.privacy.kinds import KINDS
from chatloop.stages import main
from tests.raw_values import standing, written

STAGES = ("ingest", "clean", "profile", "validate", "split", "base", "tokenize")
# Kind: a sentence of a chat, and the value in it.
PLANTED = {
    "url_credentials": ("clone {} and run make", "https://ana:s3cretwort@git.example.com/x.git"),
    "api_key": ("my key {} is out", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"),
    "secret": ("my password is {}", "Maple-orbit-4417"),
    "email": ("write to {} please", "quirina.berg@example.org"),
    "iban": ("pay to {} please", "DE89 3704 0044 0532 0130 00"),
    "cn_resident_id": ("my resident id {}", "11010519491231002X"),
    "fr_nir": ("mon NIR {}", "1 85 05 78 006 084 91"),
    "card": ("I paid with {}", "4539 5787 6362 1486"),
    "mac": ("its address is {}", "00:1b:44:11:3a:b7"),
    "ipv6": ("I come from {}", "2001:db8::8a2e:370:7334"),
    "ipv4": ("I come from {}", "198.51.100.42"),
    "us_ssn": ("my SSN is {}", "536-22-8145"),
    "uk_nino": ("my NI number is {}", "AB 12 34 56 C"),
    "it_codice_fiscale": ("codice fiscale {}", "RSSMRA85T10A562S"),
    "es_dni": ("my DNI is {}", "12345678Z"),
    "de_tax_id": ("my tax id is {}", "86 095 742 719"),
    "ch_ahv": ("AHV {}", "756.9217.0769.85"),
    "be_rrn": ("national number {}", "85.07.30-033.28"),
    "br_cpf": ("my CPF is {}", "529.982.247-25"),
    "fi_hetu": ("hetu {}", "131052-308T"),
    "se_personnummer": ("personnummer {}", "811218-9876"),
    "pl_pesel": ("PESEL {}", "44051401359"),
    "nl_bsn": ("my BSN is {}", "111222333"),
    "in_aadhaar": ("my Aadhaar is {}", "2341 2341 2346"),
    "au_tfn": ("my TFN is {}", "123 456 782"),
    "ca_sin": ("my SIN is {}", "046 454 286"),
    "mx_curp": ("my CURP is {}", "HEGG560427MVZRRL04"),
    "sg_nric": ("my NRIC is {}", "S1234567D"),
    "kr_rrn": ("my RRN is {}", "850312-1234565"),
    "in_pan": ("my PAN is {}", "ABCPE1234F"),
    "ie_pps": ("my PPS is {}", "1234567FA"),
    "cl_rut": ("my RUT is {}", "12.345.678-5"),
    "dk_cpr": ("my CPR is {}", "170385-1009"),
    "no_fodselsnummer": ("fødselsnummer {}", "130972 48022"),
    "za_id": ("my ID is {}", "800101 5009 087"),
    "tr_tckn": ("my TC kimlik is {}", "10000000146"),
    "at_svnr": ("my SVNR is {}", "1237 010180"),
    "pt_nif": ("my NIF is {}", "123456789"),
    "uk_nhs": ("my NHS number is {}", "943 476 5919"),
    "passport": ("my passport number is {}", "C01X00T47"),
    "driving_licence": ("my driving licence {}", "MORGA657054SM9IJ"),
    "date_of_birth": ("I was born on {}", "4 March 1985"),
    "geo": ("the gate is at {}", "52.51637, 13.37770"),
    "phone": ("call me on {}", "+44 20 7946 0958"),
    "postal_address": ("ship it to {}", "12 Baker Street, London NW1 6XE"),
    "person": ("my name is {}", "Quirina Bergmann"),
    "order_number": ("my order is {}", "ORD-482913"),
}
VALUES = [value for _, value in PLANTED.values()]
SAID = [(kind, said.format(value), value) for kind, (said, value) in PLANTED.items()]


def talk(question: str, answer: str, **more: object) -> dict[str, object]:
    said = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"messages": said, **more}


def talks() -> Iterator[dict[str, object]]:
    for kind, said, value in SAID:
        answer = f"Thank you, I have noted {said} for the {kind} and will write tomorrow."
        topics = ["refund", f"refund, {said}"]
        yield talk(f"Hello there, {said}, ok?", answer, id=f"{kind} {said}", topics=topics)
        yield talk(f"Now {said}", "", id=f"empty {kind}")
        yield talk(f"So that {said}", answer * 40, id=f"long {kind}")
        yield talk(f"So ({said}) or <b>{said}</b>\n{value}\u200b", f"Is {said}\n- {said}\nright?")


def broken() -> Iterator[str]:
    for _, said, value in SAID:
        yield f'{{"messages": [{{"role": "user", "content": "{said}'
        yield json.dumps({"messages": said})
        yield json.dumps({"messages": [{"role": value, "content": said}]})
        yield json.dumps({"messages": [{"role": "user", "content": {value: said}}]})
        yield json.dumps({"id": {value: 1}, **talk(said, said)})
        yield json.dumps({"weight": value, **talk(said, said)})
        yield said


def pairs() -> Iterator[dict[str, object]]:
    for _, said, _ in SAID:
        better, worse = f"I see, {said}, right.", f"I do not care that {said}."
        yield {"prompt": f"Listen, {said}.", "chosen": better, "rejected": worse}
        yield {
            "prompt": f"Once more: {said}.",
            "chosen": "It is noted, thank you. " * 100 + said,
            "rejected": said,
        }


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[tuple[Path, str]]:
    """A project after the data stages, and all that they said."""
    folder = tmp_path_factory.mktemp("private")
    sources = {"talks": talks(), "pairs": pairs()}
    for name, records in sources.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    (folder / "broken.jsonl").write_text("\n".join(broken()))
    params = yaml.safe_load((root / "params.yaml").read_text())
    params["ingest"]["sources"] = [
        {"path": "builtin", "format": "messages"},
        *({"path": f"{name}.jsonl", "format": "messages"} for name in ("talks", "broken")),
        {"path": "pairs.jsonl", "format": "preference"},
    ]
    params["ingest"]["builtin"]["conversations"] = 150
    params["clean"]["patterns"] = {"order_number": r"ORD-\d{6}"}
    params["validate"] |= {"max_quarantined_share": 1.0, "max_rejected_share": 1.0}
    params["base"]["tiny"] |= {"vocab_size": 600, "layers": 1, "width": 32, "heads": 2}
    (folder / "params.yaml").write_text(yaml.safe_dump(params))
    (folder / "pins").mkdir()
    for name in ("sources", "accepted"):
        (folder / "pins" / f"{name}.json").write_text('{"conversations": null}\n')
    commands = yaml.safe_load((root / "dvc.yaml").read_text())["stages"]
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in STAGES:
            arguments = shlex.split(commands[name]["cmd"])[1:]
            patch.setattr(sys, "argv", [name, *arguments])
            patch.setattr(sys.stdout, "write", said.append)
            patch.setattr(sys.stderr, "write", said.append)
            main(getattr(import_module(f"chatloop.stages.{name}"), name))
            if name == "ingest":  # as if all of it had been feedback that is held out
                ingested = folder / "data/ingest"
                shutil.copy(ingested / "preferences.parquet", ingested / "held_out.parquet")
    yield folder, "".join(said)


def test_every_kind_is_planted_and_reaches_ingest_in_every_way(ran) -> None:
    folder, _ = ran
    assert set(PLANTED) == {*KINDS, "order_number"}
    for name, column in (
        ("turns", "content"),
        ("preferences", "content"),
        ("quarantine", "record"),
    ):
        texts = "\n".join(pl.read_parquet(folder / f"data/ingest/{name}.parquet")[column])
        assert [value for value in VALUES if value not in texts] == [], name


def test_no_file_behind_ingest_holds_a_value(ran) -> None:
    folder, _ = ran
    texts = written(folder, leave=("talks.jsonl", "broken.jsonl", "pairs.jsonl", "data/ingest"))
    names = {str(path) for path in texts}
    assert {"data/clean/preferences.parquet", "data/clean/rejects.parquet"} <= names
    assert {"data/clean/held_out.parquet", "data/clean/rejected_held_out.parquet"} <= names
    assert {"reports/preview.html", "reports/diversity.html", "models/base/tokenizer.json"} <= names
    assert any(name.startswith("reports/data_docs/") for name in names)
    assert standing(VALUES, texts) == []


def test_no_token_is_left_of_a_value(ran) -> None:
    from transformers import AutoTokenizer

    folder, _ = ran
    tokenizer = AutoTokenizer.from_pretrained(folder / "models/base")
    files = sorted((folder / "data/tokenize").rglob("ids.npy"))
    texts = {path: tokenizer.decode(np.load(path).ravel().tolist()) for path in files}
    assert any("[EMAIL_1]" in text for text in texts.values())
    assert standing(VALUES, texts) == []


def test_nothing_that_is_said_holds_a_value(ran) -> None:
    _, said = ran
    assert "ingest: broken.jsonl" in said
    assert standing(VALUES, {Path("stdout"): said}) == []


def test_each_row_is_kept_or_rejected_and_each_kind_is_counted(ran) -> None:
    folder, _ = ran
    report = json.loads((folder / "reports/clean.json").read_text())
    answers = report["preferences"]
    assert report["held_out"] == answers
    for unit in ("conversations", "turns"):
        counts = answers[unit]
        assert counts["in"] == counts["out"] + counts["rejected"]
    assert answers["rejected_by_reason"]["too_long"] == len(PLANTED)
    assert [kind for kind in PLANTED if not report["redacted"][kind]] == []
    assert [kind for kind in PLANTED if not answers["redacted"].get(kind)] == []
    rows = pl.read_parquet(folder / "data/clean/preferences.parquet")
    assert answers["turns"]["out"] == rows.height
    assert all(re.search(r"\[[A-Z0-9_]+_1\]", text) for text in rows["content"])


def test_a_pair_and_its_conversation_have_the_same_placeholders(ran) -> None:
    folder, _ = ran
    turns = pl.read_parquet(folder / "data/clean/turns.parquet")
    answers = pl.read_parquet(folder / "data/clean/preferences.parquet")
    for side, number in (("prompt", 0), ("chosen", 1)):
        judged = answers.filter(side=side).select("conversation_id", "content")
        both = judged.join(turns.filter(turn=number), on="conversation_id", suffix="_talk")
        assert both.height >= len(PLANTED) // 2
        assert both["content"].to_list() == both["content_talk"].to_list()
