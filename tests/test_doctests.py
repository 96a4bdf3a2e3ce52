"""The examples in docstrings are true, read from the source so that both builds run them."""

import ast
import doctest
import importlib
from pathlib import Path

import pytest

import tcpkit

PACKAGE = Path(tcpkit.__file__).parent
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)


def examples(source: Path) -> list[str]:
    """The docstrings of a module that have examples."""
    nodes = ast.walk(ast.parse(source.read_text()))
    texts = (ast.get_docstring(node) for node in nodes if isinstance(node, DOCUMENTED))
    return [text for text in texts if text and ">>>" in text]


WITH_EXAMPLES = [source for source in sorted(PACKAGE.rglob("*.py")) if examples(source)]


@pytest.mark.parametrize("source", WITH_EXAMPLES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_examples_in_docstrings_are_true(source: Path) -> None:
    name = ".".join(source.relative_to(PACKAGE.parent).with_suffix("").parts)
    names = dict(vars(importlib.import_module(name)))
    runner = doctest.DocTestRunner(verbose=False)
    reports: list[str] = []
    for text in examples(source):
        test = doctest.DocTestParser().get_doctest(text, dict(names), name, str(source), 0)
        runner.run(test, out=reports.append)
    assert "".join(reports) == ""
    assert runner.tries > 0
