#!/usr/bin/env bash
# Words that vanish from a transcript, and words that nobody said: pysubs2 on plain SRT and WebVTT.
#
# Version: pysubs2 1.8.1.
# Expected: SRT has no markup with braces and a tag that is none ("<Ada>") is text, so an SRT file that is read and
#   written again has the same words. A WebVTT comment (NOTE) is not speech, and its `<v …>` names the speaker.
# Seen: reading SRT and writing it as SRT or WebVTT drops what stands in braces or angle brackets, here a key to press
#   and a speaker's name. Reading WebVTT appends the comment to the cue before it and knows no speaker; `&amp;` stays
#   as it is. Nothing is reported.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pysubs2==1.8.1 2>/dev/null
"$folder/venv/bin/python" - <<'PYTHON' | tee "$folder/seen"
from pysubs2 import SSAFile

SRT = """1
00:00:01,000 --> 00:00:02,000
Press {enter} to pay
<Ada> Which key?

"""
VTT = """WEBVTT

00:01.000 --> 00:02.000
<v Ada>Terms &amp; prices?

NOTE recognised with low confidence

00:03.000 --> 00:04.000
<v Bob>On our page.
"""
print("SRT:", *SSAFile.from_string(SRT).to_string("srt").splitlines()[2:4], sep=" | ")
for event in SSAFile.from_string(VTT, "vtt"):
    print(f"WebVTT, speaker {event.name!r}:", *event.plaintext.splitlines(), sep=" | ")
PYTHON
diff "$folder/seen" - <<'SEEN'
SRT: | Press  to pay |  Which key?
WebVTT, speaker '': | Terms &amp; prices? |  | NOTE recognised with low confidence
WebVTT, speaker '': | On our page.
SEEN
