import os
import sys
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent))
import processes
from processes import Failed, Process, cores

ECHO = """import sys
print('noise'); print('{"ready": "v"}', flush=True)
for line in sys.stdin: print('{"got": "%s"}' % line.strip(), flush=True)"""


def python(code: str) -> Process:
    return Process("a program", [sys.executable, "-c", code], [min(os.sched_getaffinity(0))])


class ProcessTest(unittest.TestCase):
    def test_it_answers_and_is_ended(self):
        with python(ECHO) as process:
            self.assertEqual(process.request(None), {"ready": "v"})
            self.assertEqual(process.request("train 1"), {"got": "train 1"})
        self.assertIsNotNone(process.popen.returncode)

    def test_it_runs_on_the_cores_it_is_given(self):
        with python("import os, json; print(json.dumps({'cores': sorted(os.sched_getaffinity(0))}))") as process:
            self.assertEqual(process.request(None), {"cores": [min(os.sched_getaffinity(0))]})

    def test_a_failure_names_the_program_and_what_it_wrote(self):
        for method in (lambda p: p.request(None), lambda p: p.run()):
            with python("import sys; sys.exit('out of cheese')") as process:
                with self.assertRaisesRegex(Failed, "a program ended.*(?s:.*)out of cheese"):
                    method(process)

    def test_one_that_hangs_is_given_up(self):
        with mock.patch.object(processes, "PATIENCE", 0.5), python("import time; time.sleep(60)") as process:
            with self.assertRaises(Failed):
                process.request(None)

    def test_work_of_children_counts(self):
        child = ("import time; t = time.process_time()\nwhile time.process_time() < t + 0.2: pass\n"
                 "print('{}', flush=True)\ntime.sleep(60)")
        with python(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])") as process:
            process.request(None)
            self.assertGreaterEqual(process.cpu_seconds(), 0.15)

    def test_memory_is_that_of_all_processes_together_and_of_the_largest(self):
        hold = "x = bytearray(b'1') * {0} * 2**20"
        child = hold.format(60) + "; import time; time.sleep(3)"
        with python(
            f"import subprocess, sys; {hold.format(40)}; subprocess.run([sys.executable, '-c', {child!r}])"
        ) as process:
            printed, largest, together = process.run()
        self.assertEqual(printed, "")
        self.assertTrue(60 <= largest and 100 <= together, (largest, together))


class CoresTest(unittest.TestCase):
    def test_different_cores_come_before_threads_of_one(self):
        with mock.patch.object(os, "sched_getaffinity", return_value={0, 1, 2, 3}), \
                mock.patch.object(Path, "read_text", lambda path: f"core {int(str(path).split('cpu')[2][0]) // 2}"):
            self.assertEqual(cores(2), [0, 2])
            self.assertEqual(cores(3), [0, 2, 1])

    def test_too_few_cores_end_it(self):
        with mock.patch.object(os, "sched_getaffinity", return_value={0}), self.assertRaises(SystemExit):
            cores(2)


if __name__ == "__main__":
    unittest.main()
