"""One real record of every format, as its publisher writes it."""

from typing import Any

from chatloop.params.sources import Columns, Source

PLAIN = Source(path="-")
RECORDS: dict[str, Any] = {
    "messages": {
        "id": "a-1",
        "topics": ["returns", "delivery"],
        "messages": [
            {"role": "developer", "content": "Be kind."},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": [{"type": "text", "text": "Hello"}]},
        ],
    },
    "sharegpt": {
        "id": "identity_0",
        "conversations": [
            {"from": "system", "value": "Be kind."},
            {"from": "human", "value": "Hi"},
            {"from": "gpt", "value": "Hello"},
        ],
    },
    "alpaca": {
        "instruction": "Name the capital.",
        "input": "France",
        "output": "Paris",
        "system": "Be short.",
        "history": [["Hi", "Hello"]],
    },
    "prompt_completion": {"prompt": "Hi", "completion": "Hello"},
    "preference": {"prompt": "Hi", "chosen": "Hello", "rejected": "What?"},
    "kto": {"prompt": "Hi", "completion": "Hello", "label": True},
    "feedback": {
        "feedback_id": "fb-1",
        "exchange_id": "chatcmpl-1",
        "version": "3",
        "rating": "down",
        "correction": "Hello",
        "messages": [{"role": "user", "content": "Hi"}],
        "answer": "What?",
    },
    "oasst": {
        "message_tree_id": "m1",
        "tree_state": "ready_for_export",
        "prompt": {
            "message_id": "m1",
            "text": "Hi",
            "role": "prompter",
            "replies": [
                {
                    "message_id": "m2",
                    "text": "What?",
                    "role": "assistant",
                    "rank": 1,
                    "replies": [],
                },
                {
                    "message_id": "m3",
                    "text": "Hello",
                    "role": "assistant",
                    "rank": 0,
                    "replies": [
                        {"message_id": "m4", "text": "Bye", "role": "prompter", "replies": []}
                    ],
                },
            ],
        },
    },
    "sgd": {
        "dialogue_id": "1_00000",
        "services": ["Restaurants_1"],
        "turns": [
            {"speaker": "USER", "utterance": "I am hungry.", "frames": []},
            {"speaker": "SYSTEM", "utterance": "Where?", "frames": []},
        ],
    },
    "taskmaster": {
        "conversation_id": "dlg-00055f4e",
        "instruction_id": "restaurant-table-2",
        "utterances": [
            {"index": 0, "speaker": "USER", "text": "Hi", "segments": []},
            {"index": 1, "speaker": "ASSISTANT", "text": "Hello"},
        ],
    },
    "topical_chat": {
        "t_1": {
            "article_url": "https://example.com",
            "config": "C",
            "content": [
                {"message": "Hi", "agent": "agent_1", "sentiment": "Happy", "turn_rating": "Good"},
                {"message": "Hello", "agent": "agent_2", "sentiment": "Happy"},
            ],
            "conversation_rating": {"agent_1": "Good"},
        }
    },
    "rasa_stories": {
        "version": "3.1",
        "stories": [
            {
                "story": "greeting",
                "steps": [
                    {"intent": "greet", "entities": []},
                    {"slot_was_set": [{"name": "Anna"}]},
                    {"action": "utter_greet"},
                ],
            }
        ],
    },
    "rasa_tests": {
        "stories": [
            {
                "story": "a test",
                "steps": [
                    {"user": "to [Rome](city)", "intent": "travel"},
                    {"action": "utter_greet"},
                ],
            }
        ]
    },
    "dialogflow_cx": {
        "name": "projects/p/locations/l/agents/a/testCases/t-1",
        "tags": ["#smoke"],
        "displayName": "greeting",
        "testCaseConversationTurns": [
            {
                "userInput": {"input": {"text": {"text": "Hi"}, "languageCode": "en"}},
                "virtualAgentOutput": {"textResponses": [{"text": ["Hello"]}]},
            }
        ],
    },
    "table": {"conversation_id": "c-1", "role": "user", "content": "Hi"},
    "transcript": "[10:02] User: Hi\n[10:03] Agent: Hello\nHow can I help?",
    "questions": {
        "categories": ["greeting"],
        "questions": [{"question": ["Hi", "Good day"], "answer": "Hello"}],
        "conversations": [["Are you open?", "Yes"]],
    },
}
# Other layouts of the same formats, also known by their keys alone.
VARIANTS: list[tuple[str, Any]] = [
    ("messages", {"conversation_id": "c", "conversation": [{"role": "user", "content": "Hi"}]}),
    ("messages", {"prompt": "Hi", "prompt_id": "1", "messages": [{"role": "user"}]}),
    ("alpaca", {"instruction": "Hi", "context": "", "response": "Hello", "category": "chat"}),
    ("prompt_completion", {"prompt": "Hi", "response": "Hello"}),
    ("preference", {"chosen": "\n\nHuman: Hi\n\nAssistant: a", "rejected": "\n\nHuman: Hi\n\nAssistant: b"}),
    ("preference", {"input": {"messages": []}, "preferred_output": [], "non_preferred_output": []}),
    ("preference", {"prompt": "Hi", "messages": [], "chosen": [], "rejected": []}),
    ("preference", {"conversations": [{"from": "human", "value": "Hi"}], "chosen": {}, "rejected": {}}),
    ("kto", {"messages": [], "label": False}),
    ("oasst", {"message_id": "1", "parent_id": None, "text": "Hi", "role": "prompter", "message_tree_id": "1"}),
    ("rasa_tests", {"test_cases": [{"test_case": "t", "steps": [{"user": "Hi"}, {"bot": "Hello"}]}]}),
    ("dialogflow_cx", {"testCases": [RECORDS["dialogflow_cx"]]}),
    ("dialogflow_cx", {"name": "c", "languageCode": "en", "interactions": []}),
    ("dialogflow_cx", {"conversation_name": "s", "turn_position": 1, "request": {}, "response": {}}),
    ("questions", {"question": "Hi", "answer": "Hello"}),
    ("questions", {"categories": ["AI"], "conversations": [["Hi", "Hello"]]}),
]  # fmt: skip
SOURCES: dict[str, Source] = {
    "topical_chat": Source(path="-", speakers={"agent_1": "user", "agent_2": "assistant"}),
}
FAQ = Source(path="-", columns=Columns(question="frage", answer="antwort"))


def source_for(name: str) -> Source:
    """What params must say so that the record above is understood."""
    return SOURCES.get(name, PLAIN)
