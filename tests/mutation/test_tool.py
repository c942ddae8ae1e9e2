"""The tool itself: it finds the changes, applies exactly one, and tells a noticed one from a quiet one."""

import subprocess
import sys

from tests.mutation.mutants import mutants_of
from tests.mutation.plugin import ROOT, in_turn

CODE = '''
def fee(price, rate):
    """Words stay."""
    if price < 0:
        raise ValueError(_("never"))
    log.info("kept")
    return price * rate + 1


class Terms:
    @property
    def share(self):
        return self.part if self.is_whole and not self.is_half else 0
'''


def test_every_operator_number_condition_return_and_raise_is_changed_once(tmp_path):
    path = tmp_path / "fees.py"
    path.write_text(CODE, encoding="utf-8")
    found = {(mutant.function, mutant.was, mutant.became) for mutant in mutants_of(path, tmp_path)}
    assert found == {
        ("fee", "price < 0", "price <= 0"),
        ("fee", "0", "1"),
        ("fee", "raise ValueError(_('never'))", "pass"),
        ("fee", "return price * rate + 1", "return None"),
        ("fee", "price * rate + 1", "price * rate - 1"),
        ("fee", "price * rate", "price / rate"),
        ("fee", "1", "2"),
        (
            "Terms.share",
            "return self.part if self.is_whole and (not self.is_half) else 0",
            "return None",
        ),
        ("Terms.share", "self.is_whole and (not self.is_half)", "self.is_whole or not self.is_half"),
        ("Terms.share", "not self.is_half", "self.is_half"),
        ("Terms.share", "0", "1"),
    }


def test_a_mutant_is_the_function_with_one_change(tmp_path):
    path = tmp_path / "fees.py"
    path.write_text("def fee(price):\n    return price * 3\n", encoding="utf-8")
    names: dict = {}
    exec(compile(path.read_text(), str(path), "exec"), names)
    answers = {}
    for mutant in mutants_of(path, tmp_path):
        names["fee"].__code__ = mutant.code(tmp_path)
        answers[mutant.became] = names["fee"](12)
    assert answers == {"return None": None, "price / 3": 4, "4": 48}


def test_a_call_of_super_can_be_left_out(tmp_path):
    path = tmp_path / "faults.py"
    path.write_text("class Fault(Exception):\n    def __init__(self, code):\n        super().__init__(code)\n")
    names: dict = {}
    exec(compile(path.read_text(), str(path), "exec"), names)
    [mutant] = mutants_of(path, tmp_path)
    assert names["Fault"]("torn").args == ("torn",)
    names["Fault"].__init__.__code__ = mutant.code(tmp_path)
    assert str(names["Fault"](code="torn")) == ""


def test_many_cases_of_one_test_crowd_out_no_other():
    seconds = {"t.py::cases[a]": 0.1, "t.py::cases[b]": 0.2, "t.py::cases[c]": 0.3, "t.py::slow": 9.0}
    assert in_turn(list(seconds), seconds) == ["t.py::cases[a]", "t.py::slow", "t.py::cases[b]", "t.py::cases[c]"]


def test_noticed_and_quiet_changes_are_told_apart(tmp_path):
    outcome = tmp_path / "outcome.jsonl"
    subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "tests.mutation.plugin", "--every", "6"),
            *("--mutate", "listings/deals/splitting.py", "--outcome", str(outcome)),
            *("tests/deals/test_splitting.py", "tests/deals/test_terms.py"),
        ],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    text = outcome.read_text(encoding="utf-8")
    assert '"end": "killed"' in text and '"end": "survived"' in text, text
