from pathlib import Path

from chatloop.io.mlflow_store.figures import bits_per_byte, learning_curve, of_reports, turn_lengths


def test_loss_and_held_out_bits_have_panels_of_their_own() -> None:
    steps, bits = [0.0, 1.0, 2.0], [None, 2.5, 2.25]
    figure = learning_curve(
        {"step": steps, "loss": [3.0, 2.0, 1.0], "validation_bits_per_byte": bits}
    )
    above, below = figure.axes
    assert list(above.lines[0].get_xdata()) == steps
    assert list(below.lines[0].get_ydata()) == [2.5, 2.25]


def test_models_without_scores_have_no_bars() -> None:
    table = {"slice": ["a", "b"], "bits_per_byte": [1.0, 2.0], "champion": [None, None]}
    (axis,) = bits_per_byte({**table, "base": [3.0, 4.0]}).axes
    assert [text.get_text() for text in axis.get_legend().get_texts()] == ["candidate", "base"]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["a", "b"]


def test_the_candidates_bars_have_their_intervals() -> None:
    table = {"slice": ["a"], "bits_per_byte": [1.0], "low": [0.75], "high": [1.5], "base": [3.0]}
    (axis,) = bits_per_byte(table).axes
    (segments,) = [c.get_segments() for c in axis.collections]
    assert [[x for x, _ in one] for one in segments] == [[0.75, 1.5]]


def test_lengths_are_bars() -> None:
    (axis,) = turn_lengths({"words": [1.0, 2.0], "turns": [5.0, 9.0]}).axes
    assert [bar.get_height() for bar in axis.patches] == [5.0, 9.0]


def test_what_is_missing_or_has_no_rows_is_not_drawn(tmp_path: Path) -> None:
    (tmp_path / "curve.csv").write_text("step,loss\n1,2.5\n")
    (tmp_path / "slices.csv").write_text("slice,bits_per_byte\n")
    (tmp_path / "lengths.csv").write_text("something,else\n1,2\n")
    assert [name for name, _ in of_reports(tmp_path)] == ["learning_curve"]
