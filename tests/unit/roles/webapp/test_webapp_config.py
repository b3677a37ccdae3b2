# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
from peerlb_webapp.config import Config, ConfigError


def test_empty_environment_gives_the_defaults() -> None:
    assert Config.from_environ({}) == Config()


def test_every_variable_is_read() -> None:
    config = Config.from_environ(
        {
            "WEBAPP_SERVED_BY": "web1",
            "WEBAPP_PORT": "8080",
            "WEBAPP_DIAGNOSTICS": "False",
            "WEBAPP_TRUSTED_PROXIES": "10.0.0.2,10.0.1.0/24",
            "MYSQL_HOST": "10.0.0.2",
            "MYSQL_PORT": "3307",
            "MYSQL_TLS": "off",
            "VALKEY_HOST": "10.0.0.3",
            "VALKEY_PORT": "6380",
            "VALKEY_USER": "shop",
            "VALKEY_PASSWORD": "s3cret",
        }
    )
    assert (config.served_by, config.port, config.diagnostics) == ("web1", 8080, False)
    assert [str(network) for network in config.trusted_proxies] == ["10.0.0.2/32", "10.0.1.0/24"]
    assert (config.mysql_address, config.mysql_tls) == ("10.0.0.2:3307", False)
    store = (config.valkey_host, config.valkey_port, config.valkey_user, config.valkey_password)
    assert store == ("10.0.0.3", 6380, "shop", "s3cret")
    assert "s3cret" not in repr(config)


@pytest.mark.parametrize(
    "variable, value",
    [
        ("WEBAPP_PORT", "70000"),
        ("WEBAPP_PORT", "-1"),
        ("WEBAPP_PORT", ""),
        ("MYSQL_PORT", "mysql"),
        ("WEBAPP_WORKERS", "0"),
        ("WEBAPP_THREADS", "2"),
        ("WEBAPP_DIAGNOSTICS", "perhaps"),
        ("WEBAPP_TRUSTED_PROXIES", "10.0.0.2/8"),
        ("MYSQL_PASSWORD_FILE", "/nonexistent/password"),
        ("VALKEY_PASSWORD_FILE", "/nonexistent/password"),
        ("VALKEY_PORT", "0"),
    ],
)
def test_error_names_the_variable_with_a_bad_value(variable: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"^{variable}: "):
        Config.from_environ({variable: value})


def test_error_names_all_bad_variables() -> None:
    with pytest.raises(ConfigError, match="(?s)WEBAPP_PORT.*MYSQL_PORT"):
        Config.from_environ({"WEBAPP_PORT": "0", "MYSQL_PORT": "70000"})


@pytest.mark.parametrize(
    "written, password",
    [
        ('it\'s "$HOME" {{ x }} ${y} \\ # ü', 'it\'s "$HOME" {{ x }} ${y} \\ # ü'),
        ("plain\n", "plain"),
        (" spaces ", " spaces "),
    ],
)
def test_password_file_wins_and_is_read_unchanged(
    tmp_path: Path, written: str, password: str
) -> None:
    path = tmp_path / "password"
    path.write_text(written, encoding="utf-8")
    config = Config.from_environ({"MYSQL_PASSWORD_FILE": str(path), "MYSQL_PASSWORD": "other"})
    assert config.mysql_password == password


def test_repr_shows_no_password() -> None:
    assert "hidden" not in repr(Config.from_environ({"MYSQL_PASSWORD": "hidden"}))
