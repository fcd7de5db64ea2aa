"""Bytes of text files as text: what is read, what is told of it, and what is refused."""

from __future__ import annotations

import pytest

from models.errors import InputError
from models.text_encodings import file_text

TAIWAN = "編號,評論\n1,這家餐廳的服務很好，下次還會再來。\n2,東西太貴了，不推薦。\n"
CHINA = "编号,评论\n1,这家餐厅的服务很好，下次还会再来。\n2,东西太贵了，不推荐。\n"
JAPAN = "番号,感想\n1,この店のサービスはとても良かったです。\n2,高すぎるのでおすすめしません。\n"
SUBTITLES = (
    "1\n00:00:01,000 --> 00:00:02,500\n你好，世界\n\n2\n00:00:03,000 --> 00:00:04,500\n我們走吧。\n"
)


@pytest.mark.parametrize(
    ("text", "codec", "encoding"),
    [
        (TAIWAN, "big5", "Big5"),
        (SUBTITLES, "cp950", "Big5"),
        ("姓名,評分\n王小明,5\n陳美麗,3\n", "big5", "Big5"),
        (CHINA, "gbk", "GB18030"),
        ("你好", "gb18030", "GB18030"),
        (JAPAN, "shift_jis", "Shift-JIS"),
        (JAPAN, "euc_jp", "EUC-JP"),
        (JAPAN, "iso2022_jp", "ISO-2022-JP"),
        ("오늘은 날씨가 좋으니 공원에 갑시다.", "cp949", "EUC-KR"),
        ("วันนี้อากาศดี ไปสวนสาธารณะกันเถอะ", "cp874", "Windows-874"),
        ("Сегодня хорошая погода, пойдём в парк.", "cp1251", "Windows-1251"),
        ("Сегодня хорошая погода, пойдём в парк.", "koi8_r", "KOI8-U"),
        ("Zażółć gęślą jaźń. Jedzenie było bardzo dobre.", "cp1250", "Windows-1250"),
        ("Le café était déjà fermé, et l'hôtel à côté aussi.\n", "cp1252", "Windows-1252"),
        ("Perché no? È già finito, così.", "cp1252", "Windows-1252"),
        ("“so”, 5 €", "cp1252", "Windows-1252"),
        (TAIWAN, "utf-16", "UTF-16"),
        ("今天 a\n好", "utf_16_le", "UTF-16-LE"),
        ("Hello\nthere", "utf_16_be", "UTF-16-BE"),
        ("Hi", "utf-32", "UTF-32"),
    ],
)
def test_a_text_is_read_in_its_encoding_and_that_is_told(text, codec, encoding):
    found = file_text(text.encode(codec), "a.csv")
    assert found.text == text
    assert found.encoding == encoding
    assert found.told.startswith(f"Read as {encoding}.")
    assert ("save the file as UTF-8" in found.told) == (not encoding.startswith("UTF"))


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig"])
def test_of_utf_8_nothing_is_told(codec):
    found = file_text(TAIWAN.encode(codec), "a.csv")
    assert (found.text, found.told) == (TAIWAN, "")


def test_letters_far_into_a_long_file_count_too():
    text = "1,a line in English\n" * 20_000 + TAIWAN
    assert file_text(text.encode("big5"), "a.txt").text == text


def test_an_escape_that_shifts_nothing_is_no_encoding():
    assert file_text(b"price \x1b$ 5", "a.txt").text == "price \x1b$ 5"


def test_a_name_in_latin_letters_inside_of_russian_does_not_change_the_encoding():
    text = "Купил iPhone, а USBкабель сломался через день."
    assert file_text(text.encode("cp1251"), "a.txt").text == text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("名前,点数\n田中太郎,5\n".encode("euc_jp"), "its encoding can't be told: it may be GB18030 or"),
        ("Příliš žluťoučký kůň.".encode("iso8859_2"), "it may be Windows-1250 or ISO-8859-2"),
        ("今天 abc".encode() + b"\xff", "a.txt is UTF-8 text and damaged: byte 11 fits nothing"),
        (b"\xff\xfea", "a.txt is UTF-16 text and damaged: byte 3"),
        (b"a\0b", "a.txt is no text"),
        (b"PK\x03\x04 a workbook", "a.txt is no text"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a.txt is no text"),
        (b"\xff\xd8\xff\xe0", "a.txt is no text"),
    ],
    ids=["several", "siblings", "utf-8", "utf-16", "zero", "zip", "png", "jpeg"],
)  # fmt: skip
def test_what_can_t_be_told_or_is_no_text_is_refused_with_what_to_do(content, message):
    with pytest.raises(InputError, match=message) as refused:
        file_text(content, "a.txt")
    assert "UTF-8" in refused.value.hint
