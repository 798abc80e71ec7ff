from tools.keys_doc import TARGET, document


def test_the_keys_document_is_what_the_key_module_says() -> None:
    assert TARGET.read_text("utf-8") == document(), "run: python -m tools.keys_doc"
