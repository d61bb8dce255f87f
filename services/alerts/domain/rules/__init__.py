"""All warnings. A new one is one module with two pure functions, listed here.

`judge` says what is to be warned of. `why_not` is given the same and tells the conditions of each level, made by
`at_least`, `at_most` or `out_of_reach` of `domain/conditions.py`, one for each comparison that `judge` makes:

    def why_not(customer, terms, today, on):
        parameters = terms.parameters[RULE_ID]
        return tuple(
            at_least("CNY", level, "DAYS_OVERDUE", f"{days} days overdue.", days, parameters.whole(f"{level}_days"))
            for level in LEVELS
        )

Where there is nothing to judge (no purchase, no limit) it answers one condition of the channel ALL that says so. A test
over every rule holds `judge` and `why_not` together: a level is reached exactly where all its conditions hold.
"""

from __future__ import annotations

from services.alerts.domain.rules.complaint_burst import COMPLAINT_BURST
from services.alerts.domain.rules.complaint_cause_repeated import COMPLAINT_CAUSE_REPEATED
from services.alerts.domain.rules.complaint_deadline_missed import COMPLAINT_DEADLINE_MISSED
from services.alerts.domain.rules.credit_grade_changed import CREDIT_GRADE_LOWERED, CREDIT_GRADE_RAISED
from services.alerts.domain.rules.credit_limit_nearly_used import CREDIT_LIMIT_NEARLY_USED
from services.alerts.domain.rules.credit_signs_add_up import CREDIT_SIGNS_ADD_UP
from services.alerts.domain.rules.new_customer_quiet import NEW_CUSTOMER_QUIET
from services.alerts.domain.rules.nobody_in_touch import NOBODY_IN_TOUCH
from services.alerts.domain.rules.orders_fading import ORDERS_FADING
from services.alerts.domain.rules.overdue_debt import OVERDUE_DEBT
from services.alerts.domain.rules.payments_fell_silent import PAYMENTS_FELL_SILENT
from services.alerts.domain.rules.payments_getting_worse import PAYMENTS_GETTING_WORSE
from services.alerts.domain.rules.range_of_articles_narrowing import RANGE_OF_ARTICLES_NARROWING
from services.alerts.domain.rules.sales_ahead_of_collections import SALES_AHEAD_OF_COLLECTIONS
from services.alerts.domain.rules.sales_below_expectation import SALES_BELOW_EXPECTATION
from services.alerts.domain.rules.silent_beyond_own_rhythm import SILENT_BEYOND_OWN_RHYTHM
from services.alerts.domain.signs import Rule

ALL_RULES: tuple[Rule, ...] = (
    SILENT_BEYOND_OWN_RHYTHM,
    NEW_CUSTOMER_QUIET,
    OVERDUE_DEBT,
    PAYMENTS_GETTING_WORSE,
    CREDIT_LIMIT_NEARLY_USED,
    SALES_AHEAD_OF_COLLECTIONS,
    PAYMENTS_FELL_SILENT,
    NOBODY_IN_TOUCH,
    CREDIT_SIGNS_ADD_UP,
    CREDIT_GRADE_LOWERED,
    CREDIT_GRADE_RAISED,
    ORDERS_FADING,
    RANGE_OF_ARTICLES_NARROWING,
    COMPLAINT_BURST,
    COMPLAINT_CAUSE_REPEATED,
    COMPLAINT_DEADLINE_MISSED,
    SALES_BELOW_EXPECTATION,
)

RULES_BY_ID = {rule.id: rule for rule in ALL_RULES}
