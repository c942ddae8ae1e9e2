from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "listings.catalogue"
    label = "catalogue"
