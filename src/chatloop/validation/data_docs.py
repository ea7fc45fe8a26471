"""Data Docs as pages that stand alone: no script, nothing from the network, the same bytes always.

    pages(checks) → {"index.html": "<!doctype html>…", "turns.html": …, "conversations.html": …}

What stands in a suite's page is rendered by Great Expectations; its own shell around it would load
style sheets and scripts from other servers and carry the time of the run.
"""

from collections.abc import Sequence

from jinja2 import DictLoader, Environment, StrictUndefined

from chatloop.validation.expectations import Check, Outcome

# The browser itself refuses scripts and every request, whatever an id in the data holds.
SHELL = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'">
<title>{{ title }} · Data Docs</title>
<style>
{% include "style" %}
</style>
</head>
<body>
<header class="{{ 'bad' if failed else 'good' }}">
<h1>{{ title }}</h1>
<p>{% if failed %}{{ failed }} of {{ total }} expectations failed
{%- else %}All {{ total }} expectations hold{% endif %}</p>
</header>
<main>
{% block main %}{% endblock %}
</main>
<footer>Checked with Great Expectations. The suites are in chatloop/validation/expectations.py,
their limits in the section <code>validate</code> of params.yaml.</footer>
</body>
</html>
"""

INDEX = """\
{% extends "shell" %}{% block main %}{% for check in checks %}
<h2><a href="{{ check.suite.name }}.html">{{ check.suite.name }}</a></h2>
<table class="table">
<thead><tr><th></th><th>Expectation</th><th>Found</th><th>Setting</th></tr></thead>
<tbody>
{%- for outcome in check.outcomes %}
<tr>
<td class="{{ 'text-success' if outcome.success else 'text-danger' }}">
{{- '✓' if outcome.success else '✗' }}</td>
<td><strong>{{ outcome.expectation.name }}</strong><br>{{ outcome.expectation.says }}</td>
<td>{{ found(outcome) }}{{ ' unexpected' if outcome.rows is not none }}</td>
<td><code>{{ outcome.expectation.setting }}</code></td>
</tr>
{%- endfor %}
</tbody>
</table>
{%- endfor %}{% endblock %}
"""

SUITE = """\
{% extends "shell" %}{% block main %}
<p><a href="index.html">All suites</a></p>
{{ html | safe }}
{% endblock %}
"""

STYLE = """\
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: #1f2328; background: #fff; }
header { padding: 1.2rem 2rem; color: #fff; }
header h1 { margin: 0; font-size: 1.4rem; }
header p { margin: 0; }
header.good { background: #1a7f37; }
header.bad { background: #b42318; }
main, footer { max-width: 64rem; padding: .6rem 2rem; }
footer { color: #59636e; border-top: 1px solid #d1d9e0; font-size: 13px; }
a { color: #0b57d0; }
h5 { margin: 1.4rem 0 .3rem; font-size: 1rem; font-family: ui-monospace, monospace; }
table { border-collapse: collapse; }
.table { width: 100%; }
th, td { padding: .4rem .7rem; text-align: left; vertical-align: top; }
th { color: #59636e; font-weight: 600; font-size: 13px; }
tbody tr { border-top: 1px solid #d1d9e0; }
.table > thead th:first-child { width: 3rem; }
.table > thead th:last-child { width: 18rem; }
.table-bordered { margin-top: .5rem; font-family: ui-monospace, monospace; font-size: 13px; }
code { font-size: 13px; }
.text-success { color: #1a7f37; }
.text-danger { color: #b42318; }
.fas { font-style: normal; font-weight: 700; }
.fa-check-circle::before { content: "✓"; }
.fa-times::before { content: "✗"; }
"""

_ENVIRONMENT = Environment(
    loader=DictLoader({"shell": SHELL, "style": STYLE, "index": INDEX, "suite": SUITE}),
    autoescape=True,
    undefined=StrictUndefined,
)


def pages(checks: Sequence[Check]) -> dict[str, str]:
    """File name to HTML: an index of all expectations and a page a suite."""
    suites = {f"{check.suite.name}.html": _suite_page(check) for check in checks}
    return {"index.html": _page("index", "Data Docs", checks, found=found), **suites}


def found(outcome: Outcome) -> str:
    """`3 of 14,012`, or the observed number."""
    if outcome.unexpected is not None:
        return f"{outcome.unexpected:,} of {outcome.rows:,}"
    return f"{outcome.observed:,.10g}" if outcome.observed is not None else "nothing"


def _suite_page(check: Check) -> str:
    return _page("suite", check.suite.name, [check], html=check.html)


def _page(template: str, title: str, checks: Sequence[Check], **more: object) -> str:
    failed = sum(len(check.failed) for check in checks)
    total = sum(len(check.outcomes) for check in checks)
    page = _ENVIRONMENT.get_template(template)
    return page.render(title=title, checks=checks, failed=failed, total=total, **more)
