"""pins/base.json: what a local base and a template in a file hold."""

from pathlib import Path

from chatloop.io.files import read_json
from chatloop.io.models.base_pin import pin_base
from chatloop.params.file import read_params

SHIPPED = read_params(Path("params.yaml")).base


def test_a_base_that_is_built_has_nothing_to_pin(tmp_path: Path) -> None:
    pin_base(SHIPPED, tmp_path / "base.json")
    assert read_json(tmp_path / "base.json") == {"files": []} == read_json(Path("pins/base.json"))


def test_the_pin_changes_with_a_weight_or_the_template_and_only_then(tmp_path: Path) -> None:
    folder, template, pin = tmp_path / "model", tmp_path / "chat.jinja", tmp_path / "base.json"
    (folder / ".cache").mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")
    template.write_text("{{ messages }}")
    params = SHIPPED.model_copy(update={"model": str(folder), "template": str(template)})
    said = pin_base(params, pin)
    first, written = read_json(pin), pin.stat().st_mtime_ns
    (folder / ".cache" / "seen").write_text("now")
    assert pin_base(params, pin) == said == "base: 2 files of its own pinned by sha256"
    assert pin.stat().st_mtime_ns == written
    (folder / "model.safetensors").write_bytes(b"other weights")
    pin_base(params, pin)
    second = read_json(pin)
    template.write_text("{{ messages[0] }}")
    pin_base(params, pin)
    assert first != second != read_json(pin)
