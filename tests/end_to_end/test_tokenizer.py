"""The tokenizer's endpoints beside ``/tokenizer``: decode, chat, compare."""

from __future__ import annotations

import pytest
from gradio_client.exceptions import AppError

from tests.conftest import client_of

pytestmark = pytest.mark.starter
HELLO = [{"role": "user", "content": "Hello"}]


@pytest.fixture(scope="module")
def client(address):
    return client_of(address)


def test_ids_become_text_and_wrong_ones_are_named(client):
    assert client.predict([9707, 1879], api_name="/tokenizer_decode")["text"] == "Hello world"
    with pytest.raises(AppError, match="999999999, -3"):
        client.predict([1, 999999999, -3], api_name="/tokenizer_decode")


def test_a_chat_is_rendered_and_cut(client):
    found = client.predict(HELLO, api_name="/tokenizer_chat")
    assert found["text"].endswith("<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n")
    assert found["special"].count(True) >= 3
    assert found["counts"]["tokens"] == len(found["ids"])


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"template": "{{ ''.__class__ }}"}, "may not have: __class__"),
        ({"template": "{% for i in range(10**8) %}{% endfor %}"}, "too much"),
        ({"tools": [{"name": "f"}]}, "takes no tools"),
        ({"model": "starter/starcoder2-tokenizer"}, "no chat template"),
    ],
    ids=["attribute", "loop", "tools", "none"],
)
def test_a_chat_that_can_not_be_rendered_is_a_clear_error(client, named, message):
    with pytest.raises(AppError, match=message):
        client.predict(HELLO, api_name="/tokenizer_chat", **named)


def test_tokenizers_are_compared_on_a_text_alone(client):
    found = client.predict("Hello world", api_name="/tokenizer_compare")
    assert len(found["tokenizers"]) == 3
    assert min(row["relative_cost"] for row in found["tokenizers"]) == 1
    assert len(found["sentences"]) == 10
    with pytest.raises(AppError, match="2 to 4"):
        client.predict("a", ["starter/qwen2-tokenizer"], api_name="/tokenizer_compare")
