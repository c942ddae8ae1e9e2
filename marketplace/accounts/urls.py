"""Pages of the accounts floor. Signing in itself is mounted at account/ by the site."""

from django.urls import path

from marketplace.accounts.views import delegations, desk, directory, members, organisation, person

urlpatterns = [
    path("organisations/", directory.organisation_list, name="organisation_list"),
    path("organisations/<int:pk>/", directory.organisation_detail, name="organisation_detail"),
    path("invitations/<int:pk>/<str:token>/", members.invitation, name="invitation"),
    path("workspace/act-as/", delegations.act_as, name="act_as"),
    path("workspace/organisation/", organisation.my_organisation, name="my_organisation"),
    path("workspace/organisation/new/", organisation.organisation_new, name="organisation_new"),
    path("workspace/organisation/edit/", organisation.organisation_edit, name="organisation_edit"),
    path("workspace/organisation/submit/", organisation.organisation_submit, name="organisation_submit"),
    path("workspace/organisation/documents/", organisation.document_add, name="document_add"),
    path(
        "workspace/organisation/documents/<int:pk>/withdraw/", organisation.document_withdraw, name="document_withdraw"
    ),
    path("workspace/members/", members.member_list, name="member_list"),
    path("workspace/members/invite/", members.member_invite, name="member_invite"),
    path("workspace/members/<int:pk>/roles/", members.member_roles, name="member_roles"),
    path("workspace/members/<int:pk>/end/", members.member_end, name="member_end"),
    path("workspace/invitations/<int:pk>/withdraw/", members.invitation_withdraw, name="invitation_withdraw"),
    path("workspace/delegations/", delegations.delegation_list, name="delegation_list"),
    path("workspace/delegations/new/", delegations.delegation_new, name="delegation_new"),
    path("workspace/delegations/<int:pk>/end/", delegations.delegation_end, name="delegation_end"),
    path("workspace/profile/", person.profile, name="profile"),
    path("workspace/security/", person.security, name="security"),
    path("workspace/security/sessions/end/", person.sessions_end, name="sessions_end"),
    path("workspace/security/sessions/<int:pk>/end/", person.session_end, name="session_end"),
    path("workspace/second-factor/", person.second_factor, name="second_factor"),
    path("workspace/tokens/", person.token_list, name="token_list"),
    path("workspace/tokens/<int:pk>/revoke/", person.token_revoke, name="token_revoke"),
    path("desk/organisations/", desk.organisation_queue, name="organisation_queue"),
    path("desk/organisations/<int:pk>/", desk.organisation_review, name="organisation_review"),
    path("desk/organisations/<int:pk>/verify/", desk.organisation_verify, name="organisation_verify"),
    path("desk/organisations/<int:pk>/return/", desk.organisation_return, name="organisation_return"),
    path("desk/organisations/<int:pk>/suspend/", desk.organisation_suspend, name="organisation_suspend"),
    path("desk/organisations/<int:pk>/reinstate/", desk.organisation_reinstate, name="organisation_reinstate"),
    path("desk/people/", desk.people_desk, name="people_desk"),
    path("desk/people/<int:pk>/", desk.person_review, name="person_review"),
    path("desk/people/<int:pk>/suspend/", desk.person_suspend, name="person_suspend"),
    path("desk/people/<int:pk>/reinstate/", desk.person_reinstate, name="person_reinstate"),
]
