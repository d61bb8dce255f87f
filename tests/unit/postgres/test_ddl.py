import pytest

from shared.postgres.ddl import mechanism, statements
from shared.postgres.schema import within


def test_a_script_is_split_at_its_own_semicolons_only():
    script = """
    -- a comment; with a semicolon and a quote '
    CREATE TABLE {schema}.t (a text DEFAULT 'x;''y');
    CREATE FUNCTION {schema}.f() RETURNS void LANGUAGE plpgsql AS $f$
    BEGIN
        PERFORM 1; -- inside
        EXECUTE $x$SELECT ';'$x$;
    END $f$;
    SELECT 1 - 2
    """
    found = statements(script, "cards")
    assert [one.split()[0] for one in found] == ["CREATE", "CREATE", "SELECT"]
    assert found[0] == "CREATE TABLE cards.t (a text DEFAULT 'x;''y')"
    assert found[1].count(";") == 3
    assert found[2] == "SELECT 1 - 2"


def test_the_mechanism_begins_with_the_store():
    found = mechanism("alerts")
    assert found[0].startswith("GRANT USAGE ON SCHEMA alerts")
    assert any(one.startswith("CREATE TABLE alerts.events") for one in found)
    assert not any("{schema}" in one for one in found)


@pytest.mark.parametrize("name", ["", "Cards", "cards; DROP TABLE x", 'cards"', "1cards"])
def test_only_a_plain_name_is_put_into_a_statement(name):
    with pytest.raises(ValueError, match="no schema name"):
        within(name, "SELECT * FROM {schema}.events")
