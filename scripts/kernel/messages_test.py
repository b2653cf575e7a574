"""What the kernel answers besides running cells; called by scripts/test."""

import json
import os
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from session import PATIENCE, ROOT, Kernel, KernelTest


class MessagesTest(KernelTest):
    completes = True

    def another(self, folder: Path, completes: bool = True, **variables: str) -> Kernel:
        kernel = Kernel(folder, completes=completes, **variables)
        self.addCleanup(kernel.close)
        return kernel

    def fresh(self) -> Path:
        folder = tempfile.TemporaryDirectory(prefix="d2l-test-")
        self.addCleanup(folder.cleanup)
        return Path(folder.name)

    def matches(self, kernel: Kernel, typed: str) -> list[str]:
        """What Tab offers at the end of a cell."""
        kernel.client.complete(typed)
        while (reply := kernel.client.get_shell_msg(timeout=PATIENCE))["msg_type"] != "complete_reply":
            pass
        return reply["content"]["matches"]

    def help(self, typed: str) -> str:
        """What Shift-Tab shows where ‸ stands in a cell."""
        self.kernel.client.inspect(typed.replace("‸", ""), typed.index("‸"))
        while (reply := self.kernel.client.get_shell_msg(timeout=PATIENCE))["msg_type"] != "inspect_reply":
            pass
        content = reply["content"]
        self.assertEqual(content["found"], bool(content["data"]))
        return "".join(content["data"].values())

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

    def test_tab_knows_what_changes_in_packages_of_the_readers_module(self):
        folder = self.fresh()
        (folder / "nets").mkdir()
        (folder / "go.mod").write_text("module mine\n\ngo 1.26\n")
        net, typed = folder / "nets/net.go", 'import "mine/nets"\n\n%%\nnets.'
        net.write_text("package nets\n\nfunc Small() int { return 1 }\n")
        kernel = self.another(folder)
        self.assertEqual(self.matches(kernel, typed), ["Small"])
        net.write_text("package nets\n\nfunc Large() int { return 2 }\n")
        self.assertEqual(self.matches(kernel, typed), ["Large"])
        (folder / "nets/more.go").write_text("package nets\n\nfunc More() {}\n")
        self.assertEqual(sorted(self.matches(kernel, typed)), ["Large", "More"])
        (folder / "nets/more.go").unlink()
        self.assertEqual(self.matches(kernel, typed), ["Large"])

    def test_history_and_completeness(self):
        client = self.kernel.client
        reply = client.history(reply=True, timeout=PATIENCE)
        self.assertEqual((reply["msg_type"], reply["content"]["history"]), ("history_reply", []))
        self.assertEqual(self.states(reply["parent_header"]["msg_id"]), ["busy", "idle"])
        client.is_complete("func f() {")
        reply = client.get_shell_msg(timeout=PATIENCE)
        self.assertEqual((reply["msg_type"], reply["content"]["status"]), ("is_complete_reply", "unknown"))

    def test_help_in_text_that_does_not_parse_yet(self):
        train = "func d2l.TrainCh5["
        for typed, said in {
            "%%\nd2l.TrainCh5(‸": train,
            "d2l.TrainCh5(net, ‸": train,
            "%%\nfor i := range 3 {\n\td2l.TrainCh5(net,\n\t\t‸\n}\nfmt.Println(1)": train,
            "%%\nd2l.TrainCh5(lenet.New(), d2l.LoadDataFashionMnist(‸": "func d2l.LoadDataFashionMnist(",
            "%%\nfmt.Println(half(3), ‸)": "func fmt.Println(",
            "%%\nd2l.Train‸Ch5(": train,
            "%%\nnothing(‸": "",
        }.items():
            with self.subTest(typed):
                found = self.help(typed)
                self.assertEqual(said in found, True, found)
                self.assertEqual(bool(found), bool(said), found)

    def test_names_in_text_that_does_not_parse_yet(self):
        for typed in ("%%\nd2l.", "%%\nx := d2l.Load", "d2l.Must(d2l.LoadDataFash", "%%\nfor i := range d2l.Load"):
            with self.subTest(typed):
                self.assertIn("LoadDataFashionMnist", self.matches(self.kernel, typed))

    def test_no_cell_waits_for_what_completes_names(self):
        folder = self.fresh()
        gate, program = folder / "gate", folder / "nice"  # with which gopls starts
        program.write_text(f'#!/bin/sh\nuntil [ -e "{gate}" ]; do sleep 0.05; done\nexec {shutil.which("nice")} "$@"\n')
        program.chmod(0o755)
        kernel = self.another(folder, PATH=f"{folder}:{os.environ['PATH']}")
        kernel.client.complete("%%\nd2l.Load")
        answer = kernel.run("%%\nfmt.Println(6 * 7)")
        self.assertEqual(answer.stdout, "42\n", answer)
        gate.touch()
        replies = []
        while len(replies) < 2:
            reply = kernel.client.get_shell_msg(timeout=PATIENCE)
            if reply["msg_type"] != "kernel_info_reply":  # of a start that took long
                replies.append(reply)
        self.assertEqual([reply["msg_type"] for reply in replies], ["execute_reply", "complete_reply"])
        self.assertIn("LoadDataFashionMnist", replies[1]["content"]["matches"])

    def test_where_nobody_asks_nothing_is_ready_to_answer(self):
        kernel = self.another(self.fresh(), completes=False)
        self.assertEqual(self.matches(kernel, "%%\nd2l.Load"), [])
        self.assertFalse([command for command in kernel.processes().values() if "gopls" in command])


if __name__ == "__main__":
    unittest.main()
