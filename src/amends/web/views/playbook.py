"""The playbook: plays, house rules and ways out, read by everybody and written by leads."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from amends.core.case import Kind, Severity
from amends.desk import housebook, playbook, policies, waysout, wording
from amends.desk.opening import hours_as_written
from amends.desk.trail import hours_from
from amends.reply.coach import Step
from amends.store import queries
from amends.web import labels
from amends.web.access import agent_required, may
from amends.web.answers import refusing
from amends.web.asked import Asked

#: What a play may ask for, beside kinds and severities.
ABUSES = ("none", "profanity", "insult", "hate", "threat")
WISHES = ("help", "apology", "compensation", "explanation", "to_be_heard", "ask")
#: Longest text that a form takes.
LONGEST = 300_000


def _to(name: str) -> Any:
    return lambda **kwargs: reverse(name)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None


# Plays ------------------------------------------------------------------------------------------------------------------


@require_GET
@agent_required
def plays(request: Asked) -> HttpResponse:
    """The plays in force, as cards; and their versions."""
    versions = queries.playbook_versions()
    number = versions[0].number if versions else 0
    values = {
        "here": "settings",
        "plays": policies.plays(number),
        "number": number,
        "versions": versions,
        "text": playbook.text_in_force(number),
    }
    return render(request, "page/plays.html", values)


@require_GET
@may("policy")
def play_edit(request: Asked, name: str) -> HttpResponse:
    """The form of one play; “new” is a new one."""
    number = policies.newest_playbook()
    rows = playbook.table_of(playbook.text_in_force(number))
    row = next((each for each in rows if each["name"] == name), None)
    if row is None and name != "new":
        raise Http404
    row = row or {"name": "", "title": {}, "when": {}, "steps": ["acknowledge", "ask"], "opening": {}}
    written = wording.languages()
    steps = [*row["steps"], *[""] * (len(Step) - len(row["steps"]))]
    values = {
        "here": "settings",
        "row": row,
        "number": number,
        "is_new": name == "new",
        "is_last": bool(rows) and row is rows[-1],
        "texts": [(each, row["title"].get(each, ""), row["opening"].get(each, "")) for each in written],
        "places": list(enumerate(steps, 1)),
        "steps": list(labels.COACH.items()),
        "topics": ", ".join(row.get("when", {}).get("topics", ())),
        "choices": [
            ("kinds", _("What it is"), _checks(row, "kinds", tuple(Kind), labels.KINDS)),
            ("severities", _("How grave"), _checks(row, "severities", tuple(Severity), labels.SEVERITIES)),
            ("wants", _("What they want"), _checks(row, "wants", WISHES, labels.WANTS)),
            ("abuse", _("How they write"), _checks(row, "abuse", ABUSES, labels.ABUSE)),
        ],
        "angers": list(labels.ANGERS.items()),
        "anger": str(row.get("when", {}).get("min_anger", 0)),
        "turns": row.get("when", {}).get("min_public_turns", 0),
        "either": [
            (key, said, {None: "", True: "yes", False: "no"}[row.get("when", {}).get(key)])
            for key, said in (
                ("solvable", _("It can be solved with this reply")),
                ("public", _("The reply is public")),
                ("offered", _("A last offer was made")),
                ("ruled", _("A house rule is about it")),
            )
        ],
        "lines": [
            (
                step,
                labels.COACH[step],
                [(each, row.get("lines", {}).get(step, {}).get(each, "")) for each in written],
            )
            for step in Step
        ],
    }
    return render(request, "page/play_edit.html", values)


def _checks(row: dict[str, Any], key: str, known: tuple[str, ...], said: Any) -> list[tuple[str, Any, bool]]:
    chosen = row.get("when", {}).get(key, ())
    return [(str(each), said[str(each)], str(each) in chosen) for each in known]


@require_POST
@may("policy")
@refusing(_to("plays"))
def plays_preview(request: Asked) -> HttpResponse:
    """What a change would do to the last cases; nothing is saved yet."""
    number = _number(request.POST.get("number", "")) or 0
    text = playbook.text_in_force(number)
    name = request.POST.get("name", "")
    match request.POST.get("do", ""):
        case "text":
            text = request.POST.get("text", "")[:LONGEST].replace("\r\n", "\n")
        case "up" | "down" as way:
            text = playbook.moved(text, name, way == "up")
        case "remove":
            text = playbook.with_play(text, name, None)
        case _:
            before = next((each for each in playbook.table_of(text) if each["name"] == name), {})
            text = playbook.with_play(text, name, _play(request.POST, before))
    return render(
        request,
        "page/plays_preview.html",
        {
            "here": "settings",
            "preview": playbook.preview(text, by=request.agent),
            "titles": {
                each.name: each.title(request.LANGUAGE_CODE)
                for each in (*policies.plays(number), *playbook.read(text))
            },
            "text": text,
            "number": number,
            "why": request.POST.get("why", ""),
        },
    )


#: The conditions of a play that the form shows.
_ASKED_FOR = frozenset(
    "topics kinds severities wants abuse min_anger min_public_turns solvable public offered ruled".split()
)


def _play(form: QueryDict, before: dict[str, Any]) -> dict[str, Any]:
    """A play as the form gives it; what the form does not know stays as it was."""
    # What a later release may ask for, and this form does not show, stays.
    when: dict[str, Any] = {
        key: value for key, value in before.get("when", {}).items() if key not in _ASKED_FOR
    }
    if topics := wording.topics_of(form.get("topics", "").split(",")):
        when["topics"] = topics
    for key in ("kinds", "severities", "wants", "abuse"):
        if chosen := form.getlist(key):
            when[key] = chosen
    for key in ("min_anger", "min_public_turns"):
        if number := _number(form.get(key, "")):
            when[key] = number
    for key in ("solvable", "public", "offered", "ruled"):
        if form.get(key) in ("yes", "no"):
            when[key] = form[key] == "yes"
    written = wording.languages()
    lines = {
        str(step): texts
        for step in Step
        if (texts := _texts(form, f"line_{step}", written, before.get("lines", {}).get(str(step), {})))
    }
    found = {
        "name": before.get("name") or form.get("new_name", "").strip().lower().replace(" ", "-"),
        "title": _texts(form, "title", written, before.get("title", {})),
        "when": when,
        "steps": list(dict.fromkeys(each for each in form.getlist("step") if each)),
        "opening": _texts(form, "opening", written, before.get("opening", {})),
        "lines": lines,
    }
    return {
        key: value for key, value in found.items() if value or key in ("name", "title", "steps", "opening")
    }


def _texts(form: QueryDict, name: str, written: tuple[str, ...], before: dict[str, str]) -> dict[str, str]:
    given = {each: " ".join(form.get(f"{name}_{each}", "").split()) for each in written}
    others = {each: text for each, text in before.items() if each not in written}
    return {each: text for each, text in (given | others).items() if text}


@require_POST
@may("policy")
@refusing(_to("plays"))
def plays_save(request: Asked) -> HttpResponse:
    """Put the plays of a preview in force."""
    version = playbook.save(
        request.POST.get("text", "")[:LONGEST].replace("\r\n", "\n"),
        request.POST.get("why", ""),
        expected=_number(request.POST.get("number", "")),
        by=request.agent,
        now=request.now,
    )
    messages.success(
        request,
        _("Version %(n)s is in force for cases that come from now on.") % {"n": version.number},
    )
    return redirect("plays")


@require_POST
@may("policy")
@refusing(_to("plays"))
def plays_back(request: Asked) -> HttpResponse:
    """An earlier version in force again; 0: the shipped plays."""
    version = playbook.go_back(
        _number(request.POST.get("to", "")) or 0,
        request.POST.get("why", ""),
        by=request.agent,
        now=request.now,
    )
    messages.success(
        request,
        _("Version %(n)s is in force for cases that come from now on.") % {"n": version.number},
    )
    return redirect("plays")


# House rules ------------------------------------------------------------------------------------------------------------


@require_GET
@agent_required
def house_rules(request: Asked) -> HttpResponse:
    """The policy book; `?change=3` opens the form of a rule."""
    histories = queries.house_rules()
    changed = _number(request.GET.get("change", ""))
    rule = next((each.rule for each in histories if each.rule.number == changed), None)
    values = {
        "here": "settings",
        "rules": [
            {
                "rule": each.rule,
                "before": each.before,
                "told": [(code, housebook.told_in(each.rule, code)) for code in each.rule.texts],
            }
            for each in histories
        ],
        "changed": rule,
        "topics": ", ".join(rule.topics) if rule else "",
        "texts": [
            (code, rule.texts.get(code, "") if rule else "", rule.reasons.get(code, "") if rule else "")
            for code in wording.languages()
        ],
    }
    return render(request, "page/house_rules.html", values)


@require_POST
@may("policy")
@refusing(_to("house_rules"))
def house_rule_write(request: Asked) -> HttpResponse:
    """A new rule, or a new version of one."""
    written = wording.languages()
    housebook.write(
        request.POST.get("title", ""),
        request.POST.get("topics", "").split(","),
        {each: request.POST.get(f"text_{each}", "") for each in written},
        {each: request.POST.get(f"reason_{each}", "") for each in written},
        number=_number(request.POST.get("number", "")),
        by=request.agent,
        now=request.now,
    )
    messages.success(request, _("Saved. Cases about its topics offer it from now on."))
    return redirect("house_rules")


@require_POST
@may("policy")
@refusing(_to("house_rules"))
def house_rule_retire(request: Asked, number: int) -> HttpResponse:
    is_retired = request.POST.get("retired") != "no"
    housebook.retire(number, is_retired=is_retired, by=request.agent, now=request.now)
    messages.success(request, _("Retired. It stays in the book.") if is_retired else _("In force again."))
    return redirect("house_rules")


# Ways out ---------------------------------------------------------------------------------------------------------------


@require_GET
@agent_required
def ways_out(request: Asked) -> HttpResponse:
    """The list; `?change=3` opens the form of one."""
    ways = queries.ways_out()
    changed = _number(request.GET.get("change", ""))
    way = next((each for each in ways if each.pk == changed), None)
    zone, days = hours_as_written(
        way.hours if way else {"zone": queries.organisation().hours.get("zone", "UTC")}
    )
    values = {
        "here": "settings",
        "ways": [
            {
                "way": each,
                "hours": waysout.opening(hours_from(each.hours), now=request.now),
                "is_open": hours_from(each.hours).is_open(request.now),
            }
            for each in ways
        ],
        "changed": way,
        "kinds": list(labels.WAYS.items()),
        "titles": [(code, way.titles.get(code, "") if way else "") for code in wording.languages()],
        "topics": ", ".join(way.topics) if way else "",
        "languages": ", ".join(way.languages) if way else "",
        "zone": zone,
        "days": [(number, WEEKDAYS[number], said) for number, said in enumerate(days)],
    }
    return render(request, "page/ways_out.html", values)


@require_POST
@may("policy")
@refusing(_to("ways_out"))
def way_write(request: Asked) -> HttpResponse:
    """A new way, or another wording of one."""
    form = request.POST
    waysout.write(
        form.get("kind", ""),
        form.get("address", ""),
        {each: form.get(f"title_{each}", "") for each in wording.languages()},
        topics=form.get("topics", "").split(","),
        languages=form.get("languages", "").split(","),
        zone=form.get("zone", ""),
        days={day: form.get(f"day_{day}", "") for day in range(7)},
        way_id=_number(form.get("way", "")),
        by=request.agent,
    )
    messages.success(request, _("Saved. Its address may stand in public replies."))
    return redirect("ways_out")


@require_POST
@may("policy")
@refusing(_to("ways_out"))
def way_switch(request: Asked, way_id: int) -> HttpResponse:
    is_active = request.POST.get("active") == "yes"
    waysout.switch(way_id, is_active, by=request.agent)
    messages.success(request, _("Offered again.") if is_active else _("Not offered any more."))
    return redirect("ways_out")


@require_POST
@may("policy")
@refusing(_to("ways_out"))
def way_move(request: Asked, way_id: int) -> HttpResponse:
    waysout.move(way_id, request.POST.get("up") == "yes", by=request.agent)
    return redirect("ways_out")
