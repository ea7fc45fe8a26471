"""params.yaml, read once: a wrong key, type or range is one clear line.

params.yaml: train.learning_rate: '2e-5' is text, not a number; write 2.0e-5
"""

import math
from pathlib import Path
from typing import get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from chatloop.errors import UserError
from chatloop.params import Params


def read_params(path: Path) -> Params:
    """Params from a YAML file.

    Raises:
        UserError: the file is missing, is no YAML, or a key has a wrong name, type or range.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({error}); run in a chatloop project") from error
    except yaml.YAMLError as error:
        raise UserError(f"{path}: is not YAML: {' '.join(str(error).split())}") from error
    return parse_params(data, path.name)


def parse_params(data: object, where: str) -> Params:
    """Params from parsed YAML; `where` names the file in messages."""
    try:
        return Params.model_validate(data)
    except ValidationError as error:
        lines = [_line(detail) for detail in error.errors()]
        raise UserError(f"{where}: " + "; ".join(dict.fromkeys(lines))) from error


def unknown_key(key: str) -> str | None:
    """`train.lerning_rate: no such key; known here: …`; None where params have such a key."""
    section: type[BaseModel] = Params
    for part in key.split("."):
        name = part.partition("[")[0]
        fields = {field.alias or name: field for name, field in section.model_fields.items()}
        if name not in fields:
            return f"{key}: no such key; known here: {', '.join(fields)}"
        inner = _section_in(fields[name].annotation)
        if inner is None:
            return None
        section = inner
    return None


def _line(detail: ErrorDetails) -> str:
    """`train.learning_rate: '2e-5' is text; write 2.0e-5`."""
    key = ".".join(str(part) for part in detail["loc"]) or "the file"
    value = detail["input"]
    if detail["type"] == "extra_forbidden":
        return f"{key}: no such key; known here: {', '.join(_known(detail['loc']))}"
    if detail["type"] == "missing":
        return f"{key}: is missing"
    if isinstance(value, str) and _number(value) is not None:
        return f"{key}: {value!r} is text, not a number; write {_number(value)}"
    if detail["type"] == "model_type":
        return (
            f"{key}: is a section with keys of its own: {', '.join(_known((*detail['loc'], '')))}"
        )
    shown = repr(value) if isinstance(value, str | int | float | bool | None) else "its value"
    return f"{key}: {shown}: {detail['msg'].removeprefix('Value error, ')}"


def _known(location: tuple[int | str, ...]) -> list[str]:
    """Names of the keys that are allowed beside the wrong one."""
    section: type[BaseModel] = Params
    for part in location[:-1]:
        fields = {field.alias or name: field for name, field in section.model_fields.items()}
        if str(part) in fields:
            section = _section_in(fields[str(part)].annotation) or section
    return [field.alias or name for name, field in section.model_fields.items()]


def _section_in(annotation: object) -> type[BaseModel] | None:
    """The section in `Tiny`, `Columns | None` or `tuple[Source, ...]`."""
    kinds = (annotation, *get_args(annotation))
    return next((k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)), None)


def _number(text: str) -> str | None:
    """A number that YAML took for text, as YAML wants it written: 2e-5 as 2.0e-5."""
    try:
        finite = math.isfinite(float(text))
    except ValueError:
        return None
    mantissa, exponent, power = text.strip().lower().partition("e")
    dotted = mantissa if "." in mantissa or not exponent else f"{mantissa}.0"
    return f"{dotted}{exponent}{power}" if finite else None
