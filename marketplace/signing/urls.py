"""Pages of the signing floor."""

from django.urls import path

from marketplace.signing.views import verify, workspace

urlpatterns = [
    path("verify/", verify.verify, name="verify"),
    path("workspace/signing/", workspace.signing_list, name="signing_list"),
    path("workspace/signing/<slug:number>/", workspace.signing_document, name="signing_document"),
    path("workspace/signing/<slug:number>/<int:version>/", workspace.signing_document, name="signing_version"),
    path("workspace/signing/<slug:number>/<int:version>/sign/", workspace.signing_sign, name="signing_sign"),
    path("workspace/signing/<slug:number>/<int:version>/decline/", workspace.signing_decline, name="signing_decline"),
    path("workspace/consents/<int:pk>/", workspace.consent_answer, name="consent_answer"),
    path("workspace/consents/<int:pk>/give/", workspace.consent_give, name="signing_consent_give"),
    path("workspace/consents/<int:pk>/paper/", workspace.consent_hand_in, name="signing_consent_hand_in"),
    path("workspace/consents/<int:pk>/confirm/", workspace.consent_confirm, name="signing_consent_confirm"),
    path("workspace/consents/<int:pk>/send-back/", workspace.consent_send_back, name="signing_consent_send_back"),
    path("workspace/consents/<int:pk>/refuse/", workspace.consent_refuse, name="signing_consent_refuse"),
]
