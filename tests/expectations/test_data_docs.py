"""The pages about what the gates found, read in a real browser that has no network."""

from __future__ import annotations

import os
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from contracts.gate_reports import GateReport, ReportError, read_report, save_report
from expectations.data_docs import build_pages, save_results
from expectations.errors import NothingCheckedError
from expectations.gate import run_gate
from expectations.library import gxe
from expectations.rule import Batch, blocks, equal, no_fault, warns


@pytest.fixture(scope="module")
def judgement():
    frame = pd.DataFrame(
        {
            "project_id": ["prj_a", "prj_b"],
            "lost": [0, 3],
            "lost_keys": [[], ["k1", "k2\x1b[31m"]],
            "share": [0.2, 0.9],
            "left": [1, 2],
            "right": [1, 3],
        }
    )
    rules = [
        no_fault("lost", "an event was lost"),
        equal("left", "right", "the sides differ"),
        blocks("share_known", "a share is unknown", gxe.ExpectColumnValuesToNotBeNull, column="share"),
        warns(
            "share",
            "a share is high",
            "{project_id}: {share:.0%} is much.",
            "high_share",
            gxe.ExpectColumnValuesToBeBetween,
            column="share",
            max_value=0.5,
        ),
    ]
    return run_gate("raw", [Batch("events", frame, rules)])


class Fetched(HTMLParser):
    """Addresses that a browser would fetch for a page."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.found: list[str] = []
        self.links: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        if tag in {"script", "img", "link", "iframe"}:
            self.found.append(named.get("src") or named.get("href") or "")
        elif tag == "a":
            self.links.append(named.get("href") or "")


def test_pages_fetch_nothing_from_elsewhere_and_their_links_lead_somewhere(tmp_path, judgement):
    save_results(tmp_path / "checks", judgement, "run-1")
    index = build_pages(tmp_path / "checks", tmp_path / "data_docs")
    pages = list((tmp_path / "data_docs").rglob("*.html"))
    assert len(pages) == 3  # the first page, the suite and its result
    for page in pages:
        contents = Fetched(page)
        assert [Path(address).name for address in contents.found] == ["data_docs.css"]
        assert all(Path(os.path.normpath(page.parent / address)).exists() for address in contents.found)
        local = [link for link in contents.links if link and not link.startswith(("#", "http"))]
        assert all(Path(os.path.normpath(page.parent / link)).exists() for link in local), page
    assert "fa-times" in index.read_text(encoding="utf-8")


def test_pages_built_again_replace_the_old_ones(tmp_path, judgement):
    for run_id in ("run-1", "run-2"):
        save_results(tmp_path / "checks", judgement, run_id)
        build_pages(tmp_path / "checks", tmp_path / "data_docs")
    assert len(list((tmp_path / "data_docs" / "validations").rglob("*.html"))) == 1
    assert not (tmp_path / "data_docs.draft").exists()


def test_pages_before_the_first_judgement_are_refused_with_a_sentence(tmp_path):
    with pytest.raises(NothingCheckedError, match="run `turret run` first"):
        build_pages(tmp_path / "checks", tmp_path / "data_docs")


def test_findings_tell_counts_keys_and_sentences_and_nothing_that_steers_a_terminal(judgement):
    lost, sides, known, share = judgement.report.findings
    assert (lost.n_failing, lost.check, lost.is_warning) == (3, "raw_gate", False)
    assert lost.failing_keys == ("prj_b k1", "prj_b k2�[31m")
    assert sides.summary == "prj_b: the sides differ (left 2, right 3)."
    assert known.passed
    assert (share.check, share.is_warning, share.summary) == ("high_share", True, "prj_b: 90% is much.")
    assert judgement.report.blocking == (lost, sides)
    assert judgement.report.warnings == (share,)


def test_a_kept_report_reads_back_as_it_was(tmp_path, judgement):
    assert read_report(tmp_path, "raw") is None
    save_report(tmp_path, judgement.report, "run-1")
    assert read_report(tmp_path, "raw") == judgement.report


def test_a_report_that_something_else_wrote_is_refused_with_a_sentence(tmp_path):
    (tmp_path / "raw.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ReportError, match="is no report of a gate"):
        read_report(tmp_path, "raw")


def test_a_summary_of_many_names_three_and_counts_the_others(judgement):
    share = judgement.report.findings[-1]
    many = type(share)(**{**share.__dict__, "sentences": ("A.", "B.", "C.", "D.", "E.")})
    assert many.summary == "A. B. C. And 2 more like it."
    noisy = tuple(f"prj_0000000000000001: {word}." for word in "abcd")
    both = replace(many, sentences=(*noisy, "prj_0000000000000002: undefined."))
    assert both.summary.endswith("1: c. prj_0000000000000002: undefined. And 1 more like it.")
    assert GateReport("raw", (many,)).of_check("high_share") == (many,)
