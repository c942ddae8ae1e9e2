import os
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]="true"
import pytest
from django.urls import reverse
from tests import cast
from tests.payments.makers import *
from tests.payments.makers import a_bank_account
from marketplace.payments.services.books import check_and_tell
from marketplace.payments.services.payins import begin_payin
from marketplace.payments.models import StatementLine, StatementImport
@pytest.mark.django_db(transaction=True)
def test_shots(live_server, no_stripe):
    from playwright.sync_api import sync_playwright
    a_bank_account(); a_bank_account("sandbox")
    bo=cast.bo()
    owed=an_obligation(bo,"480000.00"); late=an_obligation(bo,"1200.00",title_zh="年费代缴",title_en="Annuity")
    m=money_matters(bo); money_matters(cast.ines())
    begin_payin(obligation_id=owed.pk,provider="bank",by=bo.actor)
    begin_payin(obligation_id=owed.pk,provider="sandbox",by=bo.actor)
    imported(a_line("160000.00",owed.reference,bank_id="p1"), a_line("9000.00",owed.reference,"云澜第三方贸易有限公司",bank_id="p2"), a_line("-12.00","手续费",bank_id="p3",balance=""))
    sandbox_pays(late,"600.00")
    check_and_tell()
    clients={"bo":bo.signed_in(),"ops":cast.ops().signed_in()}
    pages=[("bo",reverse("money")),("bo",reverse("obligation",args=[owed.reference])),("bo",reverse("sandbox_bank")),("bo",reverse("invoice",args=[m.bill.number])),("ops",reverse("money_desk")),("ops",reverse("statements")),("ops",reverse("statement",args=[StatementImport.objects.first().pk])),("ops",reverse("quarantine")),("ops",reverse("quarantine_line",args=[m.line.pk])),("ops",reverse("payouts_desk")),("ops","/en"+reverse("money_desk")),("bo","/en"+reverse("obligation",args=[owed.reference]))]
    with sync_playwright() as p:
        b=p.chromium.launch(executable_path="/usr/bin/chromium",args=["--no-sandbox"])
        for n,(who,url) in enumerate(pages):
            ctx=b.new_context(viewport={"width":1280,"height":900})
            for k,v in clients[who].cookies.items(): ctx.add_cookies([{"name":k,"value":v.value,"url":live_server.url}])
            page=ctx.new_page(); r=page.goto(live_server.url+url); print(r.status,url)
            page.screenshot(path=f"/tmp/e_srv/shot{n}.png",full_page=True); ctx.close()
        b.close()
