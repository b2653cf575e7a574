package xla

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/gomlx/go-xla/pjrt"
	"golang.org/x/sys/cpu"
	"google.golang.org/protobuf/encoding/protowire"
)

// oneDNNFlag makes XLA leave to oneDNN the convolutions, with the biases, sums and activations that follow, and those
// products of matrices that YNNPACK does not take. Plugins for x86-64 can contain oneDNN, and do not use it otherwise:
// then oneDNNConvolution is one of their constants. On a processor without AVX oneDNN crashes.
const (
	oneDNNFlag        = "xla_cpu_experimental_onednn_custom_call"
	oneDNNConvolution = "__onednn$convolution"
)

// cpuPrograms says how programs are compiled for the CPU: those with convolutions by oneDNN, if the plugin has it. The
// others do without, as what oneDNN has a part in cannot be kept: the plugin ends the process when it is asked for the
// bytes of it.
type cpuPrograms struct {
	user      string // The user's flags, which come first.
	hasOneDNN bool
}

// oneDNN returns whether the user's flags choose for or against oneDNN, and what. A value that is not one of XLA's for
// false is taken for true.
func (p cpuPrograms) oneDNN() (chosen, on bool) {
	for _, flag := range strings.Fields(p.user) {
		name, value, hasValue := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		if name == oneDNNFlag {
			off := hasValue && slices.Contains([]string{"false", "False", "0"}, strings.Trim(value, `"'`))
			chosen, on = true, !off
		}
	}
	return chosen, on
}

// options returns what a program's CompileOptionsProto has besides go-xla's, and whether what is compiled may be kept.
func (p cpuPrograms) options(code []byte) (options []byte, keep bool) {
	chosen, on := p.oneDNN()
	if p.hasOneDNN && !chosen && bytes.Contains(code, []byte("stablehlo.convolution")) {
		return override(oneDNNFlag), false
	}
	return nil, !asksForDump(p.user) && !on
}

// asksForDump reports whether the user's flags, or go-xla's variable, have XLA write down how programs are compiled.
func asksForDump(user string) bool {
	return strings.Contains(user+os.Getenv(pjrt.EnvXlaDebugOptions), "dump")
}

// settings returns all that compiled programs depend on besides themselves, their options and the plugin.
func (p cpuPrograms) settings(client pjrt.NamedValuesMap) string {
	return fmt.Sprintf("%q %v %d %q %q %q", withFlags(p.user, cpuFlags), client, runtime.NumCPU(),
		os.Getenv("NPROC"), os.Getenv("PJRT_NPROC"), processor()) // The two say how many threads XLA has.
}

// override returns a CompileOptionsProto that sets one flag of XLA: an entry of the map env_option_overrides, whose
// value is an OptionOverrideProto with its bool_field.
func override(flag string) []byte {
	var value, entry, options []byte
	value = protowire.AppendTag(value, 2, protowire.VarintType)
	value = protowire.AppendVarint(value, protowire.EncodeBool(true))
	entry = protowire.AppendTag(entry, 1, protowire.BytesType)
	entry = protowire.AppendString(entry, flag)
	entry = protowire.AppendTag(entry, 2, protowire.BytesType)
	entry = protowire.AppendBytes(entry, value)
	options = protowire.AppendTag(options, 7, protowire.BytesType)
	return protowire.AppendBytes(options, entry)
}

// processor describes the processor that programs are compiled for.
func processor() string {
	var lines []string
	info, _ := os.ReadFile("/proc/cpuinfo") // There is none on a Mac.
	first, _, _ := strings.Cut(string(info), "\n\n")
	for line := range strings.SplitSeq(first, "\n") {
		switch name, _, _ := strings.Cut(line, "\t"); name {
		case "processor", "cpu MHz", "bogomips", "BogoMIPS", "apicid", "initial apicid", "core id", "physical id":
		default:
			lines = append(lines, line)
		}
	}
	return fmt.Sprintf("%s %+v %+v", strings.Join(lines, "\n"), cpu.X86, cpu.ARM64)
}
