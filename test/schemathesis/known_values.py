"""Real values in place of made-up ones, so that a share of the cases gets past the first look at an argument."""

import json
import re
from collections import defaultdict, deque
from datetime import datetime, timedelta, timezone

import graphql

# The share of arguments that get a known value where there is one.
SHARE = 0.8
# How many things of a kind are remembered; the latest, since earlier ones get deleted.
MEMORY = 20
ID = re.compile(r"^([a-z_]+)_[0-9a-f]{24}$")
KIND_OF_ARGUMENT = {
    "agentId": "agent",
    "callId": "call",
    "userId": "user",
    "createdById": "user",
    "actorId": "user",
    "deliveryId": "delivery",
}


class KnownValues:
    """Knows ids from the plan and from answers, and what goes for arguments of a name."""

    def __init__(self, plan, chance):
        self.chance = chance
        self.kept_people = set(plan["keptPeople"])
        self.ids = defaultdict(lambda: deque(maxlen=MEMORY))
        self.cursors = deque(maxlen=MEMORY)
        self.tokens = deque(maxlen=MEMORY)
        for id_ in plan["ids"]:
            self._remember_id(id_)
        password = json.dumps(plan["password"])
        page = ["1", "20", "100", "null", "null"]
        yesterday, tomorrow = _days_from_now(-1), _days_from_now(1)
        self.literals = {
            "email": ['"spare-1@schemathesis.example"', '"user@schemathesis.example"', '"guest-1@schemathesis.example"', '"new-%d@a.example"'],
            "password": [password],
            "currentPassword": [password],
            "newPassword": ['"another horse battery"'],
            "url": ['"https://127.0.0.1:9/hook"'],
            "logoUrl": ['"https://logo.example/logo.png"'],
            "primaryColor": ['"#336699"'],
            "name": ['"Name %d"', '"Ünïcödé 😀"'],
            "systemPrompt": ['"Greet {{name}}."'],
            "languageHint": ['"en"', '"de-CH"'],
            "model": ["null"],
            "voice": ["null"],
            "phoneNumber": ['"+4915112345678"'],
            "idempotencyKey": ['"key"', '"key-%d"'],
            "text": ['"Hello"'],
            "search": ['"hello"', '"name"', "null", "null"],
            "timeZone": ['"UTC"', '"Europe/Zurich"', '"Pacific/Apia"'],
            "month": ['"2026-11"', '"0001-01"', '"9999-12"'],
            "from": [yesterday],
            "to": [tomorrow, tomorrow, yesterday],
            "createdAfter": [yesterday],
            "createdBefore": [tomorrow],
            "expiresAt": [tomorrow],
            "first": page,
            "last": page,
            "version": ["1"],
            "agentVersion": ["1", "null"],
            "temperature": ["0", "0.5", "1"],
            "retentionDays": ["1", "3650", "null"],
            "maxDurationSeconds": ["10", "86400"],
            "maxQueueSeconds": ["0", "300"],
            "subdomain": [json.dumps(plan["subdomain"]), '"new-%d"'],
        }

    def learn(self, data):
        """Remembers what an answer tells: ids, cursors, tokens. A root field that is an id itself tells what is gone."""
        for value in (data or {}).values():
            match = ID.match(value) if isinstance(value, str) else None
            if match and value in self.ids[match[1]]:
                self.ids[match[1]].remove(value)
            self._learn_from(value)

    def _learn_from(self, data):
        if isinstance(data, list):
            for item in data:
                self._learn_from(item)
        elif isinstance(data, dict):
            for name, value in data.items():
                if not isinstance(value, str):
                    self._learn_from(value)
                elif name.lower().endswith("cursor"):
                    self.cursors.append(value)
                elif name == "token":
                    self.tokens.append(value)
                else:
                    self._remember_id(value)

    def put_into(self, field, document, account):
        """The document with known values for a share of its arguments. One that does not parse stays as it is."""
        try:
            tree = graphql.parse(document)
        except graphql.GraphQLError:
            return document
        self.field, self.account = field, account
        return graphql.print_ast(graphql.visit(tree, _Replacement(self)))

    def value_for(self, name):
        """A literal for an argument of that name, or None."""
        if self.chance.random() > SHARE:
            return None
        choices = self._choices(name)
        if not choices:
            return None
        return self.chance.choice(list(choices)).replace("%d", str(self.chance.randrange(10**6)))

    def _choices(self, name):
        if name == "id" or name.endswith("Id"):
            return [json.dumps(id_) for id_ in self._ids_for(name)]
        if name in ("after", "before"):
            return [json.dumps(cursor) for cursor in self.cursors] + ["null"] * (len(self.cursors) + 1)
        if name == "token":
            return [json.dumps(token) for token in self.tokens]
        if name == "refreshToken":
            return [json.dumps(self.account.refresh_token)] if self.account.refresh_token else []
        if name == "confirmSubdomain":
            return [json.dumps(self.account.subdomain)]
        return self.literals.get(name, [])

    def _ids_for(self, name):
        """Mostly of the kind that the argument or the root field is named after, else of any kind."""
        field = self.field.lower()
        kinds = sorted(kind for kind in self.ids if kind.replace("_", "") in field) if name == "id" else []
        kind = KIND_OF_ARGUMENT.get(name) or next(iter(kinds), None)
        if kind in self.ids and self.chance.random() < 0.9:
            return self.ids[kind]
        return [id_ for ids in self.ids.values() for id_ in ids]

    def _remember_id(self, text):
        match = ID.match(text)
        if match and text not in self.kept_people and text not in self.ids[match[1]]:
            self.ids[match[1]].append(text)


def _days_from_now(days):
    moment = datetime.now(timezone.utc) + timedelta(days=days)
    return json.dumps(moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"))


class _Replacement(graphql.Visitor):
    def __init__(self, known):
        super().__init__()
        self.known = known

    def enter_argument(self, node, *_):
        return self._replaced(graphql.ArgumentNode, node)

    def enter_object_field(self, node, *_):
        return self._replaced(graphql.ObjectFieldNode, node)

    def _replaced(self, kind, node):
        literal = self.known.value_for(node.name.value)
        return None if literal is None else kind(name=node.name, value=graphql.parse_value(literal))
