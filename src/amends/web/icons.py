"""Which drawing stands for which word. `scripts/vendor.py` puts these, and those in templates, into the sprite."""

from __future__ import annotations

STEPS = {
    "listen": "ear",
    "triage": "scale",
    "document": "file-check",
    "reply": "message-square",
    "followup": "handshake",
    "watch": "telescope",
}
STAGES = {"done": "circle-check", "now": "circle-dot", "late": "triangle-alert", "waits": "circle-dashed"}
VERDICTS = {"block": "circle-alert", "warn": "triangle-alert", "hint": "lightbulb", "pass": "circle-check"}
MODES = {"reply": "globe", "direct": "mail", "note": "sticky-note"}
LEVELS = {
    "info": "bell",
    "warn": "triangle-alert",
    "loud": "megaphone",
    "success": "circle-check",
    "warning": "triangle-alert",
    "error": "circle-alert",
}
SOURCE_STATES = {
    "active": "circle-check",
    "paused": "pause",
    "needs_attention": "triangle-alert",
    "done": "check",
}
#: What comes of a check of our own post.
OUTCOMES = {"go": "circle-check", "think_again": "triangle-alert", "wait": "hourglass"}
#: Drawn by the page's own JavaScript.
SCRIPTED = ("circle-x",)

ICONS = frozenset(
    name
    for table in (STEPS, STAGES, VERDICTS, MODES, LEVELS, SOURCE_STATES, OUTCOMES)
    for name in table.values()
) | frozenset(SCRIPTED)
