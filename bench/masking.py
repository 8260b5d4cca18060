"""Masking: what it finds and what it leaves, what it does to topics, and what it costs an event.

    python bench/masking.py finds
    python bench/masking.py topics [DATA] --cache FOLDER
    python bench/masking.py cost --rounds 5

`finds` masks made-up data of many countries, and made-up numbers and names that are none, 500 of each. `topics` puts
such data into three in ten messages of two labelled sets and compares the topics of the messages as they were, with the
data, with masks in its place, and with the masks left out, as Turret embeds texts. `cost` sends the same events to one
collector with the keys of two projects, of which one masks.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import string
import tempfile
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import orjson
from collector_throughput import EVENT
from harness.installation import Installation
from sklearn.metrics import adjusted_mutual_info_score
from topics import SETS, Message, embed_set, thin_out

from contracts.masking.kinds import KINDS
from contracts.masking.masker import ALL_KINDS, Masker, without_masks
from contracts.settings import load_settings
from ml.embedding.embedders import MultilingualEmbedder
from ml.messages.courtesy import CourtesyClassifier
from ml.topic_model import fit_topics
from projects import open_projects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.server_process import ServerProcess
    from topics import LabelledSet

N_EACH = 500
N_EVENTS = 500
N_DRAWS = 3
MOST = 0.10
LETTERS = string.ascii_letters + string.digits
INTERNATIONAL = (
    *("+49 1## #######", "+1 2## 555 ####", "+44 20 7### ####", "+33 6 ## ## ## ##", "+81 90-####-####"),
    *("+86 138 #### ####", "+91 98### #####", "+55 11 9####-####", "+234 803 ### ####", "+7 912 ###-##-##"),
    *("+34 6## ## ## ##", "+39 333 #######", "+48 601 ### ###", "+90 (532) ### ## ##", "+61 4## ### ###"),
    *("+4917########", "+12025550###", "+8210########", "+27 82 ### ####", "+52 55 #### ####"),
)
NATIONAL = {
    "as found": (
        *("0171 #######", "(2##) 555-####", "2##-555-####", "020 7### ####", "01 ## ## ## ##", "090-####-####"),
        *(
            "138 #### ####",
            "98### #####",
            "(11) 9####-####",
            "(030) #######",
            "8 (912) ###-##-##",
            "0803 ### ####",
            "04## ### ###",
        ),
        *("0532 ### ## ##", "6## ## ## ##", "0044 20 7### ####", "01.##.##.##.##", "0171/#######"),
    ),
    "without separators": ("0171#######", "202555####", "06########", "138########"),
    "groups like thousands": ("601 ### ###", "333 #######", "12 ## ## ##"),
}
TOKENS = {"sk-proj-": 32, "ghp_": 36, "AKIA": 0, "glpat-": 20, "xoxb-": 24, "hf_": 34, "npm_": 36, "tk_": 43, "": 32}
DOMAINS = ("example.com", "mail.example.co.uk", "müller.example", "correo.example.es", "例子.公司", "почта.example")
NAMES = ("ada.lovelace", "jörg", "o'brien", "maria+shop", "иван", "li_wei88", "x")
CARDS = {"4": 16, "51": 16, "2221": 16, "34": 15, "36": 14, "3528": 16, "62": 16, "6011": 16}
IBANS = {
    "DE": "##################",
    "GB": "WEST##############",
    "FR": "##########AB#######01##",
    "NL": "ABNA##########",
}
IBANS |= {"NO": "###########", "PL": "########################", "MT": "MALT#####ABC############DEF"}
OTHERS: dict[str, Callable[[random.Random], str]] = {
    "order numbers": lambda r: fill(
        r.choice(("112-#######-#######", "ORD-########", "#########", "2026-#########")), r
    ),
    "16 random digits": lambda r: fill("################", r),
    "dates and times": lambda r: (datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=r.randrange(10**9))).strftime(
        r.choice(("%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H.%M", "%d/%m/%y %H %M", "%Y%m%d%H%M%S", "%d-%m-%Y", "%s"))
    ),
    "versions": lambda r: r.choice(("version {}.{}.{}.{}", "Chrome/{}.{}.{}.{}", "v{}.{}.{}", "{}.{}.{}")).format(
        *(r.randrange(120) for _ in range(4))
    ),
    "prices and amounts": lambda r: f"{r.randrange(10 ** r.randrange(2, 10)):,}.{r.randrange(100):02} EUR".replace(
        ",", r.choice((",", " ", "\u00a0", "'", ""))
    ),
    "UUIDs": lambda r: str(UUID(int=r.getrandbits(128), version=4)),
    "hashes": lambda r: r.randbytes(r.choice((16, 20, 32))).hex(),
    "coordinates": lambda r: f"{r.uniform(-90, 90):.{r.randrange(3, 9)}f}, {r.uniform(-180, 180):.6f}",
    "ISBNs": lambda r: fill(r.choice(("978-3-16-######-#", "978 0 306 ##### #", "0-306-#####-#", "978##########")), r),
    "identifiers": lambda r: r.choice(("getUserByIdForAccountV{}Handler", "order_line_item_{}_total_amount")).format(
        r.randrange(100)
    ),
}


def fill(pattern: str, source: random.Random) -> str:
    """Return the pattern with a random digit for each #."""
    return "".join(str(source.randrange(10)) if character == "#" else character for character in pattern)


