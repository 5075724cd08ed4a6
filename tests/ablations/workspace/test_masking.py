"""What looks like a secret is masked, what does not is left, and masking twice changes nothing.

The secrets are put together here, so that no scanner of secrets takes this file for a leak.
"""

import pytest

from ablations.workspace.masking import masked

LETTERS = "Ab3dEfGh1jKlMn0pQr5tUvWx"
KEY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"
BEGIN, END = "-----BEGIN RSA PRIVATE " + "KEY-----", "-----END RSA PRIVATE " + "KEY-----"

ANYWHERE = (  # text, the secret in it
    (f"aws = AKIA{'Q' * 16}", "AKIA" + "Q" * 16),
    (f"see ghp_{LETTERS}.", "ghp_" + LETTERS),
    (f"x = github_pat_{LETTERS}_{LETTERS}", LETTERS),
    (f"xoxb-12345-{LETTERS}", LETTERS),
    (f"xoxp-12345-{LETTERS}", LETTERS),
    (f"login('hf_{LETTERS}')", "hf_" + LETTERS),
    (f"client('sk-{LETTERS}')", LETTERS),
    (f"client('sk-ant-api03-{LETTERS}-{LETTERS}')", LETTERS),
    ("postgresql://me:hunter2@host:5432/db", "hunter2"),
    ("postgresql+psycopg://me:hun/ter@2@host/db", "hun/ter"),
    ("https://:hunter2@host", "hunter2"),
    (f"git clone https://{LETTERS}@host/repository", LETTERS),
    ('password = "hunter2"', "hunter2"),
    ("password = 'it\\'s hunter2'", "hunter2"),
    ('DB_PASSWORD: str = "hunter2"', "hunter2"),
    ('{"api_key": "hunter2", "user": "me"}', "hunter2"),
    ('{\\"api_key\\": \\"hunter2\\"}', "hunter2"),
    ('os.environ["API_TOKEN"] = "hunter2"', "hunter2"),
    ('os.environ.setdefault("SECRET_KEY", "hunter2")', "hunter2"),
    ("connect(password='hunter2', user='me')", "hunter2"),
    ("aws_secret_access_key => 'hunter2'", "hunter2"),
    ('const apiKey = "hunter2";', "hunter2"),
    ("# the password: hunter2", "hunter2"),
    ("token = hunter2", "hunter2"),
    (f"Authorization: Bearer {LETTERS}", LETTERS),
    ("run --password hunter2 --seeds 3", "hunter2"),
    ("machine host login me password hunter2", "hunter2"),
    ("+  password hunter2", "hunter2"),
    (f'"private_key": "{BEGIN}\\n{KEY}\\n{END}\\n"', KEY),
)
IN_SETTINGS = (  # without quotes
    ("password = correct horse battery staple", "battery staple"),
    ("+export DB_PASSWORD=given", "given"),
    ("-password: given", "given"),
    ("- token: given", "given"),
    ("env API_KEY=given command", "given"),
    ("url?user=me&token=given&x=1", "given"),
)
HARMLESS = (
    "tokens = tokenizer(text)",
    "password = getpass.getpass()",
    "password: str | None = None",
    'password = os.environ["DB_PASSWORD"]',
    "connect(password=password, token=self.token)",
    'url = f"postgresql://me:{password}@host/db"',
    'password = f"{drawn}"',
    "POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?set it in .env}",
    "http://127.0.0.1:5000/x?mail=a@b",
    "hf_hub_download(repo)",
    "sk-learn-contributions-page",
    "sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "torch==2.9.0",
    "def f(x: int, seed: int = 3) -> str:",
    "    pass",
    "",
)


@pytest.mark.parametrize("code", [False, True])
@pytest.mark.parametrize(("text", "secret"), ANYWHERE)
def test_a_secret(text: str, secret: str, code: bool) -> None:
    hidden, count = masked(text, code=code)
    assert secret in text
    if code and text == "token = hunter2":
        assert "hunter2" not in hidden  # a name may look so too
    assert secret not in hidden
    assert "***" in hidden
    assert count == 1
    assert masked(hidden, code=code) == (hidden, 0)


@pytest.mark.parametrize(("text", "secret"), IN_SETTINGS)
def test_words_without_quotes_are_secrets_in_settings_and_names_in_code(text: str, secret: str) -> None:
    hidden, count = masked(text)
    assert secret not in hidden
    assert count == 1
    assert masked(hidden) == (hidden, 0)
    if text.count(" ") < 2:
        assert masked(text, code=True) == (text, 0)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret(text: str) -> None:
    assert masked(text, code=True) == (text, 0)


def test_the_rest_of_a_line_stays() -> None:
    assert masked('{"password": "a", "user": "me"}, x') == ('{"password": "***", "user": "me"}, x', 1)
    assert masked("a://u:p@h and b://v:q@i") == ("a://u:***@h and b://v:***@i", 2)


@pytest.mark.parametrize("prefix", ["", "+", "-", " "])
def test_a_private_key(prefix: str) -> None:
    body = [KEY, KEY[::-1], "short=="]
    whole = [f"{prefix}{line}" for line in ("before", BEGIN, *body, END, "after")]
    hidden, count = masked("\n".join(whole))
    expected = [whole[0], whole[1], *[f"{prefix}***"] * 3, whole[-2], whole[-1]]
    assert (hidden.split("\n"), count) == (expected, 1)
    assert masked(hidden) == (hidden, 0)
    for cut in (whole[3:], whole[:4], whole[3:5]):  # what a hunk shows of it
        hidden, count = masked("\n".join(cut))
        assert not any(line in hidden for line in body[:2])
        assert count >= 1
        assert masked(hidden) == (hidden, 0)


def test_code_about_private_keys_stays() -> None:
    text = f'if text.startswith("{BEGIN}"):\n    raise ValueError("a private key: see docs/keys.md")\nx = 1'
    assert masked(text, code=True) == (text, 0)


def test_long_lines_take_no_time() -> None:
    assert masked("token" * 100_000)[1] == 0
    assert masked("a" * 500_000 + "://")[1] == 0
