"""Presidio: names of people by a spaCy model, where `clean.presidio` names one.

Names("en_core_web_sm").spans("Ask Zorana about it.")  →  [(4, 10)]
"""

from chatloop.errors import UserError


class Names:
    """A recognizer of people; what it finds depends on the model, so it is off unless asked for."""

    def __init__(self, model: str) -> None:
        """Load the model.

        Raises:
            UserError: Presidio or the model is not installed.
        """
        try:
            from presidio_analyzer import AnalyzerEngine
            from presidio_analyzer.nlp_engine import NlpEngineProvider
            from spacy.util import is_package
        except ImportError as error:
            raise UserError(
                "clean.presidio: Presidio is not installed; pip install 'chatloop[presidio]', "
                "or set it to null"
            ) from error
        if not is_package(model):
            raise UserError(f"clean.presidio: the spaCy model {model!r} is not installed")
        language = model.partition("_")[0]
        models = [{"lang_code": language, "model_name": model}]
        provider = NlpEngineProvider({"nlp_engine_name": "spacy", "models": models})
        self._language = language
        self._engine = AnalyzerEngine(provider.create_engine(), supported_languages=[language])

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where people are named."""
        found = self._engine.analyze(text, self._language, entities=["PERSON"])
        return sorted((one.start, one.end) for one in found)
