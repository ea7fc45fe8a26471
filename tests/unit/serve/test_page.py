"""The page's files: what is served, and what a browser is told that it may do."""

import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from chatloop.serve import page

ASSET = re.compile(r"""(?:src|href)="(page/[^"]+)"|from "\./([^"]+)\"""")


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()
    app.include_router(page.router())
    return TestClient(app)


def test_the_page_is_served_with_strict_headers(client: TestClient) -> None:
    said = client.get("/")
    assert said.headers["content-type"] == "text/html; charset=utf-8"
    policy = said.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert said.headers["x-content-type-options"] == "nosniff"
    assert said.headers["x-frame-options"] == "DENY"


def test_everything_that_the_page_names_is_there_and_nothing_comes_from_elsewhere(
    client: TestClient,
) -> None:
    todo, seen = ["/"], set()
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        said = client.get(path)
        assert said.status_code == 200, path
        assert not re.search(r"""(?:src|href|from|url\()\s*=?\s*["']?https?:""", said.text)
        todo += [f"/{a or 'page/' + b}" for a, b in ASSET.findall(said.text)]
    assert seen == page.paths()


def test_nothing_is_inline_and_no_text_becomes_markup(client: TestClient) -> None:
    html = client.get("/").text
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", html)
    for path in page.paths():
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(",
                             client.get(path).text), path  # fmt: skip


def test_a_browser_that_has_a_file_is_not_sent_it_again(client: TestClient) -> None:
    tag = client.get("/page/page.css").headers["etag"]
    again = client.get("/page/page.css", headers={"If-None-Match": f'W/{tag}, "x"'})
    assert (again.status_code, again.content) == (304, b"")
    assert client.head("/").status_code == 200


@pytest.mark.parametrize("path", ["/page/", "/page/x.js", "/page/../__init__.py", "/page/%2e%2e/x"])
def test_nothing_else_is_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404
