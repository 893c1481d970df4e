"""Django's settings, from `AMENDS_*` variables (each also as `AMENDS_…_FILE`: the value is the file's text).

`docs/reference/settings.md` explains each; `tests/docs` fails when one is missing there.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from amends.core.places import data_folder

PACKAGE = Path(__file__).resolve().parent.parent


class BadSetting(ValueError):
    """An AMENDS_* variable holds what cannot be used; the message says what is allowed."""


def env(name: str, default: str = "") -> str:
    """`AMENDS_name`, or the text of the file that `AMENDS_name_FILE` names, or `default`."""
    full = f"AMENDS_{name}"
    if file := os.environ.get(f"{full}_FILE"):
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as gone:
            raise BadSetting(f"{full}_FILE names {file}, which cannot be read: {gone}") from gone
    return os.environ.get(full, default)


def env_bool(name: str, default: bool = False) -> bool:
    value = env(name, "1" if default else "0").strip().lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off", ""):
        return False
    raise BadSetting(f"AMENDS_{name} is {value!r}; say 1 or 0")


def home() -> Path:
    """The data folder: AMENDS_HOME, else as `data_folder` finds it."""
    return data_folder(env("HOME"))


def secret_key(folder: Path) -> str:
    """AMENDS_SECRET_KEY, else a key made once and kept in the data folder, readable by its owner only."""
    if given := env("SECRET_KEY"):
        return given
    path = folder / "secret.key"
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True)
        key = secrets.token_urlsafe(50)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text(encoding="ascii").strip()
        with os.fdopen(handle, "w") as file:
            file.write(key)
        return key


def database(url: str, folder: Path) -> dict[str, Any]:
    """Django's DATABASES entry for "" (SQLite in the data folder), sqlite:///path or postgres://user:pw@host/name."""
    if not url:
        url = f"sqlite:///{folder / 'amends.sqlite3'}"
    parts = urlparse(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path) or ":memory:",
            "OPTIONS": {
                # Without IMMEDIATE two writers that both began by reading meet "database is locked".
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                # FULL: in WAL mode NORMAL may lose the last commits at power loss.
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
            },
        }
    if parts.scheme in ("postgres", "postgresql"):
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
        }
    raise BadSetting(f"AMENDS_DATABASE_URL begins with {parts.scheme!r}; say sqlite:///… or postgres://…")


TESTING = "pytest" in sys.modules
AMENDS_HOME = home()
AMENDS_PUBLIC_URL = env("PUBLIC_URL", "http://127.0.0.1:8010").rstrip("/")
AMENDS_ALLOW_PRIVATE_FEEDS = env_bool("ALLOW_PRIVATE_FEEDS")
AMENDS_UNDO_SECONDS = int(env("UNDO_SECONDS", "10"))
AMENDS_EXAMPLE_SPEED = env("EXAMPLE_SPEED", "1")
AMENDS_LOG_FORMAT = env("LOG_FORMAT", "plain")
AMENDS_MODELS = env_bool("MODELS", default=True)
AMENDS_ENCODER = env("ENCODER")
AMENDS_DRAFT_URL = env("DRAFT_URL").rstrip("/")
AMENDS_DRAFT_MODEL = env("DRAFT_MODEL")
AMENDS_DRAFT_KEY = env("DRAFT_KEY")
AMENDS_TRIAGE_AT_ONCE = int(env("TRIAGE_AT_ONCE", "300"))

SECRET_KEY = secret_key(AMENDS_HOME) if not TESTING else "only-for-tests-" + "x" * 50
DEBUG = env_bool("DEBUG")
_public = urlparse(AMENDS_PUBLIC_URL)
ALLOWED_HOSTS = [h for h in env("ALLOWED_HOSTS").split(",") if h] or ["localhost", "127.0.0.1", "[::1]"]
if _public.hostname and _public.hostname not in ALLOWED_HOSTS:
    ALLOWED_HOSTS.append(_public.hostname)
CSRF_TRUSTED_ORIGINS = [AMENDS_PUBLIC_URL]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "ninja",
    "csp",
    "amends.store",
    "amends.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Django pads the answer at random against BREACH (since 4.2), so compressing pages is safe enough.
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "amends.web.middleware.AgentMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "amends.site.urls"
ASGI_APPLICATION = "amends.site.asgi.application"
WSGI_APPLICATION = None
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "amends.web.context.desk",
            ],
            "builtins": ["amends.web.templatetags.amends"],
        },
    }
]

DATABASES = {"default": database(env("DATABASE_URL"), AMENDS_HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

AUTH_USER_MODEL = "store.Agent"
LOGIN_URL = "sign_in"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français"), ("ro", "Română")]
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = PACKAGE / "web" / "static" if TESTING else AMENDS_HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if TESTING
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = TESTING
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

_https = _public.scheme == "https"
SESSION_COOKIE_NAME = "__Host-amends" if _https else "amends"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_FAILURE_VIEW = "amends.web.errors.csrf_failed"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _https else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env_bool("BEHIND_PROXY") else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SILENCED_SYSTEM_CHECKS = (
    ["security.W004", "security.W008", "security.W012", "security.W016"] if not _https else []
)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
        "json": {"()": "amends.site.logs.JsonFormatter"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "json" if AMENDS_LOG_FORMAT == "json" else "plain",
        }
    },
    "root": {"handlers": ["stderr"], "level": env("LOG_LEVEL", "WARNING").upper()},
    "loggers": {"amends": {"level": env("LOG_LEVEL", "INFO").upper()}},
}

#: Roles, as shown to people. What each may do is in `desk/permissions.py`.
ROLE_LABELS = {"admin": _("Admin"), "lead": _("Lead"), "agent": _("Agent"), "read_only": _("Read-only")}
