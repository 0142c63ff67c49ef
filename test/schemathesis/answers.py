"""The server under test, and what its answers mean."""

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    """`outcome` is ok, the code of the first error, or the status; `fault` says what is wrong, where something is."""

    outcome: str
    data: Any = None
    fault: str | None = None


class Server:
    """Speaks to a server on this machine, and to no other."""

    def __init__(self, url):
        if urlsplit(url).hostname != "127.0.0.1":
            raise ValueError(f"{url} is not on this machine")
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False

    def ask(self, document, account, variables=None):
        headers = {} if account is None else {"x-tenant-subdomain": account.subdomain}
        if account is not None and account.access_token is not None:
            headers["authorization"] = f"Bearer {account.access_token}"
        # Who asks is in the header alone: cookies of earlier answers would say something else.
        self.session.cookies.clear()
        try:
            body = {"query": document, "variables": variables or {}}
            response = self.session.post(
                f"{self.url}/graphql", json=body, headers=headers, timeout=PATIENCE_SECONDS, allow_redirects=False
            )
        except requests.RequestException as error:
            return Answer("no answer", fault=f"no answer: {error}")
        return understand(response)

    def data(self, document, input_, account):
        """What must work. Raises with the answer when it does not."""
        answer = self.ask(document, account, {"input": input_})
        if answer.outcome != "ok":
            raise RuntimeError(f"{document} was answered with {answer}")
        return answer.data

    def wait_until_ready(self):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                if self.session.get(f"{self.url}/health/ready", timeout=5).status_code == 200:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.2)
        raise RuntimeError("The server does not become ready again")


def understand(response):
    try:
        body = response.json()
        errors = body.get("errors") or []
        codes = [error["extensions"]["code"] for error in errors]
    except (ValueError, AttributeError, KeyError, TypeError):
        return Answer(f"status {response.status_code}", fault=f"no GraphQL answer: {response.text[:1000]}")
    outcome = codes[0] if codes else "ok"
    is_fault = response.status_code >= 500 or "INTERNAL" in codes
    fault = f"status {response.status_code}: {errors}" if is_fault else None
    return Answer(outcome, body.get("data"), fault)
