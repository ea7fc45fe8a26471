"""GET /docs: the OpenAPI document for a person, without scripts or other people's servers."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

router = APIRouter(include_in_schema=False)
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
STYLE = """
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem }
h2 { font-size: 1.1rem; margin: 2.5rem 0 .25rem; border-top: 1px solid #8886; padding-top: 1rem }
table { border-collapse: collapse; width: 100% }
td, th { text-align: left; padding: .15rem .75rem .15rem 0; vertical-align: top }
"""


@router.get("/docs")
async def documentation(request: Request) -> HTMLResponse:
    """Every route with its fields and its answers."""
    document = request.app.openapi()
    page = "\n".join(_page(document))
    return HTMLResponse(page, headers={"content-security-policy": POLICY})


def _page(document: Mapping[str, Any]) -> Iterator[str]:
    info = document["info"]
    yield '<!doctype html><html lang="en"><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(info['title'])}: API</title><style>{STYLE}</style><main>"
    yield f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>"
    yield f"<p>{escape(info.get('description', ''))} As a document for programs:"
    yield ' <a href="openapi.json">openapi.json</a>.</p>'
    schemas = document.get("components", {}).get("schemas", {})
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield from _operation(f"{method.upper()} {path}", operation, schemas)
    yield "</main></html>"


def _operation(
    name: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]
) -> Iterator[str]:
    yield f"<h2><code>{escape(name)}</code> {escape(operation.get('summary', ''))}</h2>"
    yield f"<p>{escape(operation.get('description', ''))}</p>"
    content = operation.get("requestBody", {}).get("content", {})
    for body in content.values():
        schema = schemas.get(str(body["schema"].get("$ref", "")).rpartition("/")[2], {})
        needed = schema.get("required", [])
        yield "<table><thead><tr><th>field<th>type<th></thead>"
        for field, kind in schema.get("properties", {}).items():
            if kind.get("type") == "null":
                continue  # what is not supported
            must = "needed" if field in needed else ""
            yield f"<tr><td><code>{escape(field)}</code><td>{escape(_kind(kind))}<td>{must}"
        yield "</table>"
    answers = [
        f"{status} {escape(answer.get('description', ''))}"
        for status, answer in sorted(operation.get("responses", {}).items())
    ]
    yield f"<p>{'<br>'.join(answers)}</p>"


def _kind(schema: Mapping[str, Any]) -> str:
    """`number, 0 to 2`, in a few words."""
    if "anyOf" in schema:
        kinds = [_kind(one) for one in schema["anyOf"] if one.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return " or ".join(str(one) for one in schema["enum"] if one is not None)
    kind = str(schema.get("type", "anything"))
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    return f"{kind}, {low:g} to {high:g}" if low is not None and high is not None else kind
