"""What the kernel answers besides running cells; called by scripts/test."""

import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from session import PATIENCE, ROOT, Kernel


class MessagesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="d2l-test-")
        cls.addClassCleanup(folder.cleanup)
        cls.kernel = Kernel(Path(folder.name))
        cls.addClassCleanup(cls.kernel.close)

    def states(self, number: str) -> list[str]:
        """The states that the kernel says it is in because of a message."""
        found: list[str] = []
        while found[-1:] != ["idle"]:
            message = self.kernel.client.get_iopub_msg(timeout=PATIENCE)
            if message["msg_type"] == "status" and message["parent_header"].get("msg_id") == number:
                found.append(message["content"]["execution_state"])
        return found

    def test_the_language_is_that_of_the_saved_notebooks(self):
        info = self.kernel.client.kernel_info(reply=True, timeout=PATIENCE)["content"]["language_info"]
        files = [*ROOT.glob("notebooks/**/*.ipynb"), *ROOT.glob("scripts/template/**/*.ipynb")]
        self.assertGreater(len(files), 3)
        for notebook in files:
            self.assertEqual(json.loads(notebook.read_text())["metadata"]["language_info"], info, notebook)

    def test_history_and_completeness(self):
        client = self.kernel.client
        reply = client.history(reply=True, timeout=PATIENCE)
        self.assertEqual((reply["msg_type"], reply["content"]["history"]), ("history_reply", []))
        self.assertEqual(self.states(reply["parent_header"]["msg_id"]), ["busy", "idle"])
        client.is_complete("func f() {")
        reply = client.get_shell_msg(timeout=PATIENCE)
        self.assertEqual((reply["msg_type"], reply["content"]["status"]), ("is_complete_reply", "unknown"))


if __name__ == "__main__":
    unittest.main()
