"""OpenAssistant: trees of messages, in which every message may have several replies.

{"message_tree_id": "6ab2", "prompt": {"message_id": "6ab2", "role": "prompter", "text": "Hi",
    "replies": [{"message_id": "77c1", "role": "assistant", "text": "Hello", "rank": 0},
                {"message_id": "9d20", "role": "assistant", "text": "What?", "rank": 1}]}}

Also as rows, one a message, with `parent_id`. `paths: best` follows the best-ranked reply from each
message; `paths: all` takes every path that ends with an answer.
"""

from chatloop.conversation import Message, Reject, Role
from chatloop.formats.format import Parsed
from chatloop.formats.turns import finished, items, kind, message, objects, whole
from chatloop.params.sources import Source

ROLE_OF: dict[str, Role] = {"prompter": "user", "assistant": "assistant", "system": "system"}
OPTIONS = frozenset({"paths", "speakers"})
Node = dict[str, object]
_LONGEST, _MOST, _HIGHEST = 1000, 10_000, 2**53


def fits(record: object) -> bool:
    """Whether a record is a tree, or a row of one."""
    if not isinstance(record, dict):
        return False
    keys = record.keys()
    return {"message_tree_id", "prompt"} <= keys or {"message_id", "parent_id", "text"} <= keys


def key(record: object, source: Source) -> str | None:
    """The tree that a row belongs to; None for a whole tree."""
    del source
    if not isinstance(record, dict) or "prompt" in record:
        return None
    tree = record.get("message_tree_id")
    return tree if isinstance(tree, str) else None


def parse(record: object, source: Source) -> list[Parsed]:
    """One conversation a path, named after the message it ends with."""
    root = _root(record)
    if isinstance(root, Reject):
        return [root]
    paths = _paths(root, source.paths)
    if isinstance(paths, Reject):
        return [paths]
    return [parsed for path in paths for parsed in finished(_id(path), _turns(path, source))]


def _id(path: list[Node]) -> object:
    return path[-1].get("message_id")


def _turns(path: list[Node], source: Source) -> tuple[Message, ...] | Reject:
    return whole(
        message(node.get("role"), node.get("text"), ROLE_OF, source, at)
        for at, node in enumerate(path)
    )


def _root(record: object) -> Node | Reject:
    """The prompt with its replies, from a tree or from its rows."""
    if isinstance(record, dict) and isinstance(record.get("prompt"), dict):
        prompt: Node = record["prompt"]
        return prompt
    rows = objects(record if isinstance(record, list) else [record])
    if not rows or not all(isinstance(row.get("message_id"), str) for row in rows):
        return Reject("bad_tree", f"neither a tree nor its rows but {kind(record)}")
    return _linked([{**row} for row in rows])


def _linked(rows: list[Node]) -> Node | Reject:
    """The row without a parent, every other one among the replies of its parent."""
    replies: dict[object, list[Node]] = {row["message_id"]: [] for row in rows}
    roots = [row for row in rows if row.get("parent_id") is None]
    for row in rows:
        parent = row.get("parent_id")
        row["replies"] = replies[row["message_id"]]
        if isinstance(parent, str) and parent in replies:
            replies[parent].append(row)
    if len(replies) < len(rows) or len(roots) != 1 or _size(roots[0]) < len(rows):
        return Reject("bad_tree", "its rows are not one tree: a parent is missing or there are two")
    return roots[0]


def _size(root: Node) -> int:
    """Messages that can be reached; each has one parent, so none is met twice."""
    todo, size = [root], 0
    while todo:
        size += 1
        todo += [reply for reply in items(todo.pop().get("replies")) if isinstance(reply, dict)]
    return size


def _paths(root: Node, wanted: str) -> list[list[Node]] | Reject:
    """Paths from the prompt to an answer; a question that nobody answered is not part of one."""
    todo, found = [[root]], dict[int, list[Node]]()
    while todo:
        path = todo.pop()
        last = items(path[-1].get("replies"))
        replies = [r for r in last if isinstance(r, dict) and r.get("deleted") is not True]
        if len(path) > _LONGEST or len(found) > _MOST:
            return Reject("bad_tree", f"over {_MOST} paths, or one over {_LONGEST} messages")
        best = sorted(replies, key=_rank)[: 1 if wanted == "best" else None]
        todo += [[*path, reply] for reply in reversed(best)]
        answered = path[:-1] if not best and path[-1].get("role") == "prompter" else path
        if not best and len(answered) > 1:
            found[id(answered[-1])] = answered
    return [*found.values()] or Reject("no_answer", "nobody answered the prompt")


def _rank(reply: Node) -> tuple[bool, float]:
    """Best first; without a rank last."""
    rank = reply.get("rank")
    if isinstance(rank, bool) or not isinstance(rank, int | float) or not abs(rank) < _HIGHEST:
        return True, 0.0
    return False, float(rank)
