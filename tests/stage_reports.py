"""Reports of one small run, as its stages write them: 12 records read, 6 conversations left."""

INGEST = {
    "records_read": 12, "conversations": 10, "turns": 24, "quarantined": 2,
    "quarantined_by_reason": {"not_json": 2},
}  # fmt: skip
CLEAN = {
    "conversations": {"in": 10, "out": 7, "rejected": 3},
    "turns": {"in": 24, "out": 16, "rejected": 7},
    "rejected_by_reason": {"too_long": 1, "empty_turn": 2, "refusal": 0},
    "rejected_turns_by_reason": {"too_long": 3, "empty_turn": 4, "refusal": 0},
    "removed_by_repair": {"turns_merged": 1},
}
SPLIT = {
    "train": {"conversations": 4, "turns": 10},
    "validation": {"conversations": 1, "turns": 2},
    "test": {"conversations": 1, "turns": 2},
    "left_out": {
        "conversations": 1,
        "turns": 2,
        "by_reason": {"twin_of_test": 1},
        "turns_by_reason": {"twin_of_test": 2},
    },
}
