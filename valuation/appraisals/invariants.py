"""What must hold of appraisals, whatever anybody did."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.core.invariants import invariant, nothing_in
from valuation.appraisals import twin as twins
from valuation.models import Report

invariant("an appraisal that is over holds no money")(
    nothing_in(
        """
        SELECT o.number, a.balance FROM valuation_order o JOIN payments_account a
          ON a.subject_kind = 'valuation.order' AND a.subject_id = o.id AND a.kind = 'held' AND a.balance <> 0
        WHERE o.state IN ('cancelled', 'declined', 'terminated', 'issued')
        """
    )
)
invariant("an appraisal at work holds its whole fee, but for one engaged elsewhere")(
    nothing_in(
        """
        SELECT o.number FROM valuation_order o JOIN valuation_quote q ON q.id = o.quote_id
        LEFT JOIN payments_account a
          ON a.subject_kind = 'valuation.order' AND a.subject_id = o.id AND a.kind = 'held' AND a.currency = q.currency
        WHERE o.state IN ('data', 'drafting', 'reviewing', 'signing') AND coalesce(-a.balance, 0) < q.fee
          AND NOT EXISTS (SELECT 1 FROM valuation_report r WHERE r.order_id = o.id AND r.issued_at IS NOT NULL)
        """
    )
)
invariant("an appraisal engaged here has its contract signed by client and agency")(
    nothing_in(
        """
        SELECT o.number FROM valuation_order o LEFT JOIN signing_document d ON d.id = o.contract_id
        WHERE o.state IN ('engaged', 'data', 'drafting', 'reviewing', 'signing', 'issued') AND NOT o.is_elsewhere
          AND d.state IS DISTINCT FROM 'complete'
        """
    )
)
invariant("a report that was issued is signed by two people with certificates and sealed")(
    nothing_in(
        """
        SELECT r.number FROM valuation_report r LEFT JOIN signing_document d ON d.id = r.document_id
        WHERE r.issued_at IS NOT NULL AND (
            d.sealed_at IS NULL
            OR (SELECT count(DISTINCT s.person_id) FROM signing_signature s
                WHERE s.document_id = d.id AND s.named_id IS NOT NULL AND s.person_id = s.named_id) < 2)
        """
    )
)
invariant("nobody who drafted an appraisal approved it")(
    nothing_in(
        """
        SELECT o.number FROM valuation_order o JOIN valuation_draft f ON f.order_id = o.id
        JOIN core_event e ON e.subject_kind = 'valuation.order' AND e.subject_id = o.id AND e.kind = 'appraisal.approve'
        WHERE o.state IN ('signing', 'issued') AND e.actor_id = ANY(f.drafters)
        """
    )
)
invariant("a report in force values no right that has ended, and has an agency in good standing")(
    nothing_in(
        """
        SELECT r.number FROM valuation_report r
        JOIN valuation_agency g ON g.id = r.agency_id JOIN accounts_organisation o ON o.id = g.organisation_id
        WHERE r.state = 'issued' AND r.purpose <> 'litigation' AND (o.state = 'suspended' OR EXISTS (
            SELECT 1 FROM valuation_reportasset x JOIN assets_asset a ON a.id = x.asset_id
            WHERE x.report_id = r.id AND a.status IN ('lapsed', 'expired', 'invalidated', 'withdrawn')))
        """
    )
)


@invariant("the twin of a report is the one whose hash is printed")
def _twins_stand() -> Iterator[str]:
    for report in Report.objects.only("number", "twin", "twin_sha256").iterator(chunk_size=100):
        if twins.digest(report.twin) != report.twin_sha256:
            yield report.number
