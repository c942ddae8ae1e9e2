from tests.world import a_world
from django.test import Client
def test_x(db):
    w=a_world()
    for n,u in (("anonymous",f"/organisations/{w.ines.part.organisation.pk}/"),("owner","/workspace/patents/")):
        c=w.visitor(n); c.raise_request_exception=True
        print(c.get(u).status_code)
