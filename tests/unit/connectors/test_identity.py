"""Google's identity tokens, signed by a key of our own in the place of Google's."""

import asyncio
import datetime
import json
from types import SimpleNamespace
from typing import Any

import pytest

from chatloop.connectors.dialogflow.identity import verifier

pytest.importorskip("google.oauth2.id_token")

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import crypt, jwt

AUDIENCE, ACCOUNT = (
    "https://chat.example.com",
    "service-1@gcp-sa-dialogflow.iam.gserviceaccount.com",
)
NOW = int(datetime.datetime.now(datetime.UTC).timestamp())


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def certificates(key: rsa.RSAPrivateKey) -> dict[str, str]:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, start, start.replace(2120))
    pem = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    return {"k1": pem.decode()}


def token(key: rsa.RSAPrivateKey, **claims: Any) -> str:
    said = {
        "iss": "https://accounts.google.com", "aud": AUDIENCE, "email": ACCOUNT,
        "email_verified": True, "iat": NOW, "exp": NOW + 3600, "sub": "1",
    }  # fmt: skip
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    signer = crypt.RSASigner.from_string(pem.decode(), key_id="k1")
    return bytes(jwt.encode(signer, {**said, **claims})).decode()


def checked(
    certificates: dict[str, str], *tokens: str, status: int = 200
) -> tuple[list[bool], int]:
    """What is said to each, and how often the keys were fetched."""
    fetched = []

    def fetch(url: str, method: str, **_: Any) -> SimpleNamespace:
        fetched.append(url)
        return SimpleNamespace(status=status, data=json.dumps(certificates).encode())

    async def all_of_them() -> list[bool]:
        verify = verifier(AUDIENCE, ACCOUNT, fetch)
        return [await verify(one) for one in tokens]

    return asyncio.run(all_of_them()), len(fetched)


def test_the_agents_own_token_is_good_and_keys_are_fetched_once(
    key: rsa.RSAPrivateKey, certificates: dict[str, str]
) -> None:
    assert checked(certificates, token(key), token(key)) == ([True, True], 1)


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "service-2@gcp-sa-dialogflow.iam.gserviceaccount.com"},
        {"email": None},
        {"email_verified": False},
        {"aud": "https://other.example.com"},
        {"iss": "https://evil.example.com"},
        {"exp": NOW - 3600},
    ],
)
def test_any_other_token_is_not(
    key: rsa.RSAPrivateKey, certificates: dict[str, str], claims: dict[str, Any]
) -> None:
    assert checked(certificates, token(key, **claims))[0] == [False]


def test_a_strangers_signature_or_no_token_at_all_is_not(certificates: dict[str, str]) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    said, fetched = checked(certificates, token(stranger), "x", "", "a.b.c", "ä.ö.ü")
    assert said == [False] * 5
    assert fetched == 1


def test_without_googles_keys_nobody_is_let_in(
    key: rsa.RSAPrivateKey, certificates: dict[str, str]
) -> None:
    assert checked(certificates, token(key), status=503)[0] == [False]
