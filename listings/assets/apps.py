from django.apps import AppConfig


class AssetsConfig(AppConfig):
    name = "listings.assets"
    label = "assets"
