"""Every type of page: who sees it, and how it is found from a page before it. Read by the walk and by the pictures."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from django.template.loader import render_to_string
from playwright.sync_api import Browser, Page, Route

from tests.browser.browser import a_context
from tests.browser.people import (
    APPRAISAL_REVIEWER,
    APPRAISER,
    BORROWER,
    BUYER,
    HOLDER,
    PLEDGEE,
    POST_LOAN,
    RELYING_BANK,
    REVIEWER,
    SEALED_HOLDER,
    SIGNATORY,
    SIGNING_APPRAISER,
    confirms,
    kept_sign_in,
)
from tests.browser.site import Site

STRANGER = ""
BROKEN = "broken-on-purpose/"
MISTAKEN_SHEET = (
    "申请号,公开（公告）号,专利名称,申请人,申请日\r\n"
    "202111234567.1,,一种氟硅密封材料的试样,云澜氟材科技有限公司,2021-10-20\r\n"
    "202111234567.9,,一种校验位有误的试样,云澜氟材科技有限公司,2021-10-20\r\n"
    ",,一种没有号码的试样,云澜氟材科技有限公司,2021-10-20\r\n"
)


@dataclass(frozen=True)
class Kind:
    """One type of page. `path` is where it is or begins; each selector of `follow` is a link to go along then."""

    name: str
    path: str
    who: str = STRANGER
    follow: tuple[str, ...] = ()
    status: int = 200
    is_translated: bool = True

    def at(self, path: str) -> Kind:
        return Kind(self.name, path, self.who, (), self.status, self.is_translated)


LISTING = ("article.res h3 a",)
MINE = ("main table a[href*='/workspace/listings/L-']",)
TALKS = "main h2 a:has-text('低蠕变密封材料独占许可')"
DEALS = "workspace/deals/"
SIGNING = "main a:has-text('聚合釜防挂胶搅拌装置')"
RECORDING = "main a:has-text('四氟丙烯气相合成工艺转让')"
PAYING = "main a:has-text('免钠处理氟塑料粘接工艺')"
PLEDGED = "main a:has-text('富锂锰基正极氟化改性工艺转让')"
DOCUMENT = "main a[href*='/workspace/signing/S-']"
APPRAISALS = "workspace/appraisals/"
REPORTS = "workspace/reports/"
SEALS_OF_FILMS = "main a:has-text('低蠕变填充聚四氟乙烯')"
ANODE = "main a:has-text('硅碳负极材料')"
BINDER = "main a:has-text('高粘结强度聚偏氟乙烯')"
REPORT = "main table a[href*='/workspace/reports/AR-']"
LOANS = "workspace/loans/"
LOAN_FILE = "main table a[href*='/loans/applications/']"
RUNNING = "main table a[href*='/loans/running/']"
RIGHT = (*LISTING, "main a[href$='/rights/']")


def to(part: str) -> str:
    """A link of the page itself whose address ends or goes on so."""
    return f"main a[href*='/{part}/']"


KINDS: tuple[Kind, ...] = (
    # --- public
    Kind("home", ""),
    Kind("listings", "listings/"),
    Kind("listings-found", "listings/?q=%E5%AF%86%E5%B0%81&mode=transfer"),
    Kind("listings-none", "listings/?q=zzzzqqqq"),
    Kind("listing", "listings/", follow=LISTING),
    Kind("listing-compare", "listings/", follow=("compare",)),
    Kind("patents", "patents/"),
    Kind("patent", "patents/?q=%E5%AF%86%E5%B0%81", follow=LISTING),
    Kind("patent-compare", "patents/", follow=("compare",)),
    Kind("needs", "needs/"),
    Kind("need", "needs/", follow=("main h3 a[href*='/needs/N-']",)),
    Kind("organisations", "organisations/"),
    Kind("organisation", "organisations/", follow=("main a[href*='/organisations/']:not([href$='/organisations/'])",)),
    Kind("about-ranking", "about/ranking/"),
    Kind("about-sources", "about/sources/"),
    Kind("about-fees", "about/fees/"),
    Kind("about-complaints", "about/complaints/"),
    Kind("about-accessibility", "about/accessibility/"),
    Kind("preferences", "preferences/"),
    Kind("api-docs", "api/docs/", is_translated=False),
    # --- errors
    Kind("error-404", "listings/L-1999-00001/", status=404),
    Kind("error-403", "desk/organisations/", HOLDER, status=403),
    Kind("error-stale-form", "preferences/?stale", status=403),
    Kind("error-500", BROKEN, status=500, is_translated=False),
    # --- signing in
    Kind("sign-in", "account/login/"),
    Kind("sign-up", "account/signup/"),
    Kind("password-forgotten", "account/password/reset/"),
    Kind("sign-out", "account/logout/", HOLDER),
    Kind("second-factor-index", "account/2fa/", REVIEWER),
    Kind("second-factor-app", "account/2fa/totp/activate/", HOLDER),
    Kind("second-factor-key", "account/2fa/webauthn/add/", HOLDER),
    Kind("second-factor-codes", "account/2fa/recovery-codes/generate/", REVIEWER),
    Kind("email-change", "account/email/", HOLDER),
    Kind("password-change", "account/password/change/", HOLDER),
    Kind("tokens", "workspace/tokens/", HOLDER),
    Kind("confirm-it-is-you", "account/reauthenticate/", HOLDER),
    # --- the workspace of a holder
    Kind("workspace", "workspace/", HOLDER),
    Kind("calendar", "workspace/calendar/", HOLDER),
    Kind("notices", "workspace/notices/", HOLDER),
    Kind("my-listings", "workspace/listings/", HOLDER),
    Kind("my-listing", "workspace/listings/", HOLDER, MINE),
    Kind("wizard-new", "workspace/listings/new/", HOLDER),
    *(
        Kind(f"wizard-{step}", f"draft:edit/{step}/", HOLDER)
        for step in ("rights", "offer", "summary", "price", "papers", "check")
    ),
    Kind("wizard-preview", "draft:preview/", HOLDER),
    Kind("confirm-withdraw", "draft:act/withdraw/", HOLDER),
    Kind("ask", "ask:", HOLDER),
    Kind("enquiries", "workspace/enquiries/", HOLDER),
    Kind("my-needs", "workspace/needs/", HOLDER),
    Kind("need-new", "workspace/needs/new/", HOLDER),
    Kind("searches", "workspace/searches/", HOLDER),
    Kind("search-new", "workspace/searches/new/?collection=listings&query=q%3D%E8%86%9C", HOLDER),
    Kind("portfolio", "workspace/patents/", HOLDER),
    Kind("patent-add", "workspace/patents/add/", HOLDER),
    Kind("imports", "workspace/patents/imports/", HOLDER),
    Kind("import-new", "workspace/patents/imports/new/", HOLDER),
    Kind("import-checked", "workspace/patents/imports/", HOLDER, ("main table a[href*='/imports/']",)),
    Kind("my-organisation", "workspace/organisation/", HOLDER),
    Kind("organisation-new", "workspace/organisation/new/", HOLDER),
    Kind("organisation-edit", "workspace/organisation/edit/", HOLDER),
    Kind("members", "workspace/members/", HOLDER),
    Kind("member-roles", "workspace/members/", HOLDER, ("main a[href*='/roles/']",)),
    Kind("member-end", "workspace/members/", HOLDER, ("main a[href*='/end/']",)),
    Kind("delegations", "workspace/delegations/", HOLDER),
    Kind("delegation-new", "workspace/delegations/new/", HOLDER),
    Kind("act-as", "workspace/act-as/", HOLDER),
    Kind("profile", "workspace/profile/", HOLDER),
    Kind("security", "workspace/security/", HOLDER),
    Kind("second-factor", "workspace/second-factor/", HOLDER),
    # --- talks
    Kind("talks-of-holder", "workspace/enquiries/", HOLDER, (TALKS,)),
    Kind("talks-of-buyer", "workspace/enquiries/?box=sent", BUYER, (TALKS,)),
    Kind("talks-form", "workspace/enquiries/?box=sent", BUYER, (TALKS, to("form"))),
    Kind("talks-close", "workspace/enquiries/", HOLDER, (TALKS, to("close"))),
    Kind("talks-nda", "workspace/enquiries/?box=sent", BUYER, (TALKS, to("nda"))),
    Kind("talks-room", "workspace/enquiries/", HOLDER, (TALKS, to("room"))),
    Kind("offer", "workspace/enquiries/?box=sent", BUYER, (TALKS, to("offers/2"))),
    Kind("offer-new", "workspace/enquiries/?box=sent", BUYER, (TALKS, to("offers/new"))),
    Kind("offer-accept", "workspace/enquiries/?box=sent", BUYER, (TALKS, to("offers/2"), to("accept"))),
    Kind("listing-room", "workspace/listings/", HOLDER, (*MINE, to("room"))),
    Kind("listing-nda", "workspace/listings/", HOLDER, (*MINE, to("room"), to("nda"))),
    Kind("sealed-round", "workspace/listings/", SEALED_HOLDER, ("main table a:has-text('密封报价')", to("sealed"))),
    # --- deals
    Kind("deals", DEALS, HOLDER),
    Kind("deal-signing", DEALS, HOLDER, (SIGNING,)),
    Kind("deal-consenting", DEALS, HOLDER, (PLEDGED,)),
    Kind("deal-paying", DEALS, HOLDER, (PAYING,)),
    Kind("deal-recording", DEALS, HOLDER, (RECORDING,)),
    Kind("deal-cancel", DEALS, HOLDER, (SIGNING, to("cancel"))),
    Kind("deal-dispute", DEALS, HOLDER, (RECORDING, to("dispute"))),
    Kind("deal-file", DEALS, HOLDER, (RECORDING, to("file"))),
    Kind("signing", "workspace/signing/", SIGNATORY),
    Kind("signing-document", "workspace/signing/", SIGNATORY, (DOCUMENT,)),
    Kind("signing-sign", "workspace/signing/", SIGNATORY, (DOCUMENT, to("sign"))),
    Kind("signing-consent", "workspace/signing/", PLEDGEE, ("main a[href*='/workspace/consents/']",)),
    Kind("signing-consents-asked", "workspace/consents/asked/", HOLDER),
    Kind("verify", "verify/"),
    # --- money
    Kind("money", "workspace/money/", HOLDER),
    Kind("payment", DEALS, HOLDER, (PAYING, to("workspace/money/payments"))),
    Kind("payout-account", "workspace/money/account/", HOLDER),
    Kind("sandbox-bank", "sandbox-bank/", HOLDER),
    # --- rights and brokers
    Kind("rights", "patents/?q=%E5%AF%86%E5%B0%81", follow=RIGHT),
    Kind("rights-state", "workspace/patents/", HOLDER, ("main a[href^='/patents/']", to("rights"), to("state"))),
    Kind("mandates", "workspace/mandates/", HOLDER),
    Kind("mandate", "workspace/mandates/", HOLDER, ("main table a[href*='/workspace/mandates/']",)),
    Kind("mandate-new", "workspace/mandates/new/", HOLDER),
    # --- appraisals
    Kind("agencies", "agencies/"),
    Kind("agency", "agencies/", follow=("main table a[href*='/agencies/']",)),
    Kind("appraisals-of-client", APPRAISALS, HOLDER),
    Kind("appraisals-of-agency", APPRAISALS, APPRAISER),
    Kind("appraisal-rights", "workspace/appraisals/new/", HOLDER),
    Kind("appraisal-new", "patents/?q=%E5%AF%86%E5%B0%81", HOLDER, (*LISTING, "main a[href*='/appraisals/new/']")),
    Kind("appraisal-choosing", APPRAISALS, HOLDER, (BINDER,)),
    Kind("appraisal-engage", APPRAISALS, HOLDER, (BINDER, to("engage"))),
    Kind("appraisal-drafting", APPRAISALS, APPRAISER, (SEALS_OF_FILMS,)),
    Kind("appraisal-quote", APPRAISALS, APPRAISER, ("main a:has-text('阻燃导热有机硅灌封胶')", to("offer"))),
    Kind("appraisal-data-of-agency", APPRAISALS, APPRAISER, ("main a:has-text('摆线针轮减速器')",)),
    Kind("appraisal-ask", APPRAISALS, APPRAISER, ("main a:has-text('摆线针轮减速器')", to("ask"))),
    Kind("appraisal-post", "workspace/appraisals/post/", APPRAISER),
    Kind("workbench", APPRAISALS, APPRAISER, (SEALS_OF_FILMS, to("workbench"))),
    Kind(
        "workbench-method", APPRAISALS, APPRAISER, (SEALS_OF_FILMS, to("workbench"), to("methods/relief_from_royalty"))
    ),
    Kind("workbench-text", APPRAISALS, APPRAISER, (SEALS_OF_FILMS, to("workbench"), to("texts/legal"))),
    Kind("workbench-frame", APPRAISALS, APPRAISER, (SEALS_OF_FILMS, to("frame"))),
    Kind(
        "workbench-review", APPRAISALS, APPRAISAL_REVIEWER, ("main a:has-text('水下固化有机硅修补胶')", to("workbench"))
    ),
    Kind(
        "workbench-comment", APPRAISALS, APPRAISAL_REVIEWER, ("main a:has-text('水下固化有机硅修补胶')", to("comment"))
    ),
    Kind("appraisal-signing", APPRAISALS, SIGNING_APPRAISER, (ANODE,)),
    Kind("appraisal-sign", "workspace/signing/", SIGNING_APPRAISER, (DOCUMENT, to("sign"))),
    Kind("appraisal-reports", REPORTS, HOLDER),
    Kind("appraisal-report", REPORTS, HOLDER, (REPORT,)),
    Kind("appraisal-report-of-bank", REPORTS, RELYING_BANK, (REPORT,)),
    Kind("appraisal-report-expired", REPORTS, PLEDGEE, (REPORT,)),
    Kind("appraisal-doubt", REPORTS, HOLDER, (REPORT, to("doubt"))),
    Kind("appraisal-show", REPORTS, HOLDER, (REPORT, to("show"))),
    Kind("agency-profile", "workspace/agency/", APPRAISER),
    Kind("desk-appraisals", "desk/appraisals/", REVIEWER),
    # --- pledge loans
    Kind("loan-products", "loans/"),
    Kind("loan-apply", "workspace/loans/apply/", BORROWER),
    Kind("loan-applications", LOANS, BORROWER),
    Kind("loan-applications-of-bank", LOANS, RELYING_BANK),
    Kind("loan-application", LOANS, BORROWER, (LOAN_FILE,)),
    Kind("loan-review", LOANS, RELYING_BANK, ("main tr:has-text('信贷审议') a[href*='/applications/']",)),
    Kind(
        "loan-checklist",
        LOANS,
        RELYING_BANK,
        ("main tr:has-text('尽职调查') a[href*='/applications/']", to("checklist")),
    ),
    Kind("loans-running", "workspace/loans/running/", BORROWER),
    Kind("loan-of-borrower", "workspace/loans/running/", BORROWER, (RUNNING,)),
    Kind("loan-book", "workspace/book/", POST_LOAN),
    Kind("loan-of-bank", "workspace/book/", POST_LOAN, (RUNNING,)),
    Kind("loan-alarms", "workspace/book/alarms/", POST_LOAN),
    Kind("loan-closes", "workspace/book/closes/", POST_LOAN),
    # --- the operator's desk
    Kind("desk-workspace", "workspace/", REVIEWER),
    Kind("desk-reviews", "desk/reviews/", REVIEWER),
    Kind("desk-review-listing", "desk/reviews/", REVIEWER, ("main a[href*='/desk/reviews/listings/']",)),
    Kind("desk-review-need", "desk/reviews/", REVIEWER, ("main a[href*='/desk/reviews/needs/']",)),
    Kind("desk-organisations", "desk/organisations/", REVIEWER),
    Kind("desk-organisation", "desk/organisations/", REVIEWER, ("main table a[href*='/desk/organisations/']",)),
    Kind("desk-people", "desk/people/", REVIEWER),
    Kind("desk-person", "desk/people/", REVIEWER, ("main table a[href*='/desk/people/']",)),
    Kind("desk-deals", "desk/deals/", REVIEWER),
    Kind("desk-deal", "desk/deals/", REVIEWER, (RECORDING,)),
    Kind("desk-filing-approve", "desk/deals/", REVIEWER, (RECORDING, to("approve"))),
    Kind("desk-deal-completed", DEALS, REVIEWER, ("main a:has-text('变速工况轴承诊断算法')",)),
    Kind("desk-sealed", "desk/sealed/", REVIEWER),
    Kind("desk-rights", "desk/rights/", REVIEWER),
    Kind("desk-money", "desk/money/", REVIEWER),
    Kind("desk-statements", "desk/money/statements/", REVIEWER),
    Kind("desk-statement", "desk/money/statements/", REVIEWER, ("main table a[href*='/statements/']",)),
    Kind("desk-bank-accounts", "desk/money/accounts/", REVIEWER),
    Kind("desk-unplaced", "desk/money/unplaced/", REVIEWER),
    Kind("desk-payouts", "desk/money/payouts/", REVIEWER),
    Kind("desk-invoices", "desk/money/invoices/", REVIEWER),
    Kind("desk-provider-events", "desk/money/events/", REVIEWER),
)


def prepare(browser: Browser, site: Site) -> str:
    """Make what the demo has no reason to hold, through the pages: an import with mistakes and a draft.

    Answers the draft's path.
    """
    with a_context(browser, state=kept_sign_in(browser, site, HOLDER)) as context:
        page = context.new_page()
        page.goto(f"{site.url}workspace/patents/imports/new/")
        sheet = {"name": "rights.csv", "mimeType": "text/csv", "buffer": MISTAKEN_SHEET.encode()}
        page.set_input_files("input[type=file]", sheet)
        page.click("main form button.pri")
        page.wait_for_selector("main form[action$='/go/']", timeout=60_000)
        page.goto(f"{site.url}workspace/listings/new/")
        page.locator("input[name=assets]").first.check()
        page.check("input[name=mode][value=transfer]")
        page.click("main form[method=post] button.pri")
        page.wait_for_url("**/edit/offer/")
        return page.url.removeprefix(site.url).removesuffix("edit/offer/")


def located(browser: Browser, site: Site, only: str = "") -> list[Kind]:
    """Every type of page (or those whose name begins with `only`) with the path at which this site has one."""
    wanted = [kind for kind in KINDS if kind.name.startswith(only)]
    draft = prepare(browser, site) if any(":" in kind.path or kind.name == "import-checked" for kind in wanted) else ""
    found = []
    for who in dict.fromkeys(kind.who for kind in wanted):
        with a_context(browser, state=kept_sign_in(browser, site, who), script=False) as context:
            context.route("**/static/**", lambda route: route.abort())  # links are read, nothing is looked at
            steps = Steps(context.new_page(), site)
            for kind in (one for one in wanted if one.who == who):
                found.append(kind.at(_path(steps, kind, draft)))
    return found


class Steps:
    """One reader's way from page to page; a step that many types of page begin with is taken once."""

    def __init__(self, page: Page, site: Site) -> None:
        self.page = page
        self.site = site
        self.taken: dict[tuple[str, str], str] = {}

    def onward(self, path: str, selector: str) -> str:
        """The path that the first link fitting `selector` leads to; `compare` ticks three rows instead."""
        if (path, selector) not in self.taken:
            if self.page.url != self.site.url + path:
                self.page.goto(self.site.url + path, wait_until="domcontentloaded")
            self.taken[path, selector] = self._compared(path) if selector == "compare" else self._link(selector)
        return self.taken[path, selector]

    def _compared(self, path: str) -> str:
        ticks = self.page.locator("input[name=pick]")
        values = [ticks.nth(n).get_attribute("value") for n in (0, 1, 2)]
        return path.partition("?")[0] + "compare/?" + "&".join(f"pick={value}" for value in values)

    def _link(self, selector: str) -> str:
        link = self.page.locator(selector).first
        assert link.count(), f"{self.page.url}: nothing fits {selector}"
        return urljoin(self.page.url, link.get_attribute("href")).removeprefix(self.site.url)


