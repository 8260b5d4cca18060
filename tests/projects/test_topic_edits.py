"""Edits of topics: what they come to, what is refused, and what is left of them when they are undone."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from projects.errors import EditRefusedError, InvalidValueError, NotFoundError, UnknownNameError
from projects.records import PublishedTopic, TextOverride, TopicDefinition, TopicOverride

if TYPE_CHECKING:
    from collections.abc import Callable

    from projects import Projects
    from projects.records import TopicEdit

BILLING = PublishedTopic("top_billing", "prompt", "Billing")
REFUND = PublishedTopic("top_refund", "prompt", "Refund status")
LOGIN = PublishedTopic("top_login", "prompt", "Cannot log in")
NOTE = PublishedTopic("top_note", "note", "Praise")
MONEY = PublishedTopic("top_money", "prompt", "Money", is_area=True)
ACCESS = PublishedTopic("top_access", "prompt", "Access", is_area=True)
TOPICS = (BILLING, REFUND, LOGIN, NOTE, MONEY, ACCESS)
TEXT = "0123456789abcdef" * 2

Edit = "Callable[[Projects], TopicEdit]"


@pytest.fixture
def shop(projects: Projects) -> str:
    return projects.create_project("shop").project_id


def rename(projects: Projects, topic: PublishedTopic, label: str | None) -> TopicEdit:
    return projects.topic_edits.rename("shop", topic.topic_id, label, "ada", TOPICS)


def merge(projects: Projects, source: PublishedTopic, target: PublishedTopic) -> TopicEdit:
    return projects.topic_edits.merge("shop", source.topic_id, target.topic_id, "ada", TOPICS)


def hide(projects: Projects, topic: PublishedTopic) -> TopicEdit:
    return projects.topic_edits.hide("shop", topic.topic_id, "ada", TOPICS)


def show(projects: Projects, topic: PublishedTopic) -> TopicEdit:
    return projects.topic_edits.show("shop", topic.topic_id, "ada", TOPICS)


def keep(projects: Projects, topic: PublishedTopic) -> TopicEdit:
    return projects.topic_edits.keep("shop", topic.topic_id, "ada", TOPICS)


def retire(projects: Projects, topic: PublishedTopic) -> TopicEdit:
    return projects.topic_edits.retire("shop", topic.topic_id, "ada", TOPICS)


def propose(projects: Projects, topic: PublishedTopic) -> TopicEdit:
    return projects.topic_edits.propose("shop", topic.topic_id, "ada", TOPICS)


def move(projects: Projects, topic: PublishedTopic | None, text: str = TEXT) -> TopicEdit:
    return projects.topic_edits.move_text("shop", "prompt", text, topic.topic_id if topic else None, "ada", TOPICS)


def undo(projects: Projects, edit: TopicEdit) -> TopicEdit:
    return projects.topic_edits.undo("shop", edit.number, "bob")


def test_edits_of_one_topic_come_to_one_choice(projects: Projects, shop: str):
    rename(projects, LOGIN, "  Sign-in  ")
    keep(projects, LOGIN)
    hide(projects, LOGIN)
    assert projects.topic_edits.topic_choices() == [
        TopicOverride(shop, "prompt", LOGIN.topic_id, label="Sign-in", is_hidden=True, state="kept")
    ]
    show(projects, LOGIN)
    propose(projects, LOGIN)
    rename(projects, LOGIN, None)
    assert projects.topic_edits.topic_choices() == []


def test_history_says_what_was_done_when_and_by_whom(projects: Projects, shop: str):
    rename(projects, REFUND, "Money back")
    made = merge(projects, BILLING, REFUND)
    undo(projects, made)
    first, second, third = projects.topic_edits.history("shop")

    assert (first.number, first.kind, first.made_by, first.topic_label, first.label) == (
        1,
        "rename",
        "ada",
        "Refund status",
        "Money back",
    )
    assert (second.project_id, second.field, second.topic_id, second.target_label) == (
        shop,
        "prompt",
        BILLING.topic_id,
        "Money back",
    )
    assert (second.undone_by, third.kind, third.undoes, third.made_by) == (3, "undo", 2, "bob")
    assert first.made_at <= second.made_at <= third.made_at


def test_merge_into_a_topic_that_is_merged_later_keeps_both_steps(projects: Projects):
    projects.create_project("shop")
    first = merge(projects, BILLING, REFUND)
    merge(projects, REFUND, LOGIN)
    assert {choice.topic_id: choice.merged_into for choice in projects.topic_edits.topic_choices()} == {
        BILLING.topic_id: REFUND.topic_id,
        REFUND.topic_id: LOGIN.topic_id,
    }
    undo(projects, first)
    assert [choice.topic_id for choice in projects.topic_edits.topic_choices()] == [REFUND.topic_id]


def test_text_moved_twice_is_where_it_went_last(projects: Projects, shop: str):
    move(projects, BILLING)
    again = move(projects, REFUND)
    assert projects.topic_edits.text_choices() == [TextOverride(shop, "prompt", TEXT, REFUND.topic_id)]
    undo(projects, again)
    assert projects.topic_edits.text_choices() == [TextOverride(shop, "prompt", TEXT, BILLING.topic_id)]
    move(projects, None)
    assert projects.topic_edits.text_choices() == []


def test_undo_of_an_undo_puts_the_edit_in_force_again(projects: Projects):
    projects.create_project("shop")
    edit = rename(projects, LOGIN, "Sign-in")
    back = undo(projects, edit)
    assert projects.topic_edits.topic_choices() == []
    undo(projects, back)
    assert [choice.label for choice in projects.topic_edits.topic_choices()] == ["Sign-in"]
    assert [edit.undone_by for edit in projects.topic_edits.history("shop")] == [None, 3, None]


def test_edits_of_two_projects_are_apart(projects: Projects, shop: str):
    other = projects.create_project("other").project_id
    rename(projects, LOGIN, "Sign-in")
    projects.topic_edits.rename("other", LOGIN.topic_id, "Entry", "bob", TOPICS)
    move(projects, BILLING)
    projects.topic_edits.undo(other, 1, "bob")

    assert [choice.project_id for choice in projects.topic_edits.topic_choices()] == [shop]
    assert projects.topic_edits.topic_choices("other") == projects.topic_edits.text_choices("other") == []
    assert [edit.number for edit in projects.topic_edits.history("other")] == [1, 2]


REFUSED: dict[str, tuple[list[Callable[[Projects], TopicEdit]], str]] = {
    "name of a sibling": (
        [lambda p: rename(p, LOGIN, "BILLING")],
        r"^The topic 'Billing' \(top_billing\) already has the name 'BILLING'; choose another name, or merge",
    ),
    "name that a sibling was given": (
        [lambda p: rename(p, LOGIN, "Sign-in"), lambda p: rename(p, BILLING, "sign-in")],
        r"^The topic 'Sign-in' \(top_login\) already has the name 'sign-in'",
    ),
    "name of another area": ([lambda p: rename(p, MONEY, "access")], "already has the name 'access'"),
    "name given back that was never changed": ([lambda p: rename(p, LOGIN, None)], "already has its automatic name"),
    "merge into itself": ([lambda p: merge(p, LOGIN, LOGIN)], "cannot be merged into itself"),
    "merge in a circle": (
        [lambda p: merge(p, LOGIN, BILLING), lambda p: merge(p, BILLING, LOGIN)],
        r"^The topic 'Cannot log in' \(top_login\) is already merged into 'Billing' \(top_billing\); undo that",
    ),
    "merge in a wider circle": (
        [
            lambda p: merge(p, LOGIN, BILLING),
            lambda p: merge(p, BILLING, REFUND),
            lambda p: merge(p, REFUND, LOGIN),
        ],
        r"is already merged into 'Refund status' \(top_refund\)",
    ),
    "merge of a merged topic": (
        [lambda p: merge(p, LOGIN, BILLING), lambda p: merge(p, LOGIN, REFUND)],
        r"is merged into 'Billing' \(top_billing\); edit that topic, or undo the merge\.$",
    ),
    "merge into a hidden topic": (
        [lambda p: hide(p, BILLING), lambda p: merge(p, LOGIN, BILLING)],
        r"^The topic 'Billing' \(top_billing\) is hidden; `turret topic show-again` brings it back\.$",
    ),
    "merge into one merged into a hidden topic": (
        [lambda p: merge(p, BILLING, REFUND), lambda p: hide(p, REFUND), lambda p: merge(p, LOGIN, BILLING)],
        "is hidden",
    ),
    "merge across fields": (
        [lambda p: merge(p, NOTE, LOGIN)],
        r"\(top_login\) is of the field 'prompt'; messages of the field 'note' cannot count for it\.$",
    ),
    "merge of an area": ([lambda p: merge(p, LOGIN, MONEY)], "is an area over topics, which can only be renamed"),
    "hide an area": ([lambda p: hide(p, MONEY)], "is an area over topics"),
    "hide a hidden topic": ([lambda p: hide(p, LOGIN), lambda p: hide(p, LOGIN)], "is hidden; `turret topic show"),
    "hide a merged topic": ([lambda p: merge(p, LOGIN, BILLING), lambda p: hide(p, LOGIN)], "is merged into"),
    "show a topic in sight": ([lambda p: show(p, LOGIN)], "is not hidden"),
    "keep twice": ([lambda p: keep(p, LOGIN), lambda p: keep(p, LOGIN)], "is already kept"),
    "retire twice": ([lambda p: retire(p, LOGIN), lambda p: retire(p, LOGIN)], "is already retired"),
    "propose what is proposed": ([lambda p: propose(p, LOGIN)], "is neither kept nor retired"),
    "keep an area": ([lambda p: keep(p, MONEY)], "is an area over topics"),
    "keep a merged topic": ([lambda p: merge(p, LOGIN, BILLING), lambda p: keep(p, LOGIN)], "is merged into"),
    "keep a hidden topic": (
        [lambda p: hide(p, LOGIN), lambda p: keep(p, LOGIN)],
        r"\(top_login\) is hidden; `turret topic show-again` brings it back\.$",
    ),
    "retire a hidden topic": ([lambda p: hide(p, LOGIN), lambda p: retire(p, LOGIN)], "is hidden"),
    "hide a retired topic": (
        [lambda p: retire(p, LOGIN), lambda p: hide(p, LOGIN)],
        r"\(top_login\) is retired; `turret topic propose` brings it back\.$",
    ),
    "merge into a retired topic": ([lambda p: retire(p, BILLING), lambda p: merge(p, LOGIN, BILLING)], "is retired"),
    "move to one merged into a retired topic": (
        [lambda p: merge(p, LOGIN, BILLING), lambda p: retire(p, BILLING), lambda p: move(p, BILLING)],
        "is retired",
    ),
    "move to another field": ([lambda p: move(p, NOTE)], "is of the field 'note'; messages of the field 'prompt'"),
    "move to a hidden topic": ([lambda p: hide(p, LOGIN), lambda p: move(p, LOGIN)], "is hidden"),
    "move to a merged topic": ([lambda p: merge(p, LOGIN, BILLING), lambda p: move(p, LOGIN)], "is merged into"),
    "move back what was not moved": ([lambda p: move(p, None)], "was not moved"),
}


@pytest.mark.parametrize(("edits", "sentence"), REFUSED.values(), ids=REFUSED)
def test_edit_that_contradicts_another_is_refused_with_a_sentence(
    projects: Projects, edits: list[Callable[[Projects], TopicEdit]], sentence: str
):
    projects.create_project("shop")
    *allowed, refused = edits
    for edit in allowed:
        edit(projects)
    before = projects.topic_edits.history("shop")

    with pytest.raises(EditRefusedError, match=sentence):
        refused(projects)
    assert projects.topic_edits.history("shop") == before


@pytest.mark.parametrize("label", ["", "   ", "a\nb", "x" * 201, "\u200b\u2060", "bell\a"])
def test_rename_to_a_name_that_is_not_allowed_is_refused_with_a_sentence(projects: Projects, label: str):
    projects.create_project("shop")
    with pytest.raises(InvalidValueError, match=r"^The topic's name .*\.$"):
        rename(projects, LOGIN, label)


@pytest.mark.parametrize(
    "label",
    [
        "<b>bold</b><script>alert(1)</script>",
        "'; drop table projects; --",
        "👩‍👩‍👧 Familie",
        "استرداد الأموال",
        "x" * 200,
    ],
)
def test_rename_keeps_any_printable_name_as_it_is(projects: Projects, label: str):
    projects.create_project("shop")
    rename(projects, LOGIN, label)
    assert [choice.label for choice in projects.topic_edits.topic_choices()] == [label]


def test_topic_may_have_the_name_of_the_area_over_it(projects: Projects):
    projects.create_project("shop")
    assert rename(projects, BILLING, "Money").number == 1


def test_topic_that_is_not_published_is_refused_with_the_nearest(projects: Projects):
    projects.create_project("shop")
    with pytest.raises(UnknownNameError, match=r"no topic 'top_logn' in project 'shop'; did you mean top_login"):
        projects.topic_edits.hide("shop", "top_logn", "ada", TOPICS)
    with pytest.raises(NotFoundError, match="no project 'shap'"):
        projects.topic_edits.hide("shap", LOGIN.topic_id, "ada", TOPICS)
    with pytest.raises(NotFoundError, match="no edit 7"):
        projects.topic_edits.undo("shop", 7, "ada")
    with pytest.raises(InvalidValueError, match="32 hexadecimal digits"):
        move(projects, LOGIN, "no hash")
    with pytest.raises(InvalidValueError, match="editor's name"):
        projects.topic_edits.hide("shop", LOGIN.topic_id, " ", TOPICS)


def test_undo_is_refused_while_later_edits_build_on_what_it_takes_back(projects: Projects):
    projects.create_project("shop")
    freed = undo(projects, merge(projects, LOGIN, BILLING))
    merge(projects, BILLING, LOGIN)
    with pytest.raises(EditRefusedError, match=r"^Edit 2 cannot be undone .* merged into itself\. Undo those first\.$"):
        undo(projects, freed)
    with pytest.raises(EditRefusedError, match=r"^Edit 1 is already undone, by edit 2\.$"):
        projects.topic_edits.undo("shop", 1, "ada")


def test_undo_is_refused_where_two_topics_would_share_a_name(projects: Projects):
    projects.create_project("shop")
    rename(projects, LOGIN, "Entry")
    freed = rename(projects, LOGIN, "Sign-in")
    rename(projects, BILLING, "Entry")
    with pytest.raises(EditRefusedError, match="would both be called 'Entry'"):
        undo(projects, freed)


def test_topic_that_a_goal_is_reached_by_is_neither_hidden_nor_retired(projects: Projects):
    projects.create_project("shop")
    projects.goals.set("shop", "refunded", "topic", REFUND.topic_id)
    merge(projects, REFUND, BILLING)
    with pytest.raises(EditRefusedError, match=r"goal 'refunded' .*'Refund status' \(top_refund\).*delete the goal"):
        hide(projects, BILLING)
    with pytest.raises(EditRefusedError, match=r"would be retired; delete the goal first"):
        retire(projects, BILLING)
    projects.goals.clear("shop", "refunded")
    assert hide(projects, BILLING).number == 2


def test_topic_is_proposed_until_it_is_kept_or_retired_and_undo_restores_the_state_before(projects: Projects):
    projects.create_project("shop")

    def states() -> dict[str, str]:
        return {choice.topic_id: choice.state for choice in projects.topic_edits.topic_choices()}

    keep(projects, LOGIN)
    merge(projects, BILLING, LOGIN)
    retired = retire(projects, LOGIN)
    assert states() == {LOGIN.topic_id: "retired", BILLING.topic_id: "proposed"}
    choices = next(iter(projects.topic_edits.choices().values()))
    assert [choices.is_retired(topic.topic_id) for topic in (LOGIN, BILLING, REFUND)] == [True, True, False]
    undo(projects, retired)
    assert states()[LOGIN.topic_id] == "kept"
    propose(projects, LOGIN)
    assert states() == {BILLING.topic_id: "proposed"}


@pytest.mark.parametrize("seed", range(3))
def test_any_edits_undone_from_the_last_to_the_first_pass_through_each_former_result(projects: Projects, seed: int):
    projects.create_project("shop")
    chance, results = random.Random(seed), [projects.topic_edits.topic_choices()]
    one_topic = (keep, retire, propose, hide, show, lambda p, topic: rename(p, topic, f"Name {chance.random()}"))
    for _ in range(60):
        first, second = chance.sample((BILLING, REFUND, LOGIN), 2)
        edit = chance.choice([*one_topic, lambda p, topic, into=second: merge(p, topic, into)])
        with suppress(EditRefusedError):
            edit(projects, first)
            results.append(projects.topic_edits.topic_choices())
    assert len(results) > 10
    for edit in reversed(projects.topic_edits.history("shop")):
        assert projects.topic_edits.topic_choices() == results.pop()
        undo(projects, edit)
    assert projects.topic_edits.topic_choices() == results.pop() == []


def test_edits_at_once_each_get_a_number_of_their_own(projects: Projects):
    projects.create_project("shop")

    def edit(number: int) -> int:
        return projects.topic_edits.rename("shop", LOGIN.topic_id, f"Name {number}", "ada", TOPICS).number

    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(edit, range(16)))
    assert sorted(numbers) == list(range(1, 17))


def test_a_defined_topic_is_pinned_and_has_its_name_until_it_is_undone(projects: Projects, shop: str):
    said = (" I want my money back ", "refund please", "refund please")
    edit = projects.topic_edits.define("shop", "prompt", "Refunds", said, "topics", "ada", TOPICS)
    assert edit.topic_id is not None
    definition = TopicDefinition("Refunds", ("I want my money back", "refund please"), "topics")
    defined = TopicOverride(shop, "prompt", edit.topic_id, "Refunds", state="kept", definition=definition)
    assert projects.topic_edits.topic_choices() == [defined]
    found = PublishedTopic(edit.topic_id, "prompt", "Get my money")
    projects.topic_edits.rename("shop", found.topic_id, "Money back", "ada", (*TOPICS, found))
    projects.topic_edits.rename("shop", found.topic_id, None, "ada", (*TOPICS, found))
    assert projects.topic_edits.topic_choices() == [defined]
    undo(projects, edit)
    assert projects.topic_edits.topic_choices() == []


@pytest.mark.parametrize(
    ("definition", "sentence"),
    [
        (("Refunds", (), "topics"), "has 0 different examples; with the scope 'topics', 1 to 20 are allowed"),
        (("Refunds", ("one", " one"), "closest"), "has 1 different examples; with the scope 'closest', 2 to 20"),
        (
            ("Refunds", ("one", ""), "topics"),
            "Example 2 of the topic 'Refunds' has 0 characters; allowed are 1 to 1,000",
        ),
        (("Refunds", ("one", "a\udcff"), "topics"), "Example 2 of the topic 'Refunds' has a control character"),
        (("Refunds", ("one",), "near"), "scope of a topic"),
        (("billing", ("one",), "topics"), "already has the name 'billing'"),
        (("Late", ("one",), "topics"), "would both be called 'Late'"),
    ],
)
def test_a_definition_that_cannot_be_is_refused_in_a_sentence(
    projects: Projects, shop: str, definition: tuple[str, tuple[str, ...], str], sentence: str
):
    del shop
    projects.topic_edits.define("shop", "prompt", "Late", ("where is it",), "topics", "ada", TOPICS)
    with pytest.raises((InvalidValueError, EditRefusedError), match=sentence):
        projects.topic_edits.define("shop", "prompt", *definition, "ada", TOPICS)
