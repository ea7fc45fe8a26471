import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatloop.cleaning.text.html import without_html


def shown(text: str, params, talks) -> str:
    return without_html(talks([text]), params)[0]


@pytest.mark.parametrize(
    ("page", "seen"),
    [
        ("<p>Hi Ann,</p><p>it is <b>here</b></p>", "Hi Ann,\n\nit is here"),
        ("one<br>two<br/>three<BR />four", "one\ntwo\nthree\nfour"),
        ("Q&amp;A &lt;3 5&nbsp;&euro; &#39;ok&#x27;", "Q&A <3 5\xa0€ 'ok'"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("a<script>alert('<b>x</b>')</script>b</b>", "a b"),
        ("<style>p { color: red }</style><p>Hi</p>", "Hi"),
        ("Hi<!-- <b>not</b> this -->there</b>", "Hi there"),
        ("<ul><li>one</li><li>two</li></ul>", "- one\n\n- two"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a | b"),
        ("<a href=\"https://x.org/?a=1&amp;b=2\" class='c d' data-x=1 download>here</a>", "here"),
        ("<pre>if a &lt; b:</pre>", "if a < b:"),
        ("<b>a < b and c > d</b>", "a < b and c > d"),
        ("<p>if (a<b && c>d) { x(); }</p>", "if (a<b && c>d) { x(); }"),
    ],
)
def test_html_becomes_what_a_browser_shows(page, seen, params, talks):
    assert shown(page, params, talks) == seen


@pytest.mark.parametrize(
    "text",
    [
        "a < b and b > c",
        "if (a<b && c>d) { x(); }",
        "std::vector<int> v; List<String> names;",
        "How do I centre a <div>?",
        "Use `<b>bold</b>` and `&amp;` there.",
        "```html\n<p>Hi&nbsp;there</p>\n```",
        "I <3 it, x <- y, <anna>",
        "https://x.org/?a=1&copy=2&lt=3",
        "AT&T; R&D;",
        "",
    ],
)
def test_what_is_no_html_and_what_is_code_survives(text, params, talks):
    assert shown(text, params, talks) == text


def test_code_in_html_survives(params, talks):
    page = "<p>Write</p>\n```html\n<b>&lt;</b>\n```\n<p>or `<i>`</p>"
    assert shown(page, params, talks) == "Write\n\n```html\n<b>&lt;</b>\n```\n\nor `<i>`"


def test_other_turns_keep_their_place(params, talks):
    content = without_html(talks(["one", "<b>two</b>", "three", "4 &gt; 3"]), params)
    assert content.to_list() == ["one", "two", "three", "4 > 3"]


@settings(deadline=None)
@given(text=st.text(alphabet="<>/&;#`ab 1=\"'!-\npbr", max_size=60))
def test_any_text_is_shown_and_text_without_marks_stays(text, params, talks):
    seen = shown(text, params, talks)
    if not set("<&") & set(text):
        assert seen == text


@pytest.mark.parametrize(
    "unit", ["<", "<b", "</b>", "<!--", "<script>", "&amp;", "`", "```", "<b a='"]
)
def test_a_megabyte_of_anything_is_shown(unit, params, talks):
    shown(unit * (1_000_000 // len(unit)) + "</b>", params, talks)