def _path(steps: Steps, kind: Kind, draft: str) -> str:
    if kind.path.startswith("draft:"):
        return draft + kind.path.removeprefix("draft:")
    if kind.path.startswith("ask:"):  # of somebody else's listing
        return f"{steps.onward('listings/?q=%E6%9C%89%E6%9C%BA%E7%A1%85', 'article.res h3 a')}ask/"
    path = kind.path
    for selector in kind.follow:
        path = steps.onward(path, selector)
    return path


def address(site: Site, kind: Kind, language: str) -> str:
    """Where a page is in a language: Chinese at the root, English under /en/."""
    prefix = "en/" if language == "en" and kind.is_translated else ""
    query = "?lang=en" if kind.name == "api-docs" and language == "en" else ""
    return f"{site.url}{prefix}{kind.path}{query}"


def serve_broken(page: Page, site: Site) -> None:
    """Answer one address with the page for a failed server, as the handler makes it: no context, no database."""
    html = render_to_string("errors/500.html", {"request_id": "7f3a0c52"})

    def answer(route: Route) -> None:
        route.fulfill(status=500, content_type="text/html; charset=utf-8", body=html)

    page.route(f"{site.url}**/{BROKEN}", answer)
    page.route(f"{site.url}{BROKEN}", answer)


def open_page(page: Page, site: Site, kind: Kind, language: str) -> int:
    """Go to a page as its reader would; the status of the answer."""
    where = address(site, kind, language)
    if kind.name == "error-stale-form":
        page.goto(where)
        # A form kept open while its cookie went: the answer says so instead of a bare refusal.
        page.context.clear_cookies()
        with page.expect_navigation() as gone:
            page.click("main form button.pri")
        answer = gone.value
    else:
        answer = page.goto(where)
        if "/reauthenticate/" in page.url and "reauthenticate" not in kind.path:
            confirms(page, site, kind.who)
            answer = page.goto(where)
        assert urlsplit(page.url).path == urlsplit(where).path, f"{where} leads to {page.url}"
    if kind.name == "api-docs":
        page.wait_for_selector("#api-docs .opblock", timeout=60_000)
    assert answer is not None
    return answer.status
