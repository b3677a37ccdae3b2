"""What is kept in MySQL."""

from django.db import models


class Note(models.Model):
    """A text that a visitor left."""

    text = models.CharField(max_length=200)
