"""Sends cases that schemathesis makes from schema.gql to a server, and fails those that it answers as its own fault.

Started by run.ts, which writes the plan to standard input. The last line is `N sent, M failed`.
"""

import json
import random
import sys
from collections import Counter

import schemathesis
from accounts import Accounts
from answers import Server
from generation import draw_bodies, register_scalars
from known_values import KnownValues
from schemathesis import GenerationMode

CASES_PER_FIELD_AND_ROUND = 12
ROLES = ["ADMIN", "ADMIN", "ADMIN", "USER", "USER", "ANONYMOUS"]


def rounds(schema, seed, chance):
    """Cases without end, as pairs of root field and document: some of each field, in mixed order.

    Every fourth round breaks the schema.
    """
    register_scalars()
    number = 0
    while True:
        number += 1
        mode = GenerationMode.NEGATIVE if number % 4 == 0 else GenerationMode.POSITIVE
        cases = []
        for result in schema.get_all_operations():
            operation = result.ok()
            key = f"{seed} {number} {operation.label}"
            bodies = draw_bodies(operation.as_strategy(mode), CASES_PER_FIELD_AND_ROUND, key)
            cases += [(operation.definition.field_name, body) for body in bodies]
        chance.shuffle(cases)
        yield from cases


def main():
    plan = json.load(sys.stdin)
    chance = random.Random(plan["seed"])
    server = Server(plan["url"])
    accounts = Accounts(server, plan)
    known = KnownValues(plan, chance)
    cases = rounds(schemathesis.graphql.from_path(plan["schema"]), plan["seed"], chance)
    outcomes, sent, worked, failed = {role: Counter() for role in ROLES}, set(), set(), 0
    for number in range(1, plan["cases"] + 1):
        field, document = next(cases)
        account = accounts.for_case(field, chance.choice(ROLES))
        document = known.put_into(field, document, account)
        answer = server.ask(document, account)
        outcomes[account.role][answer.outcome] += 1
        sent.add(field)
        if answer.outcome == "ok":
            worked.add(field)
        known.learn(answer.data)
        if answer.fault is not None:
            failed += 1
            print(f"FAILED {field} as {account.role}: {answer.fault}\n{document}", flush=True)
            server.wait_until_ready()
        if number % 200 == 0:
            print(f"{number} cases", flush=True)
    for role, counts in outcomes.items():
        print(f"{role}: " + ", ".join(f"{count} {outcome}" for outcome, count in counts.most_common()))
    print(f"{len(worked)} of {len(sent)} root fields worked at least once; never: {', '.join(sorted(sent - worked)) or 'none'}")
    print(f"{plan['cases']} sent, {failed} failed", flush=True)


main()
