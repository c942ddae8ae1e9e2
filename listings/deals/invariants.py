"""What must hold of rights, talks and deals, whatever anybody did (docs/invariants in the issue's numbering)."""

from __future__ import annotations

from marketplace.core.invariants import invariant, nothing_in

invariant("1: a right has at most one live exclusive disposal in the same scope")(
    nothing_in(
        """
        SELECT a.asset_id, a.id, b.id FROM rights_reservation a JOIN rights_reservation b
          ON a.asset_id = b.asset_id AND a.id < b.id AND a.released_at IS NULL AND b.released_at IS NULL
         AND a.territory && b.territory AND a.field && b.field AND a.period && b.period
         AND (a.lane <> 0 OR b.lane <> 0)
        """
    )
)
invariant("2: exclusive and sole licences of one right do not overlap in territory, field and time")(
    nothing_in(
        """
        SELECT a.asset_id, a.id, b.id FROM rights_entry a JOIN rights_entry b
          ON a.asset_id = b.asset_id AND a.id < b.id AND a.licence_type IN ('exclusive', 'sole')
         AND b.licence_type IN ('exclusive', 'sole') AND NOT a.is_recorded_only AND NOT b.is_recorded_only
         AND a.territory && b.territory AND a.field && b.field AND a.period && b.period
        """
    )
)
invariant("3: a bundle is reserved whole or not at all")(
    nothing_in(
        """
        SELECT d.number, x.asset_id FROM deals_deal d JOIN deals_dealasset x ON x.deal_id = d.id
        LEFT JOIN rights_reservation r ON r.asset_id = x.asset_id AND r.released_at IS NULL
          AND r.subject_kind = 'deals.deal' AND r.subject_id = d.id
        WHERE d.state IN ('agreed', 'signing', 'consenting', 'paying', 'recording') AND r.id IS NULL
          AND NOT EXISTS (SELECT 1 FROM rights_entry e WHERE e.asset_id = x.asset_id
                          AND e.subject_kind = 'deals.deal' AND e.subject_id = d.id)
        """
    )
)
invariant("6: a right has at most one live pledge")(
    nothing_in(
        """
        SELECT asset_id, count(*) FROM rights_entry
        WHERE kind = 'pledge' AND ended_at IS NULL AND NOT is_recorded_only GROUP BY asset_id HAVING count(*) > 1
        """
    )
)
invariant("ownership shares of a right never exceed the whole")(
    nothing_in(
        """
        SELECT asset_id, sum(share_numerator::numeric / share_denominator) FROM rights_entry
        WHERE kind = 'ownership' AND ended_at IS NULL AND NOT is_recorded_only AND share_numerator IS NOT NULL
        GROUP BY asset_id HAVING sum(share_numerator::numeric / share_denominator) > 1.000000000001
        """
    )
)
invariant("10: talks have at most one standing offer, and it is the latest version")(
    nothing_in(
        """
        SELECT o.negotiation_id, o.version FROM deals_offer o
        WHERE o.state = 'standing' AND EXISTS (
            SELECT 1 FROM deals_offer n WHERE n.negotiation_id = o.negotiation_id AND n.version > o.version)
        """
    )
)
invariant("11: a deal is made at exactly the price of the offer accepted")(
    nothing_in(
        """
        SELECT d.number, d.price, o.price FROM deals_deal d JOIN deals_offer o ON o.id = d.offer_id
        WHERE o.state NOT IN ('accepted', 'undone') OR o.price <> d.price OR o.currency <> d.currency
        """
    )
)
invariant("every accepted offer has its deal")(
    nothing_in(
        """
        SELECT o.id FROM deals_offer o LEFT JOIN deals_deal d ON d.offer_id = o.id
        WHERE o.state = 'accepted' AND d.id IS NULL
        """
    )
)
invariant("24: money left a deal that waits for the register only after a second person checked the recordal")(
    nothing_in(
        """
        SELECT d.number FROM deals_deal d
        WHERE d.state IN ('releasing', 'completed') AND d.mode IN ('transfer', 'disposal', 'exclusive', 'sole')
          AND NOT EXISTS (SELECT 1 FROM deals_filing f WHERE f.deal_id = d.id AND f.state = 'approved'
                          AND f.approved_by_id <> f.evidenced_by_id)
          AND NOT EXISTS (SELECT 1 FROM deals_dispute s WHERE s.deal_id = d.id AND s.state = 'decided')
        """
    )
)
invariant("25: nothing was released while a dispute was open")(
    nothing_in(
        """
        SELECT d.number, r.id FROM deals_deal d
        JOIN payments_release r ON r.subject_kind = 'deals.deal' AND r.subject_id = d.id
        JOIN deals_dispute s ON s.deal_id = d.id
        JOIN core_event b ON b.subject_kind = 'deals.dispute' AND b.subject_id = s.id AND b.kind = 'dispute.begin'
        LEFT JOIN core_event e ON e.subject_kind = 'deals.dispute' AND e.subject_id = s.id
          AND e.kind IN ('dispute.decide', 'dispute.withdraw')
        WHERE r.at > b.at AND (e.at IS NULL OR r.at < e.at)
        """
    )
)
invariant("an ended deal holds no reservation and no money")(
    nothing_in(
        """
        SELECT d.number, 'reservation' FROM deals_deal d JOIN rights_reservation r
          ON r.subject_kind = 'deals.deal' AND r.subject_id = d.id AND r.released_at IS NULL
        WHERE d.state IN ('completed', 'cancelled', 'refunded')
        UNION ALL
        SELECT d.number, a.balance::text FROM deals_deal d JOIN payments_account a
          ON a.subject_kind = 'deals.deal' AND a.subject_id = d.id AND a.kind = 'held' AND a.balance <> 0
        WHERE d.state IN ('completed', 'refunded')
        """
    )
)
invariant("a completed assignment shows the buyer as owner from that deal")(
    nothing_in(
        """
        SELECT d.number, x.asset_id FROM deals_deal d JOIN deals_dealasset x ON x.deal_id = d.id
        WHERE d.state = 'completed' AND d.mode IN ('transfer', 'disposal')
          AND NOT EXISTS (SELECT 1 FROM rights_entry e WHERE e.asset_id = x.asset_id AND e.kind = 'ownership'
                          AND e.party_id = d.buyer_id AND e.subject_kind = 'deals.deal' AND e.subject_id = d.id)
          AND NOT EXISTS (SELECT 1 FROM deals_dispute s WHERE s.deal_id = d.id AND s.state = 'decided')
        """
    )
)
invariant("shares of a deal's proceeds make the whole")(
    nothing_in(
        """
        SELECT deal_id, sum(numerator::numeric / denominator) FROM deals_dealshare GROUP BY deal_id
        HAVING abs(sum(numerator::numeric / denominator) - 1) > 0.000000000001
        """
    )
)
