package verify

import (
	"strings"
	"testing"
)

const trained = "loss 0.471, train acc 0.822, test acc 0.836\n9012.3 examples/sec on cpu(0)\n"

var tolerance = map[string]float64{"loss": 0.03, "train acc": 0.02, "test acc": 0.03}

func TestLines(t *testing.T) {
	change := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(trained) }
	for name, c := range map[string]struct {
		saved     string
		tolerance map[string]float64
		got       string
		want      string // what is said contains it; empty if the two fit
	}{
		"nothing":                    {"", nil, "", ""},
		"the same":                   {"(1, 6, 28, 28)\n", nil, "(1, 6, 28, 28)\n", ""},
		"another number":             {"(1, 6, 28, 28)\n", nil, "(1, 6, 28, 29)\n", "line 1\n  expected: \"(1, 6, 28, 28)\"\n  got:      \"(1, 6, 28, 29)\""},
		"a blank more":               {"a\n", nil, "a \n", `got:      "a "`},
		"a line less":                {"a\nb\n", nil, "a\n", " a\n  -b"},
		"a line more":                {"a\n", nil, "a\nb\n", " a\n  +b"},
		"nothing any more":           {"a\n", nil, "", "-a"},
		"no end of line":             {"a\n", nil, "a", "a (no end of line)"},
		"faster":                     {trained, nil, change("9012.3", "123456.7"), ""},
		"another device":             {trained, nil, change("cpu(0)", "gpu(0)"), ""},
		"several devices":            {trained, nil, change("cpu(0)", "[gpu(0), gpu(1)]"), ""},
		"pure Go":                    {trained, nil, change("cpu(0)", "cpu(0) in pure Go"), ""},
		"no device":                  {trained, nil, change("cpu(0)", "paper"), "on paper"},
		"a count that looks like it": {"7 examples/sec on cpu(0)\n", nil, "8 examples/sec on cpu(0)\n", "expected"},
		"speed that is not finite":   {trained, nil, change("9012.3", "+Inf"), "N examples/sec on DEVICE: +Inf is no figure"},
		"that was saved so":          {change("9012.3", "NaN"), nil, change("9012.3", "NaN"), "NaN is no figure"},
		"laps":                       {"1.25 sec, 1.5 s 2.5 s, 3.0 ms, 3.0 µs\n", nil, "99.5 sec, 0.1 s 0.2 s, 17.5 ms, 0.1 µs\n", ""},
		"laps of another unit":       {"1.5 s\n", nil, "1.5 ms\n", "expected"},
		"a count of seconds":         {"5 s\n", nil, "6 s\n", "expected"},
		"a word that begins with s":  {"1.5 stones\n", nil, "2.5 stones\n", "expected"},
		"in tolerance":               {trained, tolerance, change("0.471", "0.500", "0.822", "0.803"), ""},
		"at its limit":               {trained, tolerance, change("0.836", "0.806"), ""},
		"no tolerance":               {trained, nil, change("0.471", "0.472"), "expected"},
		"out of tolerance":           {trained, tolerance, change("0.471", "0.502"), "line 1\n  expected: \"loss 0.471, train acc 0.822, test acc 0.836\"\n  got:      \"loss 0.502, train acc 0.822, test acc 0.836\"\n  loss: 0.502 is off from 0.471 by 0.031, more than the tolerance of 0.03"},
		"no figure":                  {trained, tolerance, change("0.471", "nan"), "loss: nan is no figure"},
		"no figure, as Go writes it": {trained, tolerance, change("0.836", "+Inf"), "test acc: +Inf is no figure"},
		"no figure was saved":        {change("0.471", "NaN"), tolerance, change("0.471", "NaN"), "loss: NaN is no figure"},
		"no figure was, but is":      {change("0.471", "NaN"), tolerance, trained, "loss: NaN, which was saved, is no figure"},
		"at a limit of binary":       {"loss 0.4\n", map[string]float64{"loss": 0.1}, "loss 0.3\n", ""},
		"another text around":        {trained, tolerance, change("loss", "the loss"), "expected"},
		"a figure less":              {trained, tolerance, change(", test acc 0.836", ""), "expected"},
		"the longest name":           {"test acc 0.5, acc 0.5\n", map[string]float64{"acc": 0.1, "test acc": 0.01}, "test acc 0.52, acc 0.58\n", "test acc: 0.52"},
		"within a word":              {"gloss 0.5\n", tolerance, "gloss 0.51\n", "expected"},
		"a placeholder is printed":   {"loss 0.5\n", tolerance, "loss #\n", "got:      \"loss #\""},
		"a placeholder was printed":  {"loss #\n", tolerance, "loss 0.5\n", "expected: \"loss #\""},
		"a rule is printed":          {"9.5 examples/sec on cpu(0)\n", nil, "# examples/sec on DEVICE\n", "expected"},
		"a rule's device is printed": {"9.5 examples/sec on cpu(0)\n", nil, "9.5 examples/sec on DEVICE\n", "expected"},
		"a figure for a placeholder": {"loss 0.5, loss #\n", tolerance, "loss #, loss 0.5\n", "expected"},
		"the very placeholder":       {"loss 0.5\n", tolerance, "loss \x00\n", "expected"},
		"the very one was printed":   {"loss \x00\n", tolerance, "loss 0.5\n", "expected"},
		"other figures of the line":  {"loss 0.5, epoch 3\n", tolerance, "loss 0.51, epoch 4\n", "epoch 4"},
	} {
		said := Lines(c.saved, c.tolerance, c.got)
		switch {
		case c.want == "" && len(said) > 0:
			t.Errorf("%s: %s", name, said)
		case c.want != "" && (len(said) != 1 || !strings.Contains(said[0], c.want)):
			t.Errorf("%s: %q, want %q", name, said, c.want)
		}
	}
}

// Only what does not fit is shown as a difference.
func TestLinesDiff(t *testing.T) {
	saved := "epoch 1\n" + trained + "a\nb\nc\nend\n"
	got := "epoch 1\nnew\n" + strings.NewReplacer("0.471", "0.472", "9012.3", "1.0").Replace(trained) + "a\nB\nc\nend\n"
	want := `lines
  --- expected
  +++ got
  @@ -1,7 +1,8 @@
   epoch 1
  +new
   loss 0.471, train acc 0.822, test acc 0.836
   9012.3 examples/sec on cpu(0)
   a
  -b
  +B
   c
   end`
	if said := Lines(saved, tolerance, got); len(said) != 1 || said[0] != want {
		t.Errorf("%s\nwant\n%s", strings.Join(said, "\n"), want)
	}
	long := Lines("a\n", nil, strings.Repeat("b\n", 1000))
	if n := strings.Count(long[0], "\n"); n != longest+1 || !strings.HasSuffix(long[0], "lines more") {
		t.Errorf("%d lines of a long diff: %s", n, long[0])
	}
}
