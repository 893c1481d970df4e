"""What the models are asked: each task and its classes, in the order of the columns in the files.

A head that was trained on another list refuses to load (see `heads.py`): to change a list is to train again.
"""

from __future__ import annotations

from types import MappingProxyType

from amends.triage.judgement import TOPICS

#: Task to classes. `docs/reference/labels.md` says what each class means.
TASKS = MappingProxyType(
    {
        "kind": ("complaint", "question", "praise", "abuse", "other"),
        "abuse": ("none", "profanity", "insult", "hate", "threat"),
        "sentiment": ("negative", "neutral", "positive"),
        "emotion": ("anger", "sadness", "fear", "joy", "neutral"),
        "sarcasm": ("no", "yes"),
        "severity": ("low", "medium", "high", "critical"),
        "anger": ("0", "1", "2", "3"),
        "wants": ("help", "apology", "compensation", "explanation", "to_be_heard", "ask"),
        "cause": ("none", "expectations", "personality", "environment", "emotion"),
        "topic": TOPICS,
    }
)

#: The columns of all tasks side by side, as the heads' matrices hold them.
COLUMNS = MappingProxyType(
    {
        task: slice(
            sum(len(each) for each in list(TASKS.values())[:at]),
            sum(len(each) for each in list(TASKS.values())[: at + 1]),
        )
        for at, task in enumerate(TASKS)
    }
)

WIDTH = sum(len(each) for each in TASKS.values())
