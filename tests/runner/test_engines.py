"""The engine that a run asks for, as it is typed."""

import sys

import pytest

from secondtake.core.errors import UserError
from secondtake.runner.engines import EngineRequest, open_engine, parse_engine
from secondtake.runner.settings import open_project


def test_a_wrong_variable_is_named(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "http://there")
    with pytest.raises(UserError, match="RAY_ADDRESS: 'http://there'"):
        parse_engine("ray")


@pytest.fixture(autouse=True)
def no_address(monkeypatch):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


@pytest.mark.parametrize(
    ("typed", "request_"),
    [
        (("local",), EngineRequest("local", "", 1)),
        (("local", "", "3"), EngineRequest("local", "", 3)),
        (("LOCAL", "", "Auto"), EngineRequest("local", "", None)),
        (("ray",), EngineRequest("ray", "auto", None)),
        (("ray", "local"), EngineRequest("ray", "local", None)),
        (("ray", "10.0.0.7:6379", "4"), EngineRequest("ray", "10.0.0.7:6379", 4)),
    ],
)
def test_what_is_typed(typed, request_):
    assert parse_engine(*typed) == request_


def test_the_address_of_a_running_cluster_is_rays_own_variable(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.9:6379")
    assert parse_engine("ray").address == "10.0.0.9:6379"
    assert parse_engine("ray", "local").address == "local"
    assert parse_engine("local").address == ""


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (("dask",), "--engine: no engine 'dask'"),
        (("rey",), "did you mean 'ray'?"),
        (("local", "local"), "--address is that of a Ray cluster: add --engine ray"),
        (("local", "", "0"), "--workers: '0' is not a whole number from 1"),
        (("local", "", "-1"), "--workers: '-1'"),
        (("local", "", "two"), "or auto"),
        (("ray", "", "9" * 5000), "--workers"),
        (("ray", "ray://10.0.0.7:10001"), "on a machine of the cluster"),
        (("ray", "locale"), "--address: 'locale' is no address of a Ray cluster"),
        (("ray", "a b:1"), "such as 192.168.1.10:6379"),
    ],
)
def test_a_mistake_names_the_option(typed, words):
    with pytest.raises(UserError) as caught:
        parse_engine(*typed)
    assert words in str(caught.value)


def test_where_ray_is_not_installed_the_command_that_installs_it_is_named(project, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    opened, settings = open_project()
    with (
        pytest.raises(UserError, match=r"pip install -e '\.\[ray\]'"),
        open_engine(parse_engine("ray"), opened, settings, listener=None),
    ):
        pass
