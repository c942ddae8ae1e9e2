from django.urls import path

from marketplace.notifications.views import choosing, desk, inbox, webhooks

urlpatterns = [
    path("workspace/notices/", inbox.notice_list, name="notice_list"),
    path("workspace/notices/read/", inbox.notice_read, name="notice_read"),
    path("workspace/notices/preferences/", choosing.notice_preferences, name="notice_preferences"),
    path("unsubscribe/<str:token>/", choosing.unsubscribe, name="unsubscribe"),
    path("workspace/webhooks/", webhooks.webhook_list, name="webhook_list"),
    path("workspace/webhooks/<int:pk>/", webhooks.webhook_detail, name="webhook_detail"),
    path("workspace/webhooks/<int:pk>/test/", webhooks.webhook_test, name="webhook_test"),
    path("workspace/webhooks/<int:pk>/secret/", webhooks.webhook_rotate, name="webhook_rotate"),
    path("workspace/webhooks/<int:pk>/enable/", webhooks.webhook_enable, name="webhook_enable"),
    path("workspace/webhooks/<int:pk>/end/", webhooks.webhook_end, name="webhook_end"),
    path("workspace/webhooks/<int:pk>/replay/", webhooks.webhook_replay, name="webhook_replay"),
    path("desk/notices/", desk.notice_desk, name="notice_desk"),
    path("desk/notices/release/", desk.notice_release, name="notice_release"),
]
