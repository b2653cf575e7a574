package cells

import (
	"strings"
	"testing"
)

func TestFinish(t *testing.T) {
	for typed, want := range map[string]string{
		"%%\nd2l.TrainCh5(‸":                           "%%\nd2l.TrainCh5()\n",
		"d2l.TrainCh5(net, ‸":                          "d2l.TrainCh5(net, )\n",
		"%%\nx := half(bat‸ // of all":                 "",
		"%%\nx := d2l.‸":                               "%%\nx := d2l. _\n",
		"%%\nif half(3‸\nfmt.Println(x)":               "%%\nif half(3) {}\nfmt.Println(x)\n",
		"%%\nf(func() { g(‸":                           "%%\nf(func() { g()})\n",
		"%%\nfor {\n\tf(‸\n}\nh()":                     "%%\nfor {\n\tf()\n}\nh()\n",
		"func f() int {\n\treturn max(a[‸":             "func f() int {\n\treturn max(a[ _])\n}",
		"%%\nfmt.Println(d2l.TryGPU(‸\nfmt.Println(1)": "%%\nfmt.Println(d2l.TryGPU())\nfmt.Println(1)\n",
		"%%\nd2l.Plot(xs,\n\tys, ‸\n":                  "%%\nd2l.Plot(xs,\n\tys, )\n\n",
		"!ls (\n%%\nf(‸":                               "!ls (\n%%\nf()\n",
		"%%\nf(1)‸":                                    "",
		"%%\nx := := f(‸":                              "",
	} {
		lines, line, column := cursor(typed)
		if want == "" {
			want = strings.Join(lines, "\n")
		}
		if got := strings.Join(Finish(lines, line, column), "\n"); got != want {
			t.Errorf("%q: got %q, want %q", typed, got, want)
		}
	}
}

func TestKeepImport(t *testing.T) {
	for typed, want := range map[string]string{
		"import \"mine/nets\"\n%%\nnets.‸ _":            "nets.D2L",
		"import \"mine/nets/v2\"\n%%\nx := f(nets.sm‸)": "nets.D2L",
		"import n \"mine/nets\"\nfunc f() { n.‸ _ }":    "n.D2L",
		"%%\nearlier.‸ _":                               "earlier.D2L",
		"%%\nstrings.‸ _":                               "", // Nobody has imported it: do not look for it everywhere.
		"import \"mine/nets\"\n%%\nnets‸":               "",
	} {
		lines, line, column := cursor(typed)
		got := KeepImport(lines, line, column, func(name string) bool { return name == "earlier" })
		if text := strings.TrimPrefix(strings.Join(got, "\n"), strings.Join(lines, "\n")); want == "" && text != "" ||
			want != "" && text != "\nvar _ = "+want {
			t.Errorf("%q: added %q, want %q", typed, text, want)
		}
	}
}

// cursor returns the lines of a cell, and where ‸ stands in them.
func cursor(typed string) (lines []string, line, column int) {
	before, after, _ := strings.Cut(typed, "‸")
	line = strings.Count(before, "\n")
	return strings.Split(before+after, "\n"), line, len(before) - strings.LastIndex(before, "\n") - 1
}

func TestAsked(t *testing.T) {
	for typed, want := range map[string]string{
		"d2l.Tra‸inCh5(net)":                     "inCh5(net)",
		"d2l.TrainCh5‸(net)":                     "5(net)",
		"d2l.TrainCh5(‸":                         "5(",
		"%%\nd2l.Plot(half(3), [2]int{1, 2}, ‸)": "t(half(3), [2]int{1, 2}, )",
		"%%\nd2l.Plot(xs,\n\tys,\n\t‸)":          "t(xs,",
		"%%\nd2l.Plot(\"a (b\", f(‸":             "f(", // the only character
		"%%\nlenet.Größe[int, string]( ‸":        "e[int, string]( ",
		"%%\nd2l.Config{Seed: 3, ‸}":             "g{Seed: 3, }",
		"%%\nd2l.Must(f(1)) ‸":                   "t(f(1)) ",
		"%%\nd2l.Must(1‸)":                       "t(1)",
		"!ls (\n‸":                               "",
	} {
		lines, line, column := cursor(typed)
		line, column = Asked(lines, line, column)
		if got := lines[line][column:]; got != want {
			t.Errorf("%q: got %q, want %q", typed, got, want)
		}
	}
}