def emails(source: random.Random) -> str:
    """Return an e-mail address."""
    return f"{source.choice(NAMES)}@{source.choice(DOMAINS)}"


def cards(source: random.Random) -> str:
    """Return the number of a card, with its check digit, in some grouping."""
    start, length = source.choice(list(CARDS.items()))
    digits = start + fill("#" * (length - len(start) - 1), source)
    doubled = (2 * int(digit) - 9 * (int(digit) > 4) for digit in digits[::-2])  # noqa: PLR2004  # 2 * 5 has two digits
    digits += str(-(sum(doubled) + sum(map(int, digits[-2::-2]))) % 10)
    return source.choice(("", " ", "-", "\n")).join(digits[place : place + 4] for place in range(0, length, 4))


def ibans(source: random.Random) -> str:
    """Return an IBAN with its check digits, in some grouping."""
    country, pattern = source.choice(list(IBANS.items()))
    account = fill(pattern, source)
    check = 98 - int("".join(str(int(character, 36)) for character in f"{account}{country}00")) % 97
    iban = f"{country}{check:02}{account}"
    return source.choice(("", " ")).join(iban[place : place + 4] for place in range(0, len(iban), 4))


def ips(source: random.Random) -> str:
    """Return an IP address."""
    if source.random() < 0.5:  # noqa: PLR2004
        return ".".join(str(source.randrange(1, 255)) for _ in range(4))
    return ":".join(f"{source.randrange(1, 65536):x}" for _ in range(8))


def keys(source: random.Random) -> str:
    """Return a key of a known service, or a long random one."""
    start, length = source.choice(list(TOKENS.items()))
    if start == "AKIA":
        return start + "".join(source.choices(string.ascii_uppercase + "234567", k=16))
    return start + "".join(source.choices(LETTERS, k=length))


DATA: dict[str, tuple[str, Callable[[random.Random], str]]] = {
    "e-mail addresses": ("email", emails),
    "telephone numbers, international, 20 formats": ("phone", lambda r: fill(r.choice(INTERNATIONAL), r)),
    **{
        f"telephone numbers, national, {name}": ("phone", lambda r, few=few: fill(r.choice(few), r))
        for name, few in NATIONAL.items()
    },
    "cards of eight networks": ("card", cards),
    "IBANs of seven countries": ("iban", ibans),
    "IP addresses": ("ip", ips),
    "API keys": ("secret", keys),
}


def print_finds() -> None:
    """Print how much data is masked as its kind, and how much of what is none is masked."""
    source, masker = random.Random(0), Masker(ALL_KINDS)  # noqa: S311  # made-up data
    print("| data | masked as its kind |\n| --- | ---: |")
    for name, (kind, make) in DATA.items():
        n_found = sum(masker.text(f"It is {make(source)} here") == f"It is ‹{kind}› here" for _ in range(N_EACH))
        print(f"| {name} | {n_found / N_EACH:.1%} |")
    print("\n| none of these | masked |\n| --- | ---: |")
    for name, make in OTHERS.items():
        n_found = sum("‹" in masker.text(f"It is {make(source)} here") for _ in range(N_EACH))
        print(f"| {name} | {n_found / N_EACH:.1%} |")


def with_data(messages: list[Message], share: float, seed: int) -> Iterator[Message]:
    """Yield the messages, a share of them with made-up data before or behind what they say."""
    source = random.Random(seed)  # noqa: S311  # made-up data
    for message in messages:
        kind, make = DATA[source.choice(list(DATA))]
        place = source.choice(("{said} My {kind} is {data}.", "{data} - {said}", "{said} {data}"))
        said = place.format(said=message.text, kind=kind, data=make(source))
        yield Message(said, message.intent) if source.random() < share else message


def agreement(labelled: LabelledSet, seeds: CourtesyClassifier) -> float:
    """Return the AMI of the topics of messages with their intents; noise and filler count as one group each."""
    model = fit_topics(labelled.corpus, {}, seeds=seeds)
    found = [topic or status for topic, status in zip(model.topic_ids, model.statuses, strict=True)]
    return float(adjusted_mutual_info_score(labelled.intents, [str(found[row]) for row in labelled.row]))


