"""What schemathesis needs to be told to make cases of Voho's schema, and how cases are drawn from it."""

import graphql
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.graphql import nodes

NAMES = st.from_regex(r"\A[_A-Za-z][_0-9A-Za-z]{0,11}\Z") | st.sampled_from(["__proto__", "constructor", "name", "order"])


def object_node(pairs):
    fields = [
        graphql.ObjectFieldNode(name=graphql.NameNode(value=name), value=value) for name, value in pairs.items()
    ]
    return graphql.ObjectValueNode(fields=tuple(fields))


def register_scalars():
    """JSONObject: mostly flat texts, which is what most arguments take, and sometimes anything."""
    texts = st.text(max_size=20).map(nodes.String)
    anything = texts | st.integers().map(nodes.Int) | st.booleans().map(nodes.Boolean) | st.just(nodes.Null)
    nested = st.dictionaries(NAMES, anything, max_size=2).map(object_node)
    flat = st.dictionaries(NAMES, texts, max_size=4).map(object_node)
    schemathesis.graphql.scalar("JSONObject", flat | st.dictionaries(NAMES, anything | nested, max_size=4).map(object_node))


def draw_bodies(strategy, count, key):
    """Up to so many documents: fewer where the strategy has no more. The same key draws the same."""
    bodies = []

    @seed(key)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(case):
        bodies.append(case.body)

    collect()
    return bodies
