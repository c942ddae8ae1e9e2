import pytest
pytestmark = pytest.mark.django_db
def test_it(): 
    from marketplace.payments.models import Account
    Account.objects.create(kind="clearing", currency="CNY", provider="bank")
