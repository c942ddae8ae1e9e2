import pytest

from marketplace.core import errors


def every_refusal(base=errors.DomainError):
    for one in base.__subclasses__():
        yield one
        yield from every_refusal(one)


def test_a_refusal_speaks_both_languages_and_names_its_field():
    answer = errors.IllegalTransition(state="x", field="state").as_dict()
    assert "x" in answer["message_zh"] and "x" in answer["message_en"]
    assert answer["message_zh"] != answer["message_en"]
    assert answer["field"] == "state"


def test_codes_are_unique():
    codes = [one.code for one in every_refusal() if one.code != "refused" and "code" in vars(one)]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("refusal", sorted(every_refusal(), key=lambda one: one.__name__), ids=lambda one: one.__name__)
def test_every_refusal_has_a_client_or_service_status(refusal):
    assert 400 <= refusal.status < 500 or refusal.status == 503
