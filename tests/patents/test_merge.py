"""Precedence of sources, column by column."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from listings.patents.merge import Told, _several, asset_number, merge


def told(source: str, as_of: str = "2026-01-01", **content) -> Told:
    return Told(source, as_of, {"office": "CN", **content})


def test_an_office_beats_a_service_and_a_service_beats_a_spreadsheet():
    merged = merge(
        [
            told("cn_sheet", "2026-11-01", title_zh="表格", title_en="sheet"),
            told("lens", "2026-06-01", title_zh="透镜", abstract_zh="摘要"),
            told("cnipa", "2020-01-01", title_zh="官方"),
        ]
    )
    assert merged.columns["title_zh"] == "官方"
    assert merged.facts["title_zh"] == ["cnipa", "2020-01-01"]
    assert merged.columns["title_en"] == "sheet"  # a lower source fills what the others leave open
    assert merged.columns["abstract_zh"] == "摘要"
    assert merged.conflicts["title_zh"] == [["表格", "cn_sheet", "2026-11-01"], ["透镜", "lens", "2026-06-01"]]


def test_of_one_rank_the_newer_wins():
    merged = merge([told("cnipa", "2026-01-01", title_zh="新"), told("uspto", "2020-01-01", title_zh="旧")])
    assert merged.columns["title_zh"] == "新"


def test_an_older_document_of_the_same_source_is_no_conflict():
    merged = merge([told("cnipa", "2019-01-01", title_zh="公开"), told("cnipa", "2021-01-01", title_zh="授权")])
    assert merged.columns["title_zh"] == "授权"
    assert merged.conflicts == {}


def test_width_case_and_spaces_are_no_conflict():
    merged = merge([told("cnipa", title_en="A Film（2）"), told("lens", title_en="a film (2)")])
    assert merged.conflicts == {}


def test_the_grant_document_is_quoted_and_the_first_publication_dates_it():
    merged = merge(
        [
            told("cnipa", "2021-03-23", publication_number="110000001", kind_code="B", published_on="2021-03-23"),
            told("cnipa", "2019-12-20", publication_number="110000001", kind_code="A", published_on="2019-12-20"),
        ]
    )
    assert (merged.columns["publication_number"], merged.columns["kind_code"]) == ("110000001", "B")
    assert merged.columns["published_on"] == date(2019, 12, 20)
    assert merged.columns["granted_on"] == date(2021, 3, 23)
    assert merged.columns["publications"] == [
        ["CN", "110000001", "A", "2019-12-20"],
        ["CN", "110000001", "B", "2021-03-23"],
    ]


def test_families_events_and_citations_are_united():
    merged = merge(
        [
            told(
                "epo_ops",
                family=["EP-1-A1"],
                events=[{"code": "A", "on": "2020-01-01"}],
                citations=[{"office": "US", "number": "1"}],
            ),
            told(
                "lens",
                family=["US-2-A1", "EP-1-A1"],
                events=[{"code": "A", "on": "2020-01-01"}, {"code": "B", "on": "2021-01-01"}],
                citations=[{"office": "US", "number": "1"}, {"text": "Some paper"}],
            ),
        ]
    )
    assert merged.columns["family"] == ["EP-1-A1", "US-2-A1"]
    assert [event["code"] for event in merged.events] == ["A", "B"]
    assert len(merged.citations) == 2


def test_parties_of_a_role_come_whole_from_one_source():
    merged = merge(
        [
            told("lens", parties=[{"role": "applicant", "name": "X"}, {"role": "inventor", "name": "Y"}]),
            told("cnipa", parties=[{"role": "applicant", "name": "甲"}, {"role": "applicant", "name": "乙"}]),
        ]
    )
    assert [(one["role"], one["name"], one["sequence"]) for one in merged.parties] == [
        ("applicant", "甲", 1),
        ("applicant", "乙", 2),
        ("inventor", "Y", 1),
    ]


def test_a_right_is_partial_until_one_source_tells_it_whole():
    assert merge([told("epo_ops", partial=True, claims=["1"])]).is_partial
    assert not merge([told("epo_ops", partial=True, claims=["1"]), told("lens", title_en="x")]).is_partial


def test_the_number_people_use():
    assert (
        asset_number("CN", {"application_number": "201910526314.8", "grant_number": "", "publication_number": "1"})
        == "201910526314.8"
    )
    assert (
        asset_number("US", {"application_number": "1/2", "grant_number": "9254383", "publication_number": "2013"})
        == "9254383"
    )


sources = st.sampled_from(["cnipa", "lens", "google", "cn_sheet", "template"])
contents = st.fixed_dictionaries(
    {"office": st.just("CN")},
    optional={
        "title_zh": st.sampled_from(["甲", "乙", "丙"]),
        "filed_on": st.sampled_from(["2019-01-01", "2019-01-02"]),
        "ipc": st.just(["C08F 14/18"]),
        "cited_by_count": st.integers(0, 3),
    },
)


@given(
    st.lists(
        st.tuples(sources, st.sampled_from(["2020-01-01", "2021-01-01", "2022-01-01"]), contents),
        min_size=1,
        max_size=5,
        unique_by=lambda one: one[:2],
    ),
    st.randoms(),
)
def test_the_order_of_records_does_not_matter(rows, random):
    """Where every pair of source and date tells once, the merge is the same in any order."""
    first = merge([Told(*row) for row in rows])
    shuffled = list(rows)
    random.shuffle(shuffled)
    # equal rank with equal date is decided by order, so only rows that differ there are compared
    ranks = {"cnipa": 3, "lens": 2, "google": 2, "cn_sheet": 1, "template": 0}
    if len({(ranks[source], as_of) for source, as_of, _content in rows}) == len(rows):
        again = merge([Told(*row) for row in shuffled])
        assert (again.columns, again.facts, again.conflicts) == (first.columns, first.facts, first.conflicts)


@given(sources, contents)
def test_one_source_gives_the_same_view_as_itself_twice(source, content):
    once = merge([Told(source, "2020-01-01", content)])
    twice = merge([Told(source, "2020-01-01", content), Told(source, "2020-01-01", content)])
    assert (once.columns, once.facts, once.conflicts) == (twice.columns, twice.facts, twice.conflicts)


_CODES = st.sampled_from(["A", "B", "B2", "U", ""])
_DAYS = st.sampled_from(["2020-03-01", "2019-05-05", ""])
_OFFICES = st.sampled_from(["CN", "US", "EP"])


@given(
    own=st.tuples(_OFFICES, st.sampled_from(["1", "2", ""]), _CODES),
    listed=st.lists(st.tuples(_OFFICES, st.sampled_from(["1", "2"]), _CODES, _DAYS), max_size=3),
    lists_own=st.booleans(),
    published=_DAYS,
    granted=_DAYS,
)
def test_documents_of_one_source_are_read_as_those_of_several(own, listed, lists_own, published, granted):
    """A single source has a shorter way, which must end the same."""
    office, number, code = own
    if lists_own and number:
        listed = [(*own, published), *listed[1:2]] if len(listed) > 2 else [(*own, published)]
    said = {"office": office, "publication_number": number, "kind_code": code, "publications": [*map(list, listed)]}
    content = {**said, "published_on": published, "granted_on": granted}
    one = Told("lens", "2026-01-01", {name: value for name, value in content.items() if value})
    short, long = merge([one]), _several([one])
    assert (short.columns, short.facts) == (long.columns, long.facts)
