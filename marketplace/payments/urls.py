from django.urls import path

from marketplace.payments.views import desk, party, sandbox

urlpatterns = [
    path("workspace/money/", party.money, name="money"),
    path("workspace/money/payments/<slug:reference>/", party.obligation, name="obligation"),
    path("workspace/money/payments/<slug:reference>/ask/", party.obligation_ask, name="obligation_ask"),
    path("workspace/money/payments/<slug:reference>/pay/<slug:provider>/", party.obligation_pay, name="obligation_pay"),
    path("workspace/money/account/", party.payout_account, name="payout_account"),
    path("workspace/money/account/<int:pk>/withdraw/", party.payout_account_withdraw, name="payout_account_withdraw"),
    path("workspace/money/invoices/<slug:number>/", party.invoice, name="invoice"),
    path("workspace/money/export/<slug:what>.<slug:kind>", party.money_export, name="money_export"),
    path("desk/money/", desk.money_desk, name="money_desk"),
    path("desk/money/statements/", desk.statements, name="statements"),
    path("desk/money/statements/<int:pk>/", desk.statement, name="statement"),
    path("desk/money/unplaced/", desk.quarantine, name="quarantine"),
    path("desk/money/unplaced/<int:pk>/", desk.quarantine_line, name="quarantine_line"),
    path("desk/money/unplaced/<int:pk>/decide/", desk.quarantine_decide, name="quarantine_decide"),
    path("desk/money/payouts/", desk.payouts_desk, name="payouts_desk"),
    path("desk/money/payouts/orders.<slug:kind>", desk.payment_orders, name="payment_orders"),
    path("desk/money/payouts/<int:pk>/retry/", desk.payout_retry, name="payout_retry"),
    path("desk/money/refunds/<int:pk>/retry/", desk.refund_retry, name="refund_retry"),
    path("desk/money/invoices/", desk.invoices_desk, name="invoices_desk"),
    path("sandbox-bank/", sandbox.sandbox_bank, name="sandbox_bank"),
    path("sandbox-bank/send/", sandbox.sandbox_send, name="sandbox_send"),
    path("sandbox-bank/pay/<slug:reference>/<slug:how>/", sandbox.sandbox_pay, name="sandbox_pay"),
    path("sandbox-bank/movements/<int:pk>/return/", sandbox.sandbox_return, name="sandbox_return"),
]