def print_topics(data: Path, cache: Path, share: float) -> None:
    """Print the AMI of two sets, as they are, with data in them, and with that data masked: the mean of three draws."""
    cache.mkdir(parents=True, exist_ok=True)
    embedder = MultilingualEmbedder()
    seeds = CourtesyClassifier(embedder)
    print("| set | messages | as they are | with data | with masks | masked, as embedded |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, n_each in (("banking77, 30 an intent", 30), ("MultiDoGO finance", 60)):
        messages = thin_out(list(SETS[name](data)), n_each)
        masker = Masker(ALL_KINDS)

        def score(few: list[Message], name: str = name) -> float:
            return agreement(embed_set(name, few, embedder, cache), seeds)

        found: list[list[float]] = [[], [], []]
        for seed in range(N_DRAWS):
            dirty = list(with_data(messages, share, seed))
            found[0].append(score(dirty))
            masked = [Message(masker.text(message.text), message.intent) for message in dirty]
            found[1].append(score(masked))
            found[2].append(score([Message(without_masks(message.text), message.intent) for message in masked]))
        words = [f"{statistics.mean(each):.3f} ({min(each):.3f}-{max(each):.3f})" for each in found]
        print(f"| {name} | {len(messages):,} | {score(messages):.3f} | {' | '.join(words)} |", flush=True)


def print_cost(rounds: int, requests: int) -> None:
    """Print the CPU of an event with and without masking, for messages without and with data in them."""
    metadata = EVENT["metadata"]
    with_card = {**metadata, "prompt": f"{metadata['prompt']} My card is 4929 4212 3460 0821, ada@example.com"}
    events = {"without data": EVENT, "with an e-mail address and a card": {**EVENT, "metadata": with_card}}
    print("| route | messages | CPU µs an event | with masking | ratio (range) |\n| --- | --- | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        installation = Installation.create(Path(folder) / "home")
        project_id, masked_key = installation.add_project("masked", None)
        with open_projects(load_settings(home=installation.home.root, database_url="")) as projects:
            projects.set_masked_kinds(project_id, KINDS)
        server = installation.start()
        try:
            server.wait_until_answering()
            for route in ("/track", "/batch"):
                for name, event in events.items():
                    body = orjson.dumps(event if route == "/track" else {"events": [event] * N_EVENTS})
                    n_requests = requests * (N_EVENTS // 10 if route == "/track" else 1)
                    costs: dict[str, list[float]] = {installation.key: [], masked_key: []}
                    for number in range(rounds + 1):
                        for key, found in costs.items():
                            cost = measure(server, route, key, body, n_requests)
                            if number:  # the first round warms up
                                found.append(cost / (1 if route == "/track" else N_EVENTS))
                    print_row(route, name, *costs.values())
        finally:
            server.kill()
    print(f"\nThe goal is a ratio of at most {1 + MOST:g}. Load: {os.getloadavg()[0]:.1f}.")


def measure(server: ServerProcess, route: str, key: str, body: bytes, n_requests: int) -> float:
    """Send a body so many times; return the CPU µs that the server took for each."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    before = server.cpu_s()
    for _ in range(n_requests):
        connection.request("POST", route, body, {"X-API-Key": key, "Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:  # noqa: PLR2004  # OK
            raise SystemExit(f"{route} answered {answer.status}.")
    connection.close()
    return (server.cpu_s() - before) / n_requests * 1e6


def print_row(route: str, name: str, plain: list[float], masked: list[float]) -> None:
    """Print the medians, and the ratio of each round."""
    ratios = [one / other for one, other in zip(masked, plain, strict=True)]
    spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
    costs = f"{statistics.median(plain):.1f} | {statistics.median(masked):.1f}"
    print(f"| {route} | {name} | {costs} | {spread} |", flush=True)


def main() -> None:
    """Print the tables of the chosen part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("finds", "topics", "cost"))
    default = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    parser.add_argument("data", type=Path, nargs="?", default=default, help="folder of the labelled sets")
    parser.add_argument("--cache", type=Path, help="folder that keeps vectors from run to run")
    parser.add_argument("--share", type=float, default=0.3, help="share of messages that get data")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=40, help="batches a round")
    chosen = parser.parse_args()
    if chosen.part == "finds":
        print_finds()
    elif chosen.part == "topics":
        with tempfile.TemporaryDirectory() as folder:
            print_topics(chosen.data, chosen.cache or Path(folder), chosen.share)
    else:
        print_cost(chosen.rounds, chosen.requests)


if __name__ == "__main__":
    main()
