"""The simulated users are many, varied, repeatable and as the contract of `/track` wants them."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from contracts.events import MAX_TEXT_CHARACTERS
from demo.conversation import TEXT_FIELD
from demo.simulation import Scenario, Simulation, simulate

NOW = datetime(2026, 3, 18, 15, 30, tzinfo=UTC)
MINIMUM_GAP = timedelta(minutes=31)


@pytest.fixture(scope="module")
def whole() -> Simulation:
    return simulate(Scenario(), NOW)


def texts_by_intent(simulation: Simulation) -> dict[str, list[str]]:
    texts = {event["event_id"]: event["metadata"].get(TEXT_FIELD) for event in simulation.events}
    by_intent = defaultdict(list)
    for event in simulation.truth.events:
        if event.intent:
            by_intent[event.intent].append(texts[event.event_id])
    return by_intent


def test_simulate_default_size_suits_two_cores(whole: Simulation):
    n_messages = sum(event.kind != "signal" for event in whole.truth.events)
    assert 5_500 <= n_messages <= 8_000


def test_simulate_intents_are_many_and_their_wording_varies(whole: Simulation):
    by_intent = texts_by_intent(whole)
    texts = [text for said in by_intent.values() for text in said]
    assert len(by_intent) >= 28
    assert min(map(len, by_intent.values())) >= 20
    assert len(set(texts)) / len(texts) > 0.9
    assert min(len(set(said)) / len(said) for said in by_intent.values()) > 0.8


def test_simulate_messages_are_short_and_long_and_typed_in_different_ways(whole: Simulation):
    texts = [text for said in texts_by_intent(whole).values() for text in said]
    lengths = sorted(len(text.split()) for text in texts)
    assert lengths[len(lengths) // 20] <= 3
    assert lengths[-len(lengths) // 20] >= 20
    assert 0.2 < sum(text == text.lower() for text in texts) / len(texts) < 0.7
    assert 0.2 < sum(text[-1] not in ".?!" for text in texts) / len(texts) < 0.8


def test_simulate_wording_overlaps_between_intents(whole: Simulation):
    by_intent = texts_by_intent(whole)
    with_invoice = {intent for intent, texts in by_intent.items() if any("invoice" in text.lower() for text in texts)}
    assert len(with_invoice) >= 4


def test_simulate_kinds_of_events_are_all_there(whole: Simulation):
    kinds = Counter(event.kind for event in whole.truth.events)
    assert set(kinds) == {"intent", "detail", "filler", "off_topic", "signal"}
    assert 0.05 < kinds["detail"] / kinds["intent"] < 0.2
    assert 0.1 < kinds["filler"] / kinds["intent"] < 0.3
    assert 0.002 < kinds["off_topic"] / kinds["intent"] < 0.03
    signals = {event.event_id for event in whole.truth.events if event.kind == "signal"}
    for event in whole.events:
        assert (TEXT_FIELD not in event["metadata"]) == (event["event_id"] in signals)


def test_simulate_ids_are_sent_left_out_and_partly_left_out(whole: Simulation):
    shapes = Counter(("session_id" in event, "user_id" in event) for event in whole.events)
    assert set(shapes) == {(True, True), (False, True), (False, False)}
    users = Counter(event["user_id"] for event in whole.events if "user_id" in event)
    assert len(users) == 500


def test_simulate_events_suit_the_contract(whole: Simulation):
    ids = [event["event_id"] for event in whole.events]
    assert len(set(ids)) == len(ids)
    for event in whole.events:
        assert json.loads(json.dumps(event)) == event
        assert len(event["metadata"].get(TEXT_FIELD, "x")) <= MAX_TEXT_CHARACTERS
        assert event["metadata"].get(TEXT_FIELD, "x").strip()


def test_simulate_times_fill_the_days_before_now_and_working_days_most(whole: Simulation):
    times = [datetime.fromisoformat(event["timestamp"]) for event in whole.events]
    assert times == sorted(times)
    assert min(times) >= NOW - timedelta(days=14)
    assert max(times) <= NOW
    by_day = Counter(time.date() for time in times)
    assert len(by_day) >= 14
    saturday, tuesday = datetime(2026, 3, 14, tzinfo=UTC).date(), datetime(2026, 3, 10, tzinfo=UTC).date()
    assert by_day[saturday] < by_day[tuesday] / 2


def test_simulate_gaps_keep_sessions_together_and_apart(whole: Simulation):
    sessions = {event.event_id: event.session for event in whole.truth.events}
    by_user = defaultdict(list)
    for event in whole.events:
        if "user_id" in event:
            by_user[event["user_id"]].append((datetime.fromisoformat(event["timestamp"]), sessions[event["event_id"]]))
    for moments in by_user.values():
        for (before, one), (after, other) in pairwise(moments):
            assert (after - before < timedelta(minutes=15)) if one == other else (after - before > MINIMUM_GAP)


def test_simulate_same_scenario_later_gives_the_same_events_but_for_their_times():
    scenario = Scenario(users=15)
    first, again = simulate(scenario, NOW), simulate(scenario, NOW + timedelta(days=9, hours=5))
    assert again.truth == first.truth
    assert without_times(again) == without_times(first)


def test_simulate_planted_findings_are_in_the_events(whole: Simulation):
    intents = {event.event_id: event.intent for event in whole.truth.events if event.intent}
    messages = [(intents[event["event_id"]], event) for event in whole.events if event["event_id"] in intents]
    when = {intent: [] for intent in intents.values()}
    for intent, event in messages:
        when[intent].append(
            (datetime.fromisoformat(event["timestamp"]) - (NOW - timedelta(days=14))) / timedelta(days=14)
        )
    assert sum(share < 0.5 for share in when["slow_app"]) < 0.2 * len(when["slow_app"])
    assert min(when["mobile_sync"]) > 0.5
    assert max(sum(share < 0.5 for share in shares) / len(shares) for shares in when.values()) > 0.4
    plans = Counter((intent == "api_howto", event["metadata"]["plan"] == "enterprise") for intent, event in messages)
    assert plans[True, True] / (plans[True, True] + plans[True, False]) > 0.5
    assert plans[False, True] / (plans[False, True] + plans[False, False]) < 0.3
    stars = {False: [], True: []}
    for intent, event in messages:
        if "satisfaction" in event["metadata"]:
            stars[intent == "make_chart"].append(event["metadata"]["satisfaction"])
    assert sum(stars[True]) / len(stars[True]) < 2
    assert sum(stars[False]) / len(stars[False]) > 3


def attempts(simulation: Simulation, *, is_answered: bool) -> list[tuple[str, str, str, timedelta]]:
    """Return intent, text, the text of the next message about it in the session, and the time between."""
    events = {event["event_id"]: event for event in simulation.events}
    last: dict[tuple[str, str], tuple[str, bool]] = {}
    found = []
    for truth in simulation.truth.events:
        if truth.intent is None:
            continue
        visit = truth.session, truth.intent
        if visit in last and last[visit][1] == is_answered:
            one, other = events[last[visit][0]], events[truth.event_id]
            gap = datetime.fromisoformat(other["timestamp"]) - datetime.fromisoformat(one["timestamp"])
            found.append((truth.intent, one["metadata"][TEXT_FIELD], other["metadata"][TEXT_FIELD], gap))
        last[visit] = truth.event_id, truth.is_answered
    return found


def test_simulate_users_say_a_request_again_in_other_words_after_a_bad_answer(whole: Simulation):
    again = attempts(whole, is_answered=False)
    assert len(again) > 250
    letters = [["".join(filter(str.isalnum, text.casefold())) for text in texts] for _, *texts, _ in again]
    assert all(one != other for one, other in letters)
    assert mean_overlap(again) > 0.3


def test_simulate_users_use_a_feature_again_for_good_reasons(whole: Simulation):
    again = attempts(whole, is_answered=True)
    assert len(again) > 400
    assert mean_overlap(again) < 0.2
    by_intent = Counter(intent for intent, *_ in again)
    assert by_intent["translate"] > by_intent["login_trouble"]


def test_simulate_users_come_back_within_a_day_mostly_after_a_bad_answer(whole: Simulation):
    users = {event["event_id"]: event.get("user_id") for event in whole.events}
    times = {event["event_id"]: datetime.fromisoformat(event["timestamp"]) for event in whole.events}
    visits: dict[tuple[str, str], dict[str, list]] = defaultdict(dict)
    for event in whole.truth.events:
        if event.intent and users[event.event_id]:
            visit = visits[users[event.event_id], event.intent].setdefault(event.session, [None, None, True])
            moment = times[event.event_id]
            visit[0], visit[1] = visit[0] or moment, moment
            visit[2] &= event.is_answered
    returned = {True: [], False: []}
    for own in visits.values():
        ordered = sorted(own.values(), key=lambda visit: visit[0])
        for place, (_, last, is_answered) in enumerate(ordered):
            after = ordered[place + 1 : place + 2]
            returned[is_answered].append(bool(after) and after[0][0] - last <= timedelta(hours=24))
    shares = {is_answered: sum(kept) / len(kept) for is_answered, kept in returned.items()}
    assert shares[False] > 0.15
    assert shares[True] < 0.1


def mean_overlap(pairs: list[tuple[str, str, str, timedelta]]) -> float:
    """Return the mean Jaccard similarity of the words of both texts."""
    words = [[set(text.casefold().split()) for text in texts] for _, *texts, _ in pairs]
    return sum(len(one & other) / len(one | other) for one, other in words) / len(words)


def test_simulate_bad_answers_get_bad_ratings_more_often_some_never_rate_and_some_late(whole: Simulation):
    truth = {event.event_id: event for event in whole.truth.events}
    events = {event["event_id"]: event for event in whole.events}
    bad: dict[bool, list[bool]] = defaultdict(list)
    late = []
    for given in whole.feedback:
        bad[truth[given["event_id"]].is_answered].append(given["score"] < 0)
        asked_at = datetime.fromisoformat(events[given["event_id"]]["timestamp"])
        given_at = datetime.fromisoformat(given["timestamp"])
        assert asked_at <= given_at <= NOW
        late.append(given_at - asked_at > timedelta(hours=6))
    assert 0.05 < sum(bad[True]) / len(bad[True]) < 0.15
    assert 0.7 < sum(bad[False]) / len(bad[False]) < 0.9
    assert 0.05 < sum(late) / len(late) < 0.2
    assert 300 < len(whole.feedback) < 900
    raters = {given["user_id"] for given in whole.feedback}
    assert 0.25 < len(raters) / 500 < 0.55
    assert {"comment" in given for given in whole.feedback} == {True, False}


def test_simulate_feedback_is_the_same_at_any_time(whole: Simulation):
    later = simulate(Scenario(), NOW + timedelta(days=3))
    times = {"timestamp": None}
    assert sorted(json.dumps(given | times) for given in later.feedback) == sorted(
        json.dumps(given | times) for given in whole.feedback
    )


def test_simulate_other_seed_gives_other_events():
    ids = [{event["event_id"] for event in simulate(Scenario(users=5, seed=seed), NOW).events} for seed in (1, 2)]
    assert not ids[0] & ids[1]


@pytest.mark.parametrize(
    "scenario", [Scenario(users=1, days=1), Scenario(users=40, days=1), Scenario(users=2, days=365)]
)
def test_simulate_odd_sizes_never_reach_into_the_future(scenario: Scenario):
    simulation = simulate(scenario, NOW)
    assert simulation.events
    assert all(datetime.fromisoformat(event["timestamp"]) <= NOW for event in simulation.events)


def without_times(simulation: Simulation) -> dict[str, str]:
    return {event["event_id"]: json.dumps({**event, "timestamp": None}, sort_keys=True) for event in simulation.events}
