import os
import sys
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent))
import machine  # noqa: E402

CPUINFO = "processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: fpu avx2 avx512f\n\nprocessor\t: 1\nmodel name\t: Some CPU\nflags\t\t: fpu avx2\n"


class MachineTest(unittest.TestCase):
    def test_description(self):
        self.assertEqual(machine.describe(CPUINFO), "2 × Some CPU, AVX-512")
        self.assertEqual(machine.describe(CPUINFO.replace(" avx512f", "")), "2 × Some CPU, AVX2, no AVX-512")

    def test_lists_of_numbers(self):
        self.assertEqual(machine.numbers("0-2,8\n"), [0, 1, 2, 8])

    def test_different_cores_come_before_threads_of_one(self):
        with mock.patch.object(os, "sched_getaffinity", return_value={0, 1, 2, 3}), \
                mock.patch.object(machine, "sibling_number", side_effect=lambda cpu: cpu % 2):
            self.assertEqual(machine.cores(2), [0, 2])
            self.assertEqual(machine.cores(3), [0, 2, 1])

    def test_too_few_cores_end_it(self):
        with mock.patch.object(os, "sched_getaffinity", return_value={0}), self.assertRaises(SystemExit):
            machine.cores(2)


if __name__ == "__main__":
    unittest.main()
