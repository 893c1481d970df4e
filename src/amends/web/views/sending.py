"""What goes out and when: the preview, images, a later time, and changes to what is out."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from amends.core.graph import Refused
from amends.core.say import say
from amends.desk import changing, media, previewing, scheduling
from amends.desk.entering import Wish
from amends.reply.images import LARGEST
from amends.web.access import agent_required, may
from amends.web.answers import refusing
from amends.web.asked import Asked
from amends.web.views.case_actions import _acts, _shown, _to_case
from amends.web.wishes import LONGEST_TEXT, wish_of

#: Only these are ever shown, each as what it is.
SHOWN = ("image/png", "image/jpeg", "image/webp", "image/gif")


@require_POST
@agent_required
@refusing(_to_case)
def preview(request: Asked, case_id: int) -> HttpResponse:
    """How a draft would stand on the network. Writes nothing."""
    mode = "direct" if request.POST.get("mode") == "direct" else "reply"
    problem = None
    try:
        wish = wish_of(request, request.POST.get("text", ""), mode)
    except Refused as why:
        problem, wish = why.reasons[0], Wish(text=request.POST.get("text", "")[:LONGEST_TEXT], mode=mode)
    seen = previewing.preview(case_id, wish, by=request.agent, now=request.now)
    return render(request, "case/preview.html", {"preview": seen, "problem": seen.problem or problem})


@require_GET
@may("work")
def images(request: Asked, case_id: int) -> HttpResponse:
    """The images of what one is writing in a case."""
    return _images(request, case_id)


@_acts
def image_add(request: Asked, case_id: int) -> HttpResponse:
    file = request.FILES.get("image")
    if file is None:
        raise Refused(say("Choose an image first."))
    # One byte more than may be is enough to know that it is too large.
    media.add(case_id, file.name or "", file.read(LARGEST + 1), by=request.agent, now=request.now)
    return _images(request, case_id)


@_acts
def image_alt(request: Asked, case_id: int, image_id: int) -> HttpResponse:
    media.describe(image_id, request.POST.get("alt", "")[:5000], by=request.agent)
    return HttpResponse(status=204)


@_acts
def image_drop(request: Asked, case_id: int, image_id: int) -> HttpResponse:
    media.drop(image_id, by=request.agent)
    return _images(request, case_id)


def _images(request: Asked, case_id: int) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        return redirect("case", case_id)
    found = media.unsent(case_id, by=request.agent)
    return render(request, "case/images.html", {"images": list(found), "case_id": case_id})


@require_GET
@agent_required
def image(request: Asked, case_id: int, image_id: int) -> HttpResponse:
    """The bytes of an image of ours, as an image and as nothing else."""
    found = media.shown(case_id, image_id, by=request.agent)
    if found is None or found.media_type not in SHOWN:
        raise Http404
    response = HttpResponse(bytes(found.data), content_type=found.media_type)
    response["Content-Disposition"] = "inline"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, max-age=3600"
    return response


@_acts
def reply_now(request: Asked, case_id: int, entry_id: int) -> HttpResponse:
    """What was to leave later leaves now."""
    scheduling.send_now(entry_id, by=request.agent, now=request.now)
    messages.success(request, _("It leaves now."))
    return _shown(request, case_id)


@_acts
def reply_edit(request: Asked, case_id: int, entry_id: int) -> HttpResponse:
    """Other words in the place of those that are out."""
    changing.edit(entry_id, request.POST.get("text", "")[:LONGEST_TEXT], by=request.agent, now=request.now)
    messages.success(request, _("The reply is being edited on the network."))
    return _shown(request, case_id)


@_acts
def reply_remove(request: Asked, case_id: int, entry_id: int) -> HttpResponse:
    changing.remove(entry_id, by=request.agent, now=request.now)
    messages.success(request, _("The reply is being taken down."))
    return _shown(request, case_id)
