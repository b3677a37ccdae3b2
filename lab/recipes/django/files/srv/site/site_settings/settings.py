"""The settings of the site, from the environment and from the file with the password."""

import os
import ssl
from pathlib import Path


def _mysql_password() -> str:
    file = os.environ.get("MYSQL_PASSWORD_FILE")
    return Path(file).read_text().rstrip("\n") if file else os.environ.get("MYSQL_PASSWORD", "")


def _mysql_tls() -> ssl.SSLContext:
    """Verify MySQL by the CA of MYSQL_CA_FILE; its own certificates name no host."""
    context = ssl.create_default_context(cafile=os.environ.get("MYSQL_CA_FILE") or None)
    context.check_hostname = False
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


SECRET_KEY = os.environ["DJANGO_SECRET_KEY"]
DEBUG = False
# A request by any other name, or by address, is answered 400.
ALLOWED_HOSTS = [name for name in os.environ.get("DJANGO_ALLOWED_HOSTS", "").split(",") if name]
INSTALLED_APPS = ["notes"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "notes.urls"
WSGI_APPLICATION = "site_settings.wsgi.application"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.mysql",
        "HOST": os.environ.get("MYSQL_HOST", "localhost"),
        "PORT": int(os.environ.get("MYSQL_PORT", "3306")),
        "NAME": os.environ.get("MYSQL_DATABASE", "site"),
        "USER": os.environ.get("MYSQL_USER", "site"),
        "PASSWORD": _mysql_password(),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5, "ssl": _mysql_tls()},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
