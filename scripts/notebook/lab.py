"""JupyterLab without the settings that the machine has for every Jupyter, in /etc/jupyter and /usr/local/etc/jupyter.

Those could take the token away, or have others listen. JUPYTER_NO_CONFIG=1 is no way to keep them out: it keeps out the
environment's own settings too.
"""

import sys

from jupyter_core import paths

paths.SYSTEM_CONFIG_PATH.clear()  # the list itself, which other modules hold

from jupyterlab.labapp import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
