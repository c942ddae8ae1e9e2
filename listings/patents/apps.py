from django.apps import AppConfig


class PatentsConfig(AppConfig):
    name = "listings.patents"
    label = "patents"
