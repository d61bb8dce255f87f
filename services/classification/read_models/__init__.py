"""The questions that the service answers. READ_MODELS are folded from the feed; the others read the store or the runs."""

from __future__ import annotations

from typing import Any

from services.classification.read_models.articles import ARTICLES
from services.classification.read_models.class_changes import CLASS_CHANGES
from services.classification.read_models.credit_grades import CREDIT_GRADES
from services.classification.read_models.credit_standings import CREDIT_STANDINGS
from services.classification.read_models.customer_grades import CUSTOMER_GRADES
from services.classification.read_models.customer_sales import CUSTOMER_SALES
from services.classification.read_models.distribution_targets import DISTRIBUTION_TARGETS
from services.classification.read_models.erasures import ERASURES
from services.classification.read_models.expected_levels import EXPECTED_LEVELS
from services.classification.read_models.intent_steps import STEPS
from services.classification.read_models.introductions import INTRODUCTIONS
from services.classification.read_models.investments import INVESTMENTS
from services.classification.read_models.mark_statements import MARK_STATEMENTS
from services.classification.read_models.posts import POSTS
from services.classification.read_models.potentials import POTENTIALS
from services.classification.read_models.profiles import PROFILES
from services.classification.read_models.purchase_intents import INTENTS
from services.classification.read_models.quality_incidents import QUALITY_INCIDENTS
from services.classification.read_models.relation_types import RELATION_TYPES
from services.classification.read_models.sales_tasks import SALES_TASKS
from services.classification.read_models.samples import SAMPLES
from services.classification.read_models.served import SERVED
from services.classification.read_models.sold import SOLD
from services.classification.read_models.stock_counts import STOCK_COUNTS
from services.classification.read_models.sub_sold import SUB_SOLD
from services.classification.read_models.surveys import SURVEYS
from services.classification.read_models.value_classes import VALUE_CLASSES
from shared.projections.read_model import ReadModel
from shared.reach.areas import AREAS

READ_MODELS: tuple[ReadModel[Any], ...] = (
    CUSTOMER_SALES,
    SOLD,
    PROFILES,
    VALUE_CLASSES,
    SERVED,
    CREDIT_STANDINGS,
    CREDIT_GRADES,
    CUSTOMER_GRADES,
    MARK_STATEMENTS,
    POTENTIALS,
    INVESTMENTS,
    ARTICLES,
    SALES_TASKS,
    STOCK_COUNTS,
    STEPS,
    INTRODUCTIONS,
    ERASURES,
    POSTS,
    INTENTS,
    SAMPLES,
    EXPECTED_LEVELS,
    CLASS_CHANGES,
    SUB_SOLD,
    DISTRIBUTION_TARGETS,
    SURVEYS,
    RELATION_TYPES,
    QUALITY_INCIDENTS,
    AREAS,
)
