"""Gives schemathesis an account, and keeps cases from it that are invalid for reasons that JSON Schema cannot express."""
import datetime
import os
import re
import uuid

import httpx
import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core import NOT_SET

URL = os.environ["AGORA_URL"]
PASSWORD = "a long enough password"
# These end the session or the account that calls them, so each call gets an account of its own.
ENDING = {("DELETE", "/users/me"), ("POST", "/logout"), ("DELETE", "/sessions"), ("PUT", "/users/me/password")}
BODYLESS = {"GET", "HEAD", "DELETE", "OPTIONS"}

schemathesis.openapi.format("email", st.from_regex(r"[a-z0-9]{1,20}@[a-z]{1,20}\.test", fullmatch=True))


def log_in(email):
    answer = httpx.post(f"{URL}/login", data={"username": email, "password": PASSWORD}, timeout=30)
    return answer.raise_for_status().json()["access_token"]


def register():
    email = f"{uuid.uuid4()}@example.test"
    httpx.post(f"{URL}/users", json={"email": email, "password": PASSWORD}, timeout=30).raise_for_status()
    return email


# check-tools.sh makes it an admin, who may call everything.
shared = log_in(os.environ.get("AGORA_ACCOUNT") or register())


@schemathesis.auth(refresh_interval=None)
class Token:
    def get(self, case, ctx):
        ends = (case.method.upper(), case.operation.path) in ENDING
        return log_in(register()) if ends else shared

    def set(self, case, data, ctx):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"


def measure(value, depth=0):
    """How many values a body has, and how deep they are nested."""
    parts = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    measures = [measure(part, depth + 1) for part in parts] or [(1, depth)]
    return sum(count for count, _ in measures), max(deep for _, deep in measures)


def is_future(value):
    try:
        return datetime.datetime.fromisoformat(value.replace("Z", "+00:00")) > datetime.datetime.now(datetime.timezone.utc)
    except (AttributeError, TypeError, ValueError):
        return False


def is_expressible(body):
    if not isinstance(body, dict):
        return True
    count, depth = measure(body)
    if count > 50 or depth > 5:
        return False
    text = {name: value for name, value in body.items() if isinstance(value, str)}
    for name in ("password", "new_password"):
        # Measured in bytes.
        if name in text and not 8 <= len(text[name].encode("utf-8", "replace")) <= 72:
            return False
        # The most common ones are refused.
        if name in text and text[name].isascii() and text[name].isalnum():
            return False
    if re.fullmatch(r"user_[0-9]+", text.get("name", ""), re.IGNORECASE):
        return False
    if "until" in body and not is_future(body["until"]):
        return False
    # There must be something to see.
    return all(text[name].isprintable() and text[name].strip() for name in ("title", "content") if name in text)


@schemathesis.hook
def filter_case(context, case):
    mode = case.meta.generation.mode if case.meta else GenerationMode.POSITIVE
    return mode == GenerationMode.NEGATIVE or is_expressible(case.body)


@schemathesis.hook
def before_call(context, case, kwargs):
    # A body where there must be none is refused before the method is looked at.
    if case.method.upper() in BODYLESS and case.operation.method.upper() not in BODYLESS:
        case.body = NOT_SET
    # Examples are not filtered: cursors are signed, and a key goes with one body.
    mode = case.meta.generation.mode if case.meta else GenerationMode.POSITIVE
    if mode == GenerationMode.NEGATIVE:
        return
    (case.query or {}).pop("cursor", None)
    if "Idempotency-Key" in (case.headers or {}):
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
