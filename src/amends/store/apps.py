from django.apps import AppConfig


class StoreConfig(AppConfig):
    name = "amends.store"
    label = "store"
