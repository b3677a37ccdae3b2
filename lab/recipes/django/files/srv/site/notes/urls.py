"""The paths of the site, and what answers at each."""

import os

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.http import require_http_methods

from .models import Note


@require_http_methods(["GET", "POST"])
def home(request: HttpRequest) -> JsonResponse:
    """Say hello with the word of the environment; keep the text of a POST as a note."""
    if request.method == "POST":
        Note.objects.create(text=request.POST.get("text") or "nothing")
    return JsonResponse({"greeting": os.environ.get("SITE_GREETING", "hello")})


def notes(_request: HttpRequest) -> JsonResponse:
    """Return how many notes there are."""
    return JsonResponse({"notes": Note.objects.count()})


def health(_request: HttpRequest) -> JsonResponse:
    """Answer 200 if MySQL answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


urlpatterns = [path("", home), path("notes", notes), path("-/health", health)]
