"""Writes the environment's settings for JupyterLab and for nbconvert, also in its menu; called by scripts/setup."""

import json
import os
import sys
import sysconfig
from pathlib import Path

HERE = Path(__file__).resolve().parent
TEMPLATES = HERE / "templates"
SETTINGS = {
    # A picture's SVG would need Inkscape for a PDF, and it has a PNG as well.
    "SVG2PDFPreprocessor": {"enabled": False},
    "HTMLExporter": {
        "template_name": "d2l",
        "extra_template_basedirs": [str(TEMPLATES)],
        "preprocessors": ["d2l_export.Page"],
        "filters": {"clean_html": "d2l_export.clean_html"},
    },
    # Which nbconvert takes for a kind of HTML.
    "SlidesExporter": {"template_name": "reveal"},
    "ScriptExporter": {"preprocessors": ["d2l_export.GoProgram"]},
    # JupyterLab itself: custom.css.
    "LabApp": {"custom_css": True},
    "ServerApp": {"tornado_settings": {"static_custom_path": [str(TEMPLATES / "d2l")]}},
}


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text)
    temporary.replace(path)


if __name__ == "__main__":
    write(Path(sys.prefix, "etc/jupyter/jupyter_config.json"), json.dumps(SETTINGS, indent=1) + "\n")
    write(Path(sysconfig.get_path("purelib"), "d2l.pth"), f"{HERE}\n")  # where d2l_export is found
