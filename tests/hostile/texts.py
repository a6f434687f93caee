"""Hostile strings, as a shell, a file or a server could supply them."""

from __future__ import annotations

from hypothesis import strategies as st

ESCAPES = [
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x9b2J",
    "a\rb",
    "\x7f",
    "\x08\x08",
    "\u202egnp.exe",
    "a\u2028b",
    "\u2066x\u2069",
]
PLAIN = [
    "",
    " ",
    "\t",
    "\n",
    "-",
    "--",
    "=",
    "=x",
    "a=b",
    "a+=b",
    "a-=",
    "bases=",
    "password=",
    "volatile+=x",
    "/",
    "//",
    ".",
    "..",
    "../..",
    "a/b",
    "a/b/c",
    "/a/",
    "@",
    "@file",
    "%",
    "%2e%2e",
    "%zz",
    "%(x)s",
    "${HOME}",
    "~",
    "~nobody",
    "*",
    "[",
    "[[",
    "(",
    "{}",
    "{0}",
    "\\",
    "'",
    '"',
    "#",
    "?",
    "&",
    ";",
    ":",
    "0",
    "-1",
    "1e999",
    "nan",
    "inf",
    "True",
    "٣",  # a digit, and none of ASCII's
    "ß",
    "İ",
    "🐍",
    "e\u0301",
    "\ufeff",
    "\udc80",  # a byte that is no UTF-8
    "\udcff/\udc80",
    "x" * 300,
    "y/" * 300,
    "z" * 20_000,
]
REQUIREMENTS = [
    "demo",
    "demo==1.0",
    "demo>=1,<2",
    "demo==*",
    "demo===\udc80",
    "demo==1.0.*",
    "demo>=1.*",
    "demo~=1",
    "demo-1.0",
    "demo[extra]==1.0",
    "demo==1.0; python_version>'3'",
    "demo @ http://127.0.0.1:1/x.whl",
    "demo==99999999999999999999!1",
    "demo==" + "9" * 5000,
    "demo==1+a.b-c",
    "Demo._-x==1",
    "d" * 5000,
    "demo" + "==1," * 1000,
    "demo==1.0\n",
    "(demo)",
    "demo (==1.0)",
]
URLS = [
    "http://",
    "http:///a",
    "https://:3141/",
    "http://[",
    "http://[::1",
    "http://[::1]:x/",
    "http://[v1.a]/",
    "http://127.0.0.1:99999/",
    "http://127.0.0.1:-1/",
    "http://127.0.0.1:0/",
    "http://127.0.0.1:٣/",
    "http://user@127.0.0.1:1/",
    "http://user:pa/ss@127.0.0.1:1/a/b",
    "http://user:p@ss:w@127.0.0.1:1/a/b",
    "http://a b/",
    "http://a\tb/",
    "http://a\\b/",
    "http://" + "a" * 64 + ".example/",
    "http://" + "a." * 200 + "example/",
    "http://xn--/",
    "http://xn--zz--/",
    "http://ß.example/",
    "http://\u3002/",
    "http://\udc80/",
    "http://\x1b[31m/",
    "http://-/",
    "http://_/a/b",
    "http://host/%00/%2e%2e",
    "http://host/\udc80",
    "http://host/?a#b",
    "http://host#/a/b",
    "http:host",
    "HTTP://host/a/b",
    "ftp://host/",
    "file:///etc/passwd",
    "javascript://x",
    "://",
    "a://b://c",
    "http://0/",
    "http://0x7f.1/",
    "http://127.1/",
    "http://1.2.3.4.5/",
    "http://%31/",
    "https://127.0.0.1:1/" + "a/" * 2000,
    "http://host/" + "x" * 70_000,
]


def as_a_shell_can(text: str) -> str:
    """Leave out what no argument and no variable can hold: NUL, and halves of characters that are no bytes."""
    return "".join(
        sign for sign in text if sign != "\0" and not 0xD800 <= ord(sign) < 0xDC80 and not 0xDCFF < ord(sign) < 0xE000
    )


# One alphabet for all of a text is drawn at once, which is ten times quicker than a choice for every sign of it.
free = st.one_of(
    st.text(st.characters(exclude_characters="\0"), max_size=12),
    st.text("=/:@[]%+-. \t\x1b\x9b\udc80\udcffab1", max_size=12),
)
hosts = st.one_of(
    st.sampled_from(["127.0.0.1:1", "localhost:1", "user:secret@127.0.0.1:1"]),
    st.text("ab.-_:@[]%0129\u3002ß\udc80 /?#", max_size=12),
)
urls = st.one_of(
    st.sampled_from(URLS),
    st.builds(
        "{}://{}{}".format, st.sampled_from(["http", "https", "ftp", "Http"]), hosts, st.one_of(free, st.just("/a/b"))
    ),
).map(as_a_shell_can)
requirements = st.one_of(
    st.sampled_from(REQUIREMENTS),
    st.text("demo=<>!~,;@[]()*.-_1+ '\"\\#\udc80\x1b", max_size=14),
)
KEYS = ["bases", "volatile", "acl_upload", "type", "title", "mirror_whitelist", "custom_data", "email", "password", ""]
OPERATORS = ["=", "+=", "-=", "==", "+-=", "=+", ""]
key_values = st.one_of(
    free,
    st.builds(
        "{}{}{}".format, st.sampled_from(KEYS), st.sampled_from(OPERATORS), st.one_of(free, st.sampled_from(PLAIN))
    ),
)
anything = st.one_of(st.sampled_from(PLAIN + ESCAPES), free, urls, requirements, key_values).map(as_a_shell_can)
