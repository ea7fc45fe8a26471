"""The page in a real browser: type, stream, stop, rate, correct, begin anew, export."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serve.page_server import Api, served

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect
expect.set_options(timeout=60_000)  # as long as it takes on a machine that has other work, too

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield found
        found.close()


@pytest.fixture
def api() -> Iterator[Api]:
    with served(Api()) as running:
        yield running


@pytest.fixture
def context(browser: Any) -> Iterator[Any]:
    made = browser.new_context(viewport={"width": 1000, "height": 700}, color_scheme="light")
    yield made
    made.close()


@pytest.fixture
def page(context: Any, api: Api) -> Iterator[Any]:
    """The page, open; whatever it throws or violates fails the test."""
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if "Security" in said.text else None)
    opened.goto(api.url)
    expect(opened.locator("#version")).to_have_text("chatloop@3")
    yield opened
    if folder := os.environ.get("CHATLOOP_SCREENSHOTS"):
        name = os.environ["PYTEST_CURRENT_TEST"].rpartition("::")[2].partition(" ")[0]
        opened.screenshot(path=Path(folder) / f"{name}.png")
    assert wrong == []


def ask(page: Any, words: str) -> None:
    page.get_by_label("Your question").fill(words)
    page.get_by_label("Your question").press("Enter")


def asked(page: Any, words: str = "Where is it?", turn: int = 1) -> None:
    ask(page, words)
    expect(page.get_by_role("button", name="Good answer")).to_have_count(turn)


def button(page: Any, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


def test_an_answer_comes_as_it_is_written_and_says_its_version(page: Any, api: Api) -> None:
    api.hold = 2
    ask(page, "Where is it?")
    expect(page.locator(".words")).to_have_text("It left")
    expect(button(page, "Stop")).to_be_visible()
    api.go.set()
    expect(page.locator(".words")).to_have_text("It left us today.")
    expect(page.locator(".about")).to_contain_text("chatloop@3 · 4 tokens")
    expect(button(page, "Send")).to_be_visible()
    sent = api.asked[0]
    assert sent["messages"] == [{"role": "user", "content": "Where is it?"}]
    assert (sent["model"], sent["stream"]) == ("chatloop", True)
    assert not {"temperature", "top_p", "top_k", "seed", "max_tokens"} & sent.keys()


def test_the_next_question_takes_the_conversation_along(page: Any, api: Api) -> None:
    asked(page)
    asked(page, "When?", 2)
    assert [m["content"] for m in api.asked[1]["messages"]] == [
        "Where is it?", "It left us today. ", "When?",
    ] or [m["content"].strip() for m in api.asked[1]["messages"]] == [
        "Where is it?", "It left us today.", "When?",
    ]  # fmt: skip
    assert api.asked[0]["metadata"] == api.asked[1]["metadata"]


def test_a_conversation_that_is_too_long_goes_on_without_its_beginning(page: Any, api: Api) -> None:
    asked(page)
    expect(page.locator(".about")).not_to_contain_text("oldest")
    api.dropped = 2
    asked(page, "When?", 2)
    assert api.asked[1]["truncation"] == "auto"
    expect(page.locator(".about").nth(1)).to_contain_text("without the oldest 2 messages")


@pytest.mark.parametrize("how", ["button", "escape"])
def test_an_answer_can_be_stopped_and_frees_the_server(page: Any, api: Api, how: str) -> None:
    api.hold = 1
    ask(page, "Where is it?")
    expect(page.locator(".words")).to_have_text("It")
    if how == "button":
        button(page, "Stop").click()
    else:
        page.keyboard.press("Escape")
    assert api.left.wait(timeout=20)
    expect(page.locator(".about")).to_contain_text("stopped")
    expect(page.get_by_label("Your question")).to_be_focused()


def test_thumbs_and_a_correction_are_kept_and_shown(page: Any, api: Api) -> None:
    asked(page)
    button(page, "Bad answer").click()
    expect(button(page, "Bad answer")).to_have_attribute("aria-pressed", "true")
    button(page, "Correct this answer").click()
    field = page.get_by_label("A better answer")
    expect(field).to_have_value("It left us today.")
    field.fill("It left us on Monday.")
    button(page, "Save").click()
    expect(page.locator(".corrected")).to_contain_text("It left us on Monday.")
    button(page, "Good answer").click()
    expect(button(page, "Bad answer")).to_have_attribute("aria-pressed", "false")

    said = [{k: v for k, v in one.items() if k != "idempotency_key"} for one in api.feedback]
    of = {"completion_id": "chatcmpl-1"}
    assert said == [
        {**of, "rating": "down"},
        {**of, "rating": "down", "correction": "It left us on Monday."},
        {**of, "rating": "up", "correction": "It left us on Monday."},
    ]
    assert len({one["idempotency_key"] for one in api.feedback}) == 3


def test_feedback_that_is_not_kept_is_not_shown_as_kept(page: Any, api: Api) -> None:
    asked(page)
    api.refuse_feedback = (503, "The store is full.", {})
    button(page, "Good answer").click()
    expect(page.locator(".state")).to_contain_text("Not kept: The store is full.")
    expect(button(page, "Good answer")).to_have_attribute("aria-pressed", "false")


@pytest.mark.parametrize(
    ("refuse", "says"),
    [
        ((429, "x", {"Retry-After": "7"}), "Try again in 7 s"),
        ((503, "No champion yet: run make run", {}), "No champion yet: run make run"),
        ((400, "temperature: too high", {}), "temperature: too high"),
        ((500, "", {}), "The server refused (500)"),
    ],
)
def test_a_refusal_is_one_clear_line_and_can_be_tried_again(
    page: Any, api: Api, refuse: Any, says: str
) -> None:
    api.refuse = refuse
    ask(page, "Where is it?")
    expect(page.get_by_role("alert")).to_contain_text(says)
    api.refuse = None
    button(page, "Try again").click()
    expect(page.locator(".words")).to_have_text("It left us today.")
    expect(page.locator(".error")).to_be_hidden()


def test_a_broken_connection_is_said_and_keeps_what_came(page: Any, api: Api) -> None:
    api.breaks = True
    ask(page, "Where is it?")
    expect(page.get_by_role("alert")).to_contain_text("The connection broke off")
    expect(page.locator(".words")).to_have_text("It left us today.")


def test_a_server_that_is_away_is_said(page: Any, context: Any) -> None:
    context.set_offline(True)
    ask(page, "Where is it?")
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")


def test_a_key_is_asked_for_used_and_gone_with_the_tab(page: Any, api: Api, context: Any) -> None:
    api.key = "sk-1"
    ask(page, "Where is it?")
    expect(page.get_by_role("alert")).to_contain_text("API key")
    page.get_by_role("alert").get_by_role("button", name="Settings").click()
    expect(page.get_by_label("API key")).to_be_focused()
    page.get_by_label("API key").fill("sk-1")
    page.keyboard.press("Enter")
    button(page, "Try again").click()
    expect(page.locator(".words")).to_have_text("It left us today.")
    assert "sk-1" not in json.dumps(page.evaluate("({...localStorage})"))
    other = context.new_page()
    other.goto(api.url)
    assert other.evaluate("sessionStorage.length") == 0


def test_settings_are_sent_and_remembered(page: Any, api: Api) -> None:
    button(page, "Settings").click()
    for label, value in (("System prompt", "Be brief."), ("Temperature", "0.7"), ("Top-p", "0.9"),
                         ("Top-k", "40"), ("Max tokens", "64"), ("Seed", "7")):  # fmt: skip
        page.get_by_label(label).fill(value)
    page.get_by_label("Version").select_option("chatloop@2")
    button(page, "Done").click()
    page.reload()
    expect(page.locator("#version")).to_have_text("chatloop@2")
    asked(page)
    sent = api.asked[0]
    assert sent["messages"][0] == {"role": "system", "content": "Be brief."}
    chosen = {"temperature": 0.7, "top_p": 0.9, "top_k": 40, "max_tokens": 64, "seed": 7}
    assert {name: sent[name] for name in chosen} == chosen
    assert sent["model"] == "chatloop@2"


def test_a_number_out_of_bounds_is_not_sent(page: Any, api: Api) -> None:
    button(page, "Settings").click()
    page.get_by_label("Temperature").fill("9")
    page.keyboard.press("Escape")
    asked(page)
    assert "temperature" not in api.asked[0]


def test_a_new_conversation_has_no_past(page: Any, api: Api) -> None:
    api.hold = 1
    ask(page, "Where is it?")
    expect(page.locator(".words")).to_have_text("It")
    button(page, "New conversation").click()
    expect(page.locator(".turn")).to_have_count(0)
    api.go.set()
    asked(page, "Who are you?")
    assert len(api.asked[1]["messages"]) == 1
    assert api.asked[0]["metadata"]["session"] != api.asked[1]["metadata"]["session"]


def test_the_conversation_can_be_exported(page: Any, tmp_path: Path) -> None:
    asked(page)
    button(page, "Good answer").click()
    expect(button(page, "Good answer")).to_have_attribute("aria-pressed", "true")
    kept = {}
    for kind in ("JSON", "Markdown"):
        button(page, "Export the conversation").click()
        with page.expect_download() as waiting:
            button(page, kind).click()
        waiting.value.save_as(tmp_path / kind)
        kept[kind] = (tmp_path / kind).read_text()
    exported = json.loads(kept["JSON"])
    assert [m["role"] for m in exported["messages"]] == ["user", "assistant"]
    assert (exported["answers"][0]["id"], exported["answers"][0]["rating"]) == ("chatcmpl-1", "up")
    assert "**You**\n\nWhere is it?" in kept["Markdown"]
    assert "**chatloop@3**, thumbs up" in kept["Markdown"]


def test_dark_and_light_follow_the_system_until_somebody_chooses(page: Any, api: Api) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colour)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(colour)
    assert light != dark
    button(page, "Dark").click()
    assert page.evaluate(colour) == light
    page.reload()
    assert page.evaluate(colour) == light


def test_what_a_model_writes_is_text(page: Any, api: Api) -> None:
    api.words = ["<img src=x onerror=alert(1)>", "<b>", "</b>\n\n", "ok"]
    asked(page, "<script>alert(1)</script>")
    assert page.locator("#turns img, #turns b, #turns script").count() == 0
    expect(page.locator(".words")).to_contain_text("<img src=x")


def test_the_keyboard_is_enough(page: Any, api: Api) -> None:
    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.type("Where")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("is it?")
    page.keyboard.press("Enter")
    expect(button(page, "Good answer")).to_be_visible()
    assert api.asked[0]["messages"][0]["content"] == "Where\nis it?"
    for _ in range(3):
        page.keyboard.press("Shift+Tab")
    expect(button(page, "Good answer")).to_be_focused()
    page.keyboard.press("Space")
    expect(button(page, "Good answer")).to_have_attribute("aria-pressed", "true")
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("A better answer")).to_be_focused()
    page.keyboard.press("Escape")
    expect(button(page, "Correct this answer")).to_be_focused()


def test_a_screen_reader_hears_the_answer_once_it_is_whole(page: Any, api: Api) -> None:
    api.hold = 2
    ask(page, "Where is it?")
    status = page.get_by_role("status")
    expect(status).to_have_text("The answer is being written")
    expect(page.locator(".answer")).to_have_attribute("aria-busy", "true")
    api.go.set()
    expect(status).to_have_text("Answer: It left us today.")
    expect(page.locator(".answer")).to_have_attribute("aria-busy", "false")


def test_every_control_has_a_name_and_is_large_enough(page: Any) -> None:
    asked(page)
    button(page, "Settings").click()
    names = page.evaluate(
        """[...document.querySelectorAll('button, input, textarea, select')].map(one => [one.id,
            (one.getAttribute('aria-label') || one.labels?.[0]?.textContent || one.textContent)
            .trim()])"""
    )
    assert [name for name in names if not name[1]] == []
    page.keyboard.press("Escape")
    small = page.evaluate(
        """[...document.querySelectorAll('button')].filter(one => one.checkVisibility())
            .map(one => one.getBoundingClientRect()).filter(b => b.width < 24 || b.height < 24)"""
    )
    assert small == []
    assert page.evaluate("document.documentElement.lang") == "en"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(page: Any, scheme: str) -> None:
    """WCAG 2.2, 1.4.3: a contrast of at least 4.5."""
    page.emulate_media(color_scheme=scheme)
    contrast = page.evaluate(
        """() => {
          const style = getComputedStyle(document.documentElement);
          const light = (name) => {
            const hex = style.getPropertyValue(name).trim().slice(1);
            const full = hex.length === 3 ? [...hex].map((c) => c + c).join('') : hex;
            const [r, g, b] = [0, 2, 4].map((at) => parseInt(full.slice(at, at + 2), 16) / 255)
              .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const pairs = [['--ink', '--page'], ['--soft', '--page'], ['--soft', '--raised'],
            ['--ink', '--box'], ['--good', '--tint'], ['--on-good', '--good'], ['--bad', '--page']];
          return pairs.map(([a, b]) => {
            const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
            return [a, b, (x + 0.05) / (y + 0.05)];
          });
        }"""
    )
    assert [pair for pair in contrast if pair[2] < 4.5] == []


def test_a_phone_shows_all_of_it(browser: Any, api: Api) -> None:
    phone = browser.new_context(viewport={"width": 360, "height": 640}, has_touch=True,
                                is_mobile=True, device_scale_factor=2)  # fmt: skip
    page = phone.new_page()
    page.goto(api.url)
    api.words = ["Donaudampfschifffahrtsgesellschaft" * 3, " and on."]
    page.get_by_label("Your question").fill("Where is it? " * 12)
    button(page, "Send").tap()
    expect(button(page, "Good answer")).to_be_visible()
    button(page, "Good answer").tap()
    expect(button(page, "Good answer")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    button(page, "Settings").tap()
    expect(page.get_by_label("Temperature")).to_be_visible()
    assert page.evaluate("document.querySelector('dialog').scrollWidth") <= 360
    phone.close()
