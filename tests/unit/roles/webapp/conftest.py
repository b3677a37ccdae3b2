# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import ROOT

SOURCE = ROOT / "roles/webapp/files/app"
sys.path.insert(0, str(SOURCE))
# The role copies this directory to hosts, so Python must write no bytecode into it.
sys.dont_write_bytecode = True

from flask.testing import FlaskClient
from peerlb_webapp import create_app
from peerlb_webapp import db as db_module
from peerlb_webapp.config import Config
from peerlb_webapp.db import Database
from sqlalchemy import BigInteger, create_engine
from sqlalchemy.engine import Engine
from sqlalchemy.ext.compiler import compiles

PASSWORD = "s3cret'\"$pass"


@compiles(BigInteger, "sqlite")
def _integer_in_sqlite(*_: t.Any, **__: t.Any) -> str:
    """Return the only type that SQLite increments by itself."""
    return "INTEGER"


@pytest.fixture
def source() -> Path:
    """Return the directory of the application's source."""
    return SOURCE


@pytest.fixture
def config() -> Config:
    """Return settings with two trusted proxies and an awkward password."""
    return Config.from_environ(
        {
            "WEBAPP_SERVED_BY": "web1",
            "WEBAPP_ZONE": "lab-a",
            "WEBAPP_VERSION": "1.2.3",
            "WEBAPP_TRUSTED_PROXIES": "10.0.0.2, 10.9.0.0/24",
            "MYSQL_HOST": "10.0.0.2",
            "MYSQL_PASSWORD": PASSWORD,
        }
    )


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Return an engine with SQLite in MySQL's place. Only the code for a missing table differs."""
    monkeypatch.setattr(db_module, "NO_SUCH_TABLE", "no such table: connection_checks")
    engine = create_engine(f"sqlite:///{tmp_path / 'test.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def database(engine: Engine, config: Config) -> Database:
    """Return the application's database on SQLite."""
    return Database(engine, config)


@pytest.fixture
def client(config: Config, database: Database) -> FlaskClient:
    """Return a client of the application with a working database."""
    return create_app(config, database).test_client()


@pytest.fixture
def dead_client(config: Config) -> FlaskClient:
    """Return a client of an application whose MySQL address refuses every connection."""
    dead = Config(**{**config.__dict__, "mysql_host": "127.0.0.1", "mysql_port": 1})
    return create_app(dead).test_client()
