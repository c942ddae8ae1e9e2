from django.urls import path

from listings.rights.views import desk, register

urlpatterns = [
    path("patents/<int:pk>/rights/", register.rights_page, name="rights_page"),
    path("patents/<int:pk>/rights/consent/", register.consent_give, name="consent_give"),
    path("workspace/rights/<int:pk>/state/", register.statement_new, name="statement_new"),
    path("workspace/rights/statements/<int:pk>/withdraw/", register.statement_withdraw, name="statement_withdraw"),
    path("workspace/rights/pledges/<int:pk>/release/", register.pledge_release, name="pledge_release"),
    path("workspace/rights/consents/<int:pk>/revoke/", register.consent_revoke, name="consent_revoke"),
    path("desk/rights/", desk.statement_list, name="statement_list"),
    path("desk/rights/<int:pk>/", desk.statement_review, name="statement_review"),
    path("desk/rights/releases/<int:pk>/", desk.release_decide, name="release_decide"),
]
