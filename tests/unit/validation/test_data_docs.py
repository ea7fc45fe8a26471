import re
from html.parser import HTMLParser

import pytest

from chatloop.validation.data_docs import pages
from chatloop.validation.expectations import Check, Expectation, Outcome, Suite

UNIQUE = Expectation("unique", "kind", {}, "Each turn stands once", "validate.x: 1")
ENOUGH = Expectation("enough", "kind", {}, "There are at least 5")


@pytest.fixture
def checks() -> list[Check]:
    good = Outcome(ENOUGH, success=True, observed=17_193.0)
    bad = Outcome(UNIQUE, success=False, rows=14_012, unexpected=3, examples=("a<b>",))
    turns = Check(Suite("turns", ("id",), (UNIQUE,)), (bad,), "<p>rendered by GX</p>")
    return [turns, Check(Suite("corpus", (), (ENOUGH,)), (good,), "<p>also</p>")]


def test_there_is_an_index_and_a_page_a_suite(checks: list[Check]):
    assert list(pages(checks)) == ["index.html", "turns.html", "corpus.html"]


def test_the_index_links_to_pages_that_exist(checks: list[Check]):
    built = pages(checks)
    links = re.findall(r'href="([^"]+)"', "".join(built.values()))
    assert links
    assert set(links) <= built.keys()


def test_the_index_says_what_was_found_and_which_setting_decides(checks: list[Check]):
    index = pages(checks)["index.html"]
    for text in ("1 of 2 expectations failed", "3 of 14,012", "17,193", "validate.x: 1"):
        assert text in index


def test_a_page_without_failures_says_so(checks: list[Check]):
    assert "All 1 expectations hold" in pages(checks)["corpus.html"]


def test_what_great_expectations_rendered_stands_in_the_page_as_it_is(checks: list[Check]):
    assert "<p>rendered by GX</p>" in pages(checks)["turns.html"]


def test_pages_refer_to_nothing_outside_and_run_no_script(checks: list[Check]):
    for page in pages(checks).values():
        assert "default-src 'none'" in page
        assert not re.search(r"https?:|//|<script|<link|<img|@import|url\(", page)


def test_pages_are_well_formed(checks: list[Check]):
    for page in pages(checks).values():
        assert _unclosed(page) == []


def _unclosed(page: str) -> list[str]:
    stack: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, _: stack.append(tag)  # type: ignore[method-assign]
    parser.handle_endtag = stack.remove  # type: ignore[method-assign]
    parser.feed(page)
    return [tag for tag in stack if tag not in {"meta", "br"}]
