"""All addresses: the pages' and the API's."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("api/v1/", include("amends.api.urls")),
    path("", include("amends.web.urls")),
]

handler400 = "amends.web.errors.bad_request"
handler403 = "amends.web.errors.forbidden"
handler404 = "amends.web.errors.not_found"
handler500 = "amends.web.errors.server_error"
