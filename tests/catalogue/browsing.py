"""A page of the catalogue as text, looked up by its name."""

from django.test import Client
from django.urls import reverse


def page(client: Client, name: str, *args, status: int = 200, **query) -> str:
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == status, (name, response.status_code, response.content[:2000])
    return response.content.decode()
