"""The floor: the least a Django page of twenty rows costs on this machine.

One view, one query by (published_at, id), one plain template, no middleware but the two every site has. Served like the
product itself, over the same rows.
"""

import os
from urllib.parse import parse_qsl, unquote, urlsplit

import django
from django.conf import settings
from django.db import models
from django.shortcuts import render
from django.urls import path

parts = urlsplit(os.environ["DATABASE_URL"])
query = dict(parse_qsl(parts.query))
TEMPLATE = (
    "<!doctype html><html><body><h1>{{ title }}</h1><ul>{% for row in rows %}"
    "<li><a href='/l/{{ row.number }}/'>{{ row.title_zh }}</a> {{ row.mode }} {{ row.state }} {{ row.price_min }} "
    "{{ row.published_at|date:'Y-m-d' }}</li>{% endfor %}</ul></body></html>"
)
settings.configure(
    DEBUG=False,
    SECRET_KEY="floor",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [
                    (
                        "django.template.loaders.cached.Loader",
                        [("django.template.loaders.locmem.Loader", {"list.html": TEMPLATE})],
                    )
                ]
            },
        }
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": query.get("host", "") or parts.hostname or "",
            "PORT": query.get("port", "") or str(parts.port or ""),
            "CONN_MAX_AGE": None,
        }
    },
)
django.setup()


class Row(models.Model):
    number = models.TextField()
    title_zh = models.TextField()
    mode = models.TextField()
    state = models.TextField()
    price_min = models.DecimalField(max_digits=18, decimal_places=2)
    published_at = models.DateTimeField()

    class Meta:
        app_label = "floor"
        db_table = "catalogue_listing"
        managed = False

    def __str__(self) -> str:
        return self.number


def twenty(request):
    return render(
        request, "list.html", {"title": "list", "rows": list(Row.objects.order_by("-published_at", "-id")[:20])}
    )


urlpatterns = [path("", twenty)]

from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()
