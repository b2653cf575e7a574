package weights

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// OtherKind is the error of a file that is whole, perhaps, but not of safetensors. It
// says what to do.
type OtherKind string

func (k OtherKind) Error() string { return string(k) }

// convert is what to do with files that Python can read.
const convert = "read them in Python, and write them by the names of this net's tensors with " +
	"safetensors.torch.save_file(tensors, PATH)"

// fromState is the same for files that torch.load reads.
const fromState = "can hold code and is not read: load it into the net in Python, " +
	"and write that with safetensors.torch.save_file(net.state_dict(), PATH)"

// otherKind returns what a file is, by its first bytes, that is not one of safetensors, or
// "" if it may be a damaged one.
func otherKind(content []byte) OtherKind {
	if len(content) == 0 {
		return "the file is empty: save or download them again"
	}
	if len(content) <= 8 || content[8] == '{' && binary.LittleEndian.Uint64(content) <= maxHeaderSize {
		return "" // The first bytes are the header's size, and may be any.
	}
	begins := func(prefix string) bool { return bytes.HasPrefix(content, []byte(prefix)) }
	contains := func(name string) bool { return begins("PK\x03\x04") && bytes.Contains(content, []byte(name)) }
	text := strings.TrimLeft(string(content[:min(len(content), 512)]), "\ufeff \t\r\n")
	switch {
	case contains("checkpoint.json"):
		return "an earlier version of this package wrote them, in a format that is no longer read; " +
			"save them again with SaveParameters"
	case contains("data.pkl"):
		return "a checkpoint of PyTorch's torch.save, which " + fromState
	case contains(".npy"):
		return "a zip archive of NumPy's arrays (.npz), which do not tell for which net they are: " + convert
	case begins("PK\x03\x04"):
		return "a zip archive: unpack it, or, if it is a whole model, " + convert
	case content[0] == 0x80 && content[1] >= 2 && content[1] <= 5:
		return "a pickle of Python's, such as an old checkpoint of PyTorch's, which " + fromState
	case begins("\x1f\x8b"):
		return "an archive of gzip: unpack it (gunzip), and load what is in it"
	case begins("\x89HDF\r\n\x1a\n"):
		return "an HDF5 file, such as Keras writes: " + convert
	case begins("\x93NUMPY"):
		return "one array of NumPy's (.npy), which does not tell for which net it is: " + convert
	case begins("version https://git-lfs"):
		return "a pointer of Git LFS, not the file itself: get that with git lfs pull"
	case strings.HasPrefix(text, "<"):
		return "a web page, or other text that begins with <, and not the file itself: " +
			"see to the link that it comes from (on huggingface.co the file's has /resolve/ in it)"
	case strings.HasPrefix(text, "{"), strings.HasPrefix(text, "["):
		return "JSON, such as a model's configuration or the list of its files: " +
			"load the file of safetensors itself"
	}
	return ""
}
