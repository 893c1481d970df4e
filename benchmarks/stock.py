"""What Django's documentation would have one write: a ListView and a DetailView over the same table, 30 rows a page."""

from __future__ import annotations

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import F
from django.urls import include, path
from django.views.generic import DetailView, ListView

from amends.store.models import Case


class Cases(LoginRequiredMixin, ListView):
    paginate_by = 30
    template_name = "stock/list.html"
    queryset = (
        Case.objects.filter(closed_at=None, due_at__isnull=False)
        .select_related("author", "owner")
        .order_by(F("due_at").asc(nulls_last=True), "-severity_rank", "id")
    )


class OneCase(LoginRequiredMixin, DetailView):
    template_name = "stock/detail.html"
    queryset = Case.objects.select_related("author", "owner", "source")


urlpatterns = [
    path("stock", Cases.as_view(), name="stock_list"),
    path("stock/<int:pk>", OneCase.as_view(), name="stock_detail"),
    path("", include("amends.site.urls")),
]

handler400 = "amends.web.errors.bad_request"
handler403 = "amends.web.errors.forbidden"
handler404 = "amends.web.errors.not_found"
handler500 = "amends.web.errors.server_error"
