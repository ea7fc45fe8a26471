"""Values as people and programs write them, and what only looks like one."""

import polars as pl
import pytest

from chatloop.privacy.kinds import KINDS
from chatloop.privacy.redaction import redact


def redacted(text: str) -> str:
    turns = pl.DataFrame({"conversation_id": ["c"], "turn": [0], "content": [text]})
    return str(redact(turns, KINDS).turns["content"][0])


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("write to john dot doe at example dot com", "doe"),
        ("john (at) example (dot) com please", "john"),
        ("john[at]example[dot]com", "john"),
        ("see ?email=anna%40example.org&x=1", "anna"),
        ("anna&#64;example.org", "anna"),
        ("anna @ example.org", "anna"),
        ("anna.berg＠example.org", "anna"),
        ("my email is jane_doe99 at gmail.com", "jane"),
        ("(415)5550132", "5550132"),
        ("0475/12.34.56", "34.56"),
        ("4155550132 is my cell", "4155550132"),
        ("9876543210 (mobile)", "98765"),
        ("手机号码：13800138000", "13800138000"),
        ("＋１ ４１５ ５５５ ０１３２", "５５５"),
        ("４１１１ １１１１ １１１１ １１１１", "１１１１"),
        ('{"first_name": "Giovanni", "last_name": "Esposito"}', "Giovanni"),
        ("firstName=Lukas&lastName=Huber", "Lukas"),
        ("我叫王小明，你好", "王小明"),
        ("私の名前は田中太郎です", "田中"),
        ("제 이름은 김민수입니다", "김민수"),
        ("dateOfBirth=1985-03-04", "1985"),
        ("born on the fourth of March 1985", "March 1985"),
        ("Personalausweis L01X00T471", "L01X00"),
        ("the wifi password is sunflower", "sunflower"),
        ('"-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBg\\n-----END PRIVATE KEY-----"', "MIIEv"),
        ("pul-513d24928b960632d4ee7c07e12f6d712c7e18b9", "513d24"),
        ("49f239da2d17d782483fd5c72eb42045-us12", "49f239"),
        ("pat-na1-2dfcdf61-6695-0e83-0dd9-70b52fd90742", "2dfcdf61"),
        ("rzp_live_spRV4yrj1uLzx4", "spRV4"),
        ("pnu_giesQPqbI1eQwE1juGfFTmY5vVGkZNTMx8p5", "giesQ"),
        ("key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEIJrp7EYc3", "bPxRfiCY"),
        ("?sv=2022-11-02&sig=xhL4aTDU5K8uSGR3MhvYYDTFy8XJfMUt1QLF08nBq80%3D", "xhL4aTDU"),
        ("Authorization: Basic dXNlcjpwYXNzd29yZDEyMw==", "dXNlcjpw"),
        ("Cookie: sessionid=olsot5ujsg8iahvnqwhn7nyq0p0aezg7", "olsot5"),
    ],
)
def test_it_does_not_stay(text: str, secret: str) -> None:
    assert secret not in redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "look at example.com or shop at stores near you",
        "mail me at noon",
        "the token limit is 4096, primary key id_customer_2024_table",
        "test_user_authentication_with_valid_credentials_2",
        "live_stream_recorder_configuration_v2",
        "pk_customer_orders_2024_q1_index",
        "key-value-store-2024-edition",
        "iPhone14ProMax256GBUnlockedA2890",
        "Windows10EnterpriseEvaluation2019Edition",
        "commit 3f2a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a",
        "uuid 550e8400-e29b-41d4-a716-446655440000",
        "https://example.com/Products/Item42/AbCdEf123456GhIjKl789012",
        "password: must contain 8+ characters",
        "my password is incorrect",
        "pin it to the board 2024",
        "F1 Score: 0.85123, 0.92345",
        "mask 255.255.255.0, paragraph 3.2.1.4",
        "我叫了外卖。",
        "0.5 litres @ 3.50 each",
    ],
)
def test_it_stays(text: str) -> None:
    assert redacted(text) == text
