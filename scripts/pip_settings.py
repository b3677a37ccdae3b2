# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hand pip's configuration on this machine (indexes, certificates, ...) to other programs.

    scripts/pip_settings.py               print it as a pip.conf
    scripts/pip_settings.py COMMAND...    run a command with it in the variables that uv reads

uv reads neither pip.conf nor PIP_* variables. A variable of uv that the caller has set wins.
Constraints are left out: what uv installs here is pinned.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys

# The same setting can come from several places; a later one of these wins, as in pip.
SECTIONS = ("global", "install", ":env:")
# Settings of pip, and the variable of uv with the separator of the values in it.
VARIABLES = {
    "cert": ("SSL_CERT_FILE", ""),
    "default-timeout": ("UV_HTTP_TIMEOUT", ""),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "index-url": ("UV_DEFAULT_INDEX", ""),
    "proxy": ("ALL_PROXY", ""),
    "timeout": ("UV_HTTP_TIMEOUT", ""),
    "trusted-host": ("UV_INSECURE_HOST", " "),
}
# pip takes the best version that any index has, and never downloads an interpreter.
ALWAYS = {"UV_INDEX_STRATEGY": "unsafe-best-match", "UV_PYTHON_DOWNLOADS": "never"}


def parse(listing: str) -> dict[str, str]:
    """Return the settings that `pip config list` prints, by name.

    "global.cert='/a.pem'" becomes {"cert": "/a.pem"}.
    """
    found: dict[str, dict[str, str]] = {section: {} for section in SECTIONS}
    for line in listing.splitlines():
        place, _equals, value = line.partition("=")
        section, _dot, name = place.rpartition(".")
        if section in found:
            found[section][name] = ast.literal_eval(value)
    return {name: value for section in SECTIONS for name, value in found[section].items()}


def pip_conf(settings: dict[str, str]) -> str:
    """Return the settings as the text of a pip.conf."""
    lines = [f"{name} = {' '.join(value.split())}" for name, value in settings.items()]
    return "\n".join(["[global]", *lines, ""])


def uv_variables(settings: dict[str, str]) -> dict[str, str]:
    """Return the environment variables that make uv do what the settings tell pip."""
    given = {
        variable: separator.join(settings[name].split())
        for name, (variable, separator) in VARIABLES.items()
        if name in settings
    }
    return {**ALWAYS, **given}


def main(command: list[str]) -> None:
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], check=True, stdout=subprocess.PIPE
    ).stdout.decode()
    settings = parse(listing)
    if not command:
        print(pip_conf(settings), end="")
    else:
        os.execvpe(command[0], command, {**uv_variables(settings), **os.environ})


if __name__ == "__main__":
    main(sys.argv[1:])
