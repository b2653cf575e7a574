"""Prints what the user has set for pip as settings of uv, unless uv has a setting of its own: lines of NAME=VALUE, and
options of uv. Called by lib.sh; Python's pip, which may be missing, is not needed."""

import configparser
import os
import sys
from pathlib import Path

env = os.environ
own = env.get("PIP_CONFIG_FILE", "")
files = [Path(folder, "pip/pip.conf") for folder in env.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")]
files.append("/etc/pip.conf")
if not os.path.exists(own):
    home = Path.home()
    files += [home / ".pip/pip.conf", Path(env.get("XDG_CONFIG_HOME") or home / ".config", "pip/pip.conf")]
conf = configparser.RawConfigParser()
try:
    conf.read([] if own == os.devnull else [*files, Path(sys.prefix, "pip.conf"), own])
except (configparser.Error, UnicodeDecodeError) as error:
    sys.exit(f"pip's settings cannot be read: {error}")


def setting(name):
    """The variable PIP_<NAME>, or what a file says of installing or of everything."""
    value = env.get("PIP_" + name.upper().replace("-", "_"))
    return (value or conf.get("install", name, fallback=conf.get("global", name, fallback=""))).split()


for name, uvs, separator in [
    ("index-url", ["UV_DEFAULT_INDEX", "UV_INDEX_URL"], " "),
    ("extra-index-url", ["UV_INDEX", "UV_EXTRA_INDEX_URL"], " "),
    ("find-links", ["UV_FIND_LINKS"], ","),
    ("trusted-host", ["UV_INSECURE_HOST"], " "),
    ("cert", ["SSL_CERT_FILE"], " "),
    ("proxy", ["ALL_PROXY", "all_proxy"], " "),
]:
    if (value := setting(name)) and not any(map(env.get, uvs)):
        print(f"{uvs[0]}={separator.join(value)}")
if "".join(setting("no-index")).lower() in ("1", "true", "yes", "on", "t", "y"):
    print("--no-index")
