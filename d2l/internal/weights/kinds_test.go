package weights

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/d2l-go/book/d2l/d2ltest"
)

// Files of other kinds are told by their first bytes.
func TestOtherKinds(t *testing.T) {
	zipOf := func(name string) string {
		buffer := new(bytes.Buffer)
		w := zip.NewWriter(buffer)
		d2ltest.Must(d2ltest.Must(w.Create(name))(t).Write([]byte("content")))(t)
		d2ltest.NoError(t, w.Close())
		return buffer.String()
	}
	const save = "safetensors.torch.save_file("
	for content, want := range map[string]string{
		"":                               "the file is empty",
		zipOf("checkpoint.json"):         "an earlier version of this package wrote them",
		zipOf("lenet/data.pkl"):          "a checkpoint of PyTorch's torch.save|" + save,
		zipOf("conv0.weight.npy"):        "a zip archive of NumPy's arrays (.npz)|" + save,
		zipOf("model.weights.h5"):        "a zip archive: unpack it|" + save,
		"\x80\x02\x8a\x0al\xfc\x9cF\xf9": "a pickle of Python's|" + save, // PyTorch's before version 1.6.
		"\x80\x04\x95\x21\x00\x00\x00\x00\x00\x00\x00}": "a pickle of Python's|" + save,
		"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff":      "an archive of gzip: unpack it",
		"\x89HDF\r\n\x1a\n\x00\x00":                     "an HDF5 file|" + save,
		"\x93NUMPY\x01\x00v\x00{'descr': '<f4'":         "one array of NumPy's (.npy)|" + save,
		"version https://git-lfs.github.com/spec/v1\n":  "a pointer of Git LFS|git lfs pull",
		"\n<!DOCTYPE html>\n<html>":                     "a web page|/resolve/",
		"\ufeff{\"metadata\": {\"total_size\": 1}}":     "JSON, such as",
		`[{"name": "conv0"}]`:                           "JSON, such as",
	} {
		_, err := Parse([]byte(content))
		d2ltest.WantError(t, err, strings.Split(want, "|")...)
		if !errors.As(err, new(OtherKind)) || strings.Contains(err.Error(), "damaged") {
			t.Errorf("%.20q is not told from a damaged file: %v", content, err)
		}
	}
}

// A header may have a size whose bytes are those with which another kind begins.
func TestHeaderSizesLikeOtherKinds(t *testing.T) {
	for _, size := range []int{0x8b1f, 0x088b1f, 0x0280, 0x0480, '<', '{', '['} {
		header := `{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`
		header += strings.Repeat(" ", size-len(header))
		file := append(binary.LittleEndian.AppendUint64(nil, uint64(size)), header+"\x07"...)
		d2ltest.Must(Parse(file))(t)
		for _, n := range []int{1, 7, 8, 9, 20, len(file) - 1} {
			_, err := Parse(file[:n])
			d2ltest.WantError(t, err, "damaged or cut off")
		}
	}
}

// All values of PyTorch's float8 types, some of them by name, as torch.float8_e4m3fn and
// torch.float8_e5m2 have them.
func TestEightBits(t *testing.T) {
	for kind, want := range map[string]string{
		"F8_E4M3": "00=0 01=0.001953125 07=0.013671875 08=0.015625 37=0.9375 38=1 39=1.125 77=240 7e=448 7f=NaN " +
			"80=-0 81=-0.001953125 b8=-1 fe=-448 ff=NaN",
		"F8_E5M2": "00=0 01=1.5258789e-05 03=4.5776367e-05 04=6.1035156e-05 3b=0.875 3c=1 3d=1.25 7b=57344 7c=+Inf " +
			"7d=NaN 7e=NaN 7f=NaN 80=-0 81=-1.5258789e-05 bc=-1 fb=-57344 fc=-Inf ff=NaN",
	} {
		for _, pair := range strings.Fields(want) {
			var bits byte
			d2ltest.Must(fmt.Sscanf(pair, "%x", &bits))(t)
			if got := fmt.Sprintf("%02x=%v", bits, eightBits(kind, bits).Float32()); got != pair {
				t.Errorf("%s: got %s, expected %s", kind, got, pair)
			}
		}
		for bits := byte(0); bits < 0x7b; bits++ {
			if a, b := eightBits(kind, bits).Float32(), eightBits(kind, bits+1).Float32(); a >= b {
				t.Errorf("%s: %x is %v, and %x is %v", kind, bits, a, bits+1, b)
			}
		}
	}
}
