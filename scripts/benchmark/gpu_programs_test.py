"""What gpu_programs.py reads of what XLA writes."""

import unittest

from gpu_programs import first_field, loop_of

APART = """\
000: kCommandBuffer [source | next=003 (1)]
    001: kCopy         [source | sink] kCopy
    002: kCustomKernel [source | sink] loop_broadcast_fusion grid: [6, 1, 1]
003: kWhile         [prev=000 (1) | next=009 (1)]
condition:
    004: kCustomKernel [source | sink] loop_and_fusion grid: [1, 1, 1]
  body:
    000: kCommandBuffer [source | next=007 (1)]
        005: kCustomKernel [source | next=006 (1)] loop_pad_fusion grid: [84, 1, 1]
        006: kCustomKernel [prev=005 (1) | sink] input_reduce_fusion grid: [1, 1, 1]
    007: kConvolution   [prev=000 (1) | next=008 (1)] kConvolution
    008: kCustomKernel  [prev=007 (1) | sink] loop_multiply_fusion grid: [588, 1, 1]
009: kCustomKernel  [prev=003 (1) | sink] loop_transpose_fusion grid: [2, 1, 1]
"""
IN_A_GRAPH = """\
000: kCommandBuffer [source | sink]
    001: kCopy         [source | next=002 (1)] kCopy
    002: kWhile        [prev=001 (1) | next=005 (1)]
condition:
        003: kCustomKernel [source | sink] loop_and_fusion grid: [1, 1, 1]
      body:
        004: kCustomKernel [source | sink] loop_pad_fusion grid: [84, 1, 1]
    005: kCopy         [prev=002 (1) | sink] kCopy
"""


class Reading(unittest.TestCase):
    def test_a_loop_whose_rounds_are_started_one_by_one(self):
        names = ["kCommandBuffer", "kCustomKernel", "kCustomKernel", "kConvolution", "kCustomKernel"]
        self.assertEqual(loop_of(APART), (names, False))

    def test_a_loop_in_a_graph(self):
        self.assertEqual(loop_of(IN_A_GRAPH), (["kCustomKernel"], True))

    def test_no_loop(self):
        self.assertEqual(loop_of("000: kCustomKernel [source | sink] loop_add_fusion\n"), ([], False))

    def test_the_first_field_of_a_message(self):
        module = bytes(300)
        self.assertEqual(first_field(b"\x0a\xac\x02" + module + b"\x12\x01x"), module)
        self.assertEqual(first_field(b"\x0a\x01x"), b"x")


if __name__ == "__main__":
    unittest.main()
