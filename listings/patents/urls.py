from django.urls import path

from listings.patents.views import imports, portfolio, register

urlpatterns = [
    path("patents/", register.patent_list, name="patent_list"),
    path("patents/export.<str:kind>", register.patent_export, name="patent_export"),
    path("patents/compare/", register.patent_compare, name="patent_compare"),
    path("patents/<int:pk>/", register.patent_detail, name="patent_detail"),
    path("workspace/patents/", portfolio.portfolio, name="portfolio"),
    path("workspace/patents/export.<str:kind>", portfolio.portfolio_export, name="portfolio_export"),
    path("workspace/patents/add/", portfolio.patent_add, name="patent_add"),
    path("workspace/patents/number/", portfolio.number_check, name="number_check"),
    path("workspace/patents/<int:pk>/edit/", portfolio.patent_edit, name="patent_edit"),
    path("workspace/patents/imports/", imports.import_list, name="import_list"),
    path("workspace/patents/imports/new/", imports.import_new, name="import_new"),
    path("workspace/patents/imports/template.<str:kind>", imports.import_template, name="import_template"),
    path("workspace/patents/imports/<int:pk>/", imports.import_run, name="import_run"),
    path("workspace/patents/imports/<int:pk>/go/", imports.import_go, name="import_go"),
    path("workspace/patents/imports/<int:pk>/cancel/", imports.import_cancel, name="import_cancel"),
    path("workspace/patents/imports/<int:pk>/errors.<str:kind>", imports.import_errors, name="import_errors"),
]
