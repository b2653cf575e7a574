import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from results import OURS, Quantity, max_difference, summary


def rate(**values):
    return Quantity("rate", "examples/s", values=values)


class QuantityTest(unittest.TestCase):
    def test_a_ratio_is_the_median_of_the_rounds_ratios(self):
        # The machine was slow in the second round, for both: medians alone would give 20 / 8.
        self.assertEqual(rate(ours=[20, 8, 24], other=[10, 4, 8]).ratio("other"), 2)

    def test_above_one_ours_is_better(self):
        self.assertEqual(rate(ours=[30], other=[10]).ratio("other"), 3)
        self.assertEqual(
            Quantity("time", "s", more_is_better=False, values={OURS: [2], "other": [6]}).ratio("other"), 3
        )

    def test_rounds_that_are_missing_are_an_error(self):
        with self.assertRaises(ValueError):
            rate(ours=[1, 2], other=[1]).ratio("other")

    def test_the_best_of_others_is_the_hardest_to_beat(self):
        q = rate(ours=[30], slow=[10], fast=[20])
        self.assertEqual(q.best(["slow", "fast", "not run"]), "fast")
        self.assertIsNone(q.best(["not run"]))
        q.more_is_better = False
        self.assertEqual(q.best(["slow", "fast"]), "slow")

    def test_table(self):
        self.assertEqual(rate(ours=[3000, 1000, 2000], other=[500, 500, 500]).table(), [
            "| rate, examples/s | ours is better by | median | min | max |",
            "|---|--:|--:|--:|--:|",
            "| ours | 1 | 2,000 | 1,000 | 3,000 |",
            "| other | 4.00 × | 500 | 500 | 500 |",
        ])


class SummaryTest(unittest.TestCase):
    def test_ratios_of_each_quantity(self):
        q = rate(ours=[30], eager=[10], compiled=[20])
        self.assertEqual(
            summary([q], ["eager", "compiled"], "eager", "jax")[2:], ["| rate | 1.50 × (compiled) | 3.00 × | – |"]
        )

    def test_nothing_to_compare_is_no_table(self):
        self.assertEqual(summary([rate(ours=[30])], ["eager"], "eager", "jax"), [])


class MaxDifferenceTest(unittest.TestCase):
    def test_it_is_relative_to_the_first_and_names_program_and_step(self):
        got = max_difference({"a": [2.0, 4.0], "b": [2.0, 4.0], "c": [2.0, 3.0]})
        self.assertEqual(got, (0.25, "c", 2))

    def test_what_is_not_a_number_is_never_near(self):
        difference, program, step = max_difference({"a": [2.0, 2.0], "b": [float("nan"), 2.0], "c": [2.0, 9.0]})
        self.assertFalse(difference <= 1e9)
        self.assertEqual((program, step), ("b", 1))

    def test_other_numbers_of_steps_are_an_error(self):
        with self.assertRaises(ValueError):
            max_difference({"a": [1.0, 2.0], "b": [1.0]})


if __name__ == "__main__":
    unittest.main()
