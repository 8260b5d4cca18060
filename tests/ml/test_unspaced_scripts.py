"""Names of topics in scripts that are written without spaces: whole words of the language, told apart and well cut."""

# ruff: noqa: RUF001  # Chinese and Japanese are written with marks of their own.

from __future__ import annotations

import numpy as np
import pytest

from ml.keyphrases import KeyphraseLabeller
from ml.labels import TopicTexts
from ml.phrases import clauses_of, join_words

CHINESE = {
    "密码": [
        "如何重置我的密码",
        "我忘记了密码怎么办",
        "请帮我重置密码",
        "密码忘了，怎么找回密码？",
        "我想修改登录密码",
    ],
    "天气": ["明天天气怎么样", "北京今天会下雨吗", "周末天气预报", "这周天气热不热", "请告诉我上海的天气"],
    "快递": ["我的快递什么时候到", "查询快递物流状态", "快递还没有收到", "快递显示已签收但我没收到", "怎么查快递单号"],
}
JAPANESE = {
    "パスワード": [
        "パスワードを忘れました",
        "パスワードをリセットしたい",
        "パスワードの再設定方法を教えてください",
        "ログインパスワードを変更したいです",
        "パスワードが分からない",
    ],
    "天気": ["明日の天気を教えて", "週末の天気予報は？", "東京の天気はどうですか", "天気が知りたい", "大阪の天気"],
    "注文": ["注文をキャンセルしたい", "注文の取り消し方法", "昨日の注文をキャンセルできますか", "注文を変更したい"],
}
THAI = {
    "รหัสผ่าน": ["ฉันลืมรหัสผ่าน", "รีเซ็ตรหัสผ่านอย่างไร", "เปลี่ยนรหัสผ่านได้ที่ไหน", "รหัสผ่านไม่ถูกต้อง", "ขอรหัสผ่านใหม่"],
    "อากาศ": ["พรุ่งนี้อากาศเป็นอย่างไร", "สภาพอากาศวันนี้", "พยากรณ์อากาศสุดสัปดาห์", "อากาศที่กรุงเทพร้อนไหม"],
    "คำสั่งซื้อ": ["ยกเลิกคำสั่งซื้อ", "คำสั่งซื้อของฉันอยู่ที่ไหน", "ตรวจสอบสถานะคำสั่งซื้อ", "เปลี่ยนคำสั่งซื้อได้ไหม", "คำสั่งซื้อยังไม่มา"],
}


def name(topics):
    shown = [
        TopicTexts(
            topic_id=str(place),
            texts=texts,
            all_texts=texts,
            n_messages=[1] * len(texts),
            centre=np.zeros(4, dtype=np.float32),
        )
        for place, texts in enumerate(topics.values())
    ]
    return [label.label for label in KeyphraseLabeller().label(shown)]


@pytest.mark.parametrize("topics", [CHINESE, JAPANESE, THAI], ids=["Chinese", "Japanese", "Thai"])
def test_label_texts_without_spaces_holds_the_word_they_share(topics):
    labels = name(topics)
    assert len(set(labels)) == len(topics)
    for word, label in zip(topics, labels, strict=True):
        assert word in label


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("รหัสผ่าน", ["ร", "หั", "ส", "ผ่า", "น"]),
        ("เปลี่ยนชื่อ", ["เป", "ลี่", "ย", "น", "ชื่", "อ"]),
        ("ລະຫັດ", ["ລະ", "ຫັ", "ດ"]),
        ("ពាក្យសម្ងាត់", ["ពា", "ក្យ", "ស", "ម្ងា", "ត់"]),
        ("စကားဝှက်", ["စ", "ကား", "ဝှ", "က်"]),
        ("我的密码", ["我", "的", "密", "码"]),
        ("AWSのリージョン", ["AWS", "の", "リージョン"]),
    ],
)
def test_clauses_of_unspaced_text_never_part_a_sign_from_its_vowels_and_tones(text, words):
    assert list(clauses_of(text)) == [words]
    assert join_words(words).replace(" ", "") == text
