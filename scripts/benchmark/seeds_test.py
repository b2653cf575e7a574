import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from seeds import table


class TableTest(unittest.TestCase):
    def test_seeds_with_mean_and_standard_deviation(self):
        self.assertEqual(table("here: seed", [(0.4, 0.8, 0.7), (0.6, 0.9, 0.9)]), [
            "| here: seed | loss | train acc | test acc |",
            "|---|---|---|---|",
            "| 1 | 0.400 | 0.800 | 0.700 |",
            "| 2 | 0.600 | 0.900 | 0.900 |",
            "| mean ± standard deviation | 0.500 ± 0.141 | 0.850 ± 0.071 | 0.800 ± 0.141 |"])

    def test_one_seed_has_no_deviation(self):
        self.assertEqual(len(table("here: seed", [(0.4, 0.8, 0.7)])), 3)


if __name__ == "__main__":
    unittest.main()
