import os
import sys
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent))
from register import kernel_env

VARIABLE = "PJRT_PLUGIN_LIBRARY_PATH"


class KernelEnvTest(unittest.TestCase):
    def env(self, **variables):
        with mock.patch.dict(os.environ, variables):
            if VARIABLE not in variables:
                os.environ.pop(VARIABLE, None)
            return kernel_env(Path("/book"), Path("/cache"), "/go/bin/go", "-mod=mod -v '-gcflags=-N -l'")

    def test_plugins_are_looked_for_in_the_cache_and_where_go_xla_puts_them(self):
        for env in (self.env(HOME="/me"), self.env(HOME="/me", **{VARIABLE: ""})):
            self.assertEqual(
                env[VARIABLE],
                "/cache/pjrt/cpu:/cache/pjrt/nvidia:/me/.local/lib/go-xla:/me/.local/lib/go-xla/nvidia"
                ":/usr/local/lib/go-xla:/usr/local/lib/go-xla/nvidia",
            )

    def test_a_list_of_ones_own_is_the_whole_list(self):
        self.assertEqual(self.env(**{VARIABLE: "/a:/b$c"})[VARIABLE], "/a:/b$$c")

    def test_flags_are_kept_but_those_that_a_workspace_refuses(self):
        self.assertEqual(self.env()["GOFLAGS"], "-gcflags=all=-dwarf=false -v '-gcflags=-N -l' '-ldflags=-s -w'")


if __name__ == "__main__":
    unittest.main()
