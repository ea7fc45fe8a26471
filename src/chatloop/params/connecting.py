"""Which chat frameworks may ask for answers, and how long a conversation is remembered for them.

connectors: {use: {slack: {}, dialogflow_cx: {seconds: 20.0}}, history: {turns: 20}}
"""

from pydantic import Field

from chatloop.params.data import OwnName, Positive, Section


class HistoryParams(Section):
    """What is kept in memory of a conversation whose framework sends its last turn alone.

    The oldest turns go first beyond `turns` or `characters`, the longest silent session beyond
    `sessions`, and a session after so many `minutes` of silence.
    """

    turns: int = Field(default=20, ge=0, le=1000)
    characters: Positive = 20_000
    sessions: Positive = 10_000
    minutes: float = Field(default=60.0, gt=0.0, le=10_080.0)


class ConnectorParams(Section):
    """Frameworks by name, each with options of its own; none without a name."""

    use: dict[OwnName, dict[str, object]] = Field(default_factory=dict)
    history: HistoryParams = HistoryParams()
