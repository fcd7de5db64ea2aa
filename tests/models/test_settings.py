"""Settings are read once, and a bad one stops the start by its name."""

import pytest

from models.settings import Settings, SettingsError, from_environment, parse_bytes


def test_defaults_serve_locally_without_a_share_link():
    settings = from_environment({})
    assert (settings.host, settings.port, settings.share, settings.device) == (
        "127.0.0.1", 7860, False, "auto",
    )  # fmt: skip


def test_variables_set_their_fields():
    settings = from_environment(
        {"MODELDECK_PORT": "8000", "MODELDECK_OFFLINE": "yes", "MODELDECK_MEMORY": "2GiB"}
    )
    assert (settings.port, settings.offline, settings.memory_bytes) == (8000, True, 2 * 2**30)


def test_the_hubs_own_offline_variable_is_honoured():
    assert from_environment({"HF_HUB_OFFLINE": "1"}).offline


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"MODELDECK_PROT": "1"}, r"MODELDECK_PROT is no setting; did you mean MODELDECK_PORT\?"),
        ({"MODEL_DECK_PORT": "1"}, r"MODEL_DECK_PORT is no .*did you mean MODELDECK_PORT\?"),
        ({"MODELDECK_X": "1"}, r"MODELDECK_X is no setting\."),
        ({"MODELDECK_PORT": "many"}, "MODELDECK_PORT"),
        ({"MODELDECK_SHARE": "perhaps"}, "MODELDECK_SHARE"),
        ({"MODELDECK_PORT": "0"}, "port"),
        ({"MODELDECK_DEVICE": "tpu"}, "device"),
        ({"MODELDECK_MEMORY": "lots"}, "memory"),
        ({"MODELDECK_AUTH": "onlyname"}, "auth"),
        ({"MODELDECK_SHARE": "1"}, "--auth"),
        ({"MODELDECK_MODELS": "poetry=."}, "poetry"),
        ({"MODELDECK_MODELS": "ner=/no/such/folder"}, "/no/such/folder"),
        ({"MODELDECK_MODELS": "ner="}, "write ner=folder"),
        ({"MODELDECK_MODELS": "ner=docs"}, "'docs' holds no model for ner: it has no config.json"),
        ({"MODELDECK_MODELS": "tokenizer=docs"}, "it has no tokenizer"),
        ({"MODELDECK_MEMORY": "6"}, "memory: '6' is 6 bytes; write a unit"),
        ({"MODELDECK_UPLOAD": "50"}, "upload: '50' is 50 bytes"),
        ({"MODELDECK_QUEUE_SIZE": "0"}, "queue_size: 0 is below 1"),
        ({"MODELDECK_LOCK": "/no/such/models.lock"}, "lock: there is no folder '/no/such'"),
        ({"MODELDECK_LOCK": "docs"}, "lock: .*docs' is a folder; name a file in it"),
        ({"MODELDECK_CACHE": "README.md/cache"}, "cache: .*README.md' is a file; name a folder"),
    ],
)
def test_a_bad_setting_stops_the_start_by_its_name(environ, named):
    with pytest.raises(SettingsError, match=named):
        from_environment(environ)


@pytest.mark.parametrize(
    ("text", "size"),
    [("6GB", 6 * 10**9), ("512MiB", 512 * 2**20), ("1.5g", 1_500_000_000), ("42", 42)],
)
def test_sizes_are_read_with_decimal_and_binary_units(text, size):
    assert parse_bytes("memory", text) == size


def test_a_variable_of_another_program_is_not_ours():
    assert from_environment({"MODEL_PORT": "x", "DECK_PORT": "x"}) == Settings()


def test_services_in_kubernetes_set_nothing_and_stop_nothing():
    told = {
        "MODELDECK_SERVICE_HOST": "10.0.171.239",
        "MODELDECK_SERVICE_PORT": "80",
        "MODELDECK_SERVICE_PORT_HTTP": "80",
        "MODELDECK_PORT": "tcp://10.0.171.239:80",
        "MODELDECK_PORT_80_TCP": "tcp://10.0.171.239:80",
        "MODELDECK_PORT_80_TCP_PROTO": "tcp",
        "MODELDECK_PORT_80_TCP_PORT": "80",
        "MODELDECK_PORT_80_TCP_ADDR": "10.0.171.239",
        "MODELDECK_CACHE_SERVICE_HOST": "10.0.171.240",
        "MODELDECK_CACHE_PORT": "tcp://10.0.171.240:6379",
        "MODELDECK_CACHE_PORT_6379_TCP_ADDR": "10.0.171.240",
        "MODEL_DECK_PORT": "tcp://10.0.171.241:80",
    }
    assert from_environment(told) == Settings()
    assert from_environment({**told, "MODELDECK_PORT": "8000"}).port == 8000
    with pytest.raises(SettingsError, match="MODELDECK_PORT_80 is no setting"):
        from_environment({"MODELDECK_PORT_80": "x"})


def test_auth_pairs_may_hold_colons_in_the_password():
    assert Settings(auth="ada:x:y,bob:z").auth_pairs == [("ada", "x:y"), ("bob", "z")]
