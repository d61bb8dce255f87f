"""`regulars import` on a running installation: what cannot be read is named, the rest is loaded, a repeat records nothing."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.installations import Installation, regulars

SALES = """customer,date,quantity,amount
4,1997-01-01,2,29.33
4,1997-01-18,2,29.73
4,1997-01-18,2,29.73
21,not-a-day,3,63.34
21,1997-01-13,1,11.77
"""
COMPLAINTS = """Company,Date received,Submitted via,Product
Northern Lamp Works,7/29/2013,Web,Lamps
Northern Lamp Works,7/30/2013,Phone,Hinges
"""


def test_transactions_of_a_file(on_kafka: Installation, tmp_path: Path) -> None:
    file = tmp_path / "transactions.csv"
    file.write_text(SALES)
    first = regulars(on_kafka.folder, "import", "transactions", str(file), "--preset", "cdnow")
    assert first.returncode == 0, first.stdout + first.stderr
    assert "4 recorded" in first.stdout
    bad = on_kafka.folder.parent / "transactions.csv.errors.txt"
    assert bad.read_text() == "5\tday is no day\n"
    again = regulars(on_kafka.folder, "import", "transactions", str(file), "--preset", "cdnow")
    assert "4 duplicate" in again.stdout
    assert "recorded" not in again.stdout


def test_complaints_of_a_file_with_columns_by_flags(on_kafka: Installation, tmp_path: Path) -> None:
    file = tmp_path / "complaints.csv"
    file.write_text(COMPLAINTS)
    flags = [
        "--column",
        "customer=Company",
        "--column",
        "received_on=Date received",
        "--date-format",
        "%m/%d/%Y",
        "--system",
        "lamps",
    ]
    first = regulars(on_kafka.folder, "import", "complaints", str(file), *flags)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "2 recorded" in first.stdout
    assert "2 duplicate" in regulars(on_kafka.folder, "import", "complaints", str(file), *flags).stdout


def test_an_unknown_mapping_is_named(on_kafka: Installation, tmp_path: Path) -> None:
    file = tmp_path / "transactions.csv"
    file.write_text(SALES)
    said = regulars(on_kafka.folder, "import", "transactions", str(file), "--column", "colour=quantity")
    assert said.returncode == 1
    assert "no such field" in said.stderr
