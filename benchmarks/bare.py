"""A Django with nothing of ours: the least that has users, sessions and a database. `python -m benchmarks.bare PORT` serves it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.urls import path

SECRET_KEY = "only-for-benchmarks-" + "x" * 50
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "benchmarks.bare"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": Path(os.environ.get("AMENDS_HOME", ".")) / "bare.sqlite3",
    }
}


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


urlpatterns = [path("healthz", healthz)]


def main(port: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.bare"
    import uvicorn
    from django.core.asgi import get_asgi_application
    from django.core.management import call_command

    application = get_asgi_application()
    call_command("migrate", verbosity=0, interactive=False)
    uvicorn.run(
        application, host="127.0.0.1", port=port, log_level="warning", access_log=False, lifespan="off"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
