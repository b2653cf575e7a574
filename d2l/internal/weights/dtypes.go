package weights

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"
	"github.com/nlpodyssey/safetensors"
)

// fileTypes are the types of a file, by those of variables.
var fileTypes = map[dtypes.DType]safetensors.DType{
	dtypes.Bool:    safetensors.BOOL,
	dtypes.Uint8:   safetensors.U8,
	dtypes.Int8:    safetensors.I8,
	dtypes.Int16:   safetensors.I16,
	dtypes.Uint16:  safetensors.U16,
	dtypes.Float16: safetensors.F16, dtypes.BFloat16: safetensors.BF16,
	dtypes.Int32: safetensors.I32, dtypes.Uint32: safetensors.U32, dtypes.Float32: safetensors.F32,
	dtypes.Int64: safetensors.I64, dtypes.Uint64: safetensors.U64, dtypes.Float64: safetensors.F64,
}

// floats are the types that are converted into each other.
var floats = []safetensors.DType{safetensors.F32, safetensors.F64, safetensors.F16, safetensors.BF16}

// eightBits returns a value of a float8 type as a float16, which has all of its values:
// of F8_E5M2, which is the upper half of one, or of F8_E4M3, whose exponents begin at -6,
// and which has NaN but no infinity.
func eightBits(kind string, bits byte) float16.Float16 {
	if kind == "F8_E5M2" {
		return float16.FromBits(uint16(bits) << 8)
	}
	sign, exponent, fraction := uint16(bits>>7)<<15, int(bits>>3&15), float64(bits&7)/8
	value := math.Ldexp(1+fraction, exponent-7)
	switch {
	case bits&0x7f == 0x7f:
		value = math.NaN()
	case exponent == 0:
		value = math.Ldexp(fraction, -6)
	}
	return float16.FromBits(float16.FromFloat32(float32(value)).Bits() | sign)
}

func isFloat(t safetensors.DType) bool { return slices.Contains(floats, t) }

// converted returns values of one floating-point type as those of another.
func converted(data []byte, from, to safetensors.DType) []byte {
	if from == to {
		return data
	}
	n := len(data) / int(from.Size())
	result := make([]byte, 0, n*int(to.Size()))
	for i := range n {
		result = appendFloat(result, to, floatAt(data, from, i))
	}
	return result
}

// overflowing returns the first value that is infinite in another type and was not before.
func overflowing(data []byte, from, to safetensors.DType) (value float64, index int, found bool) {
	var result []byte
	for i := range len(data) / int(from.Size()) {
		value := floatAt(data, from, i)
		result = appendFloat(result[:0], to, value)
		if !math.IsInf(value, 0) && math.IsInf(floatAt(result, to, 0), 0) {
			return value, i, true
		}
	}
	return 0, 0, false
}

func floatAt(data []byte, t safetensors.DType, i int) float64 {
	bits := binary.LittleEndian
	data = data[i*int(t.Size()):]
	switch t {
	case safetensors.F32:
		return float64(math.Float32frombits(bits.Uint32(data)))
	case safetensors.F64:
		return math.Float64frombits(bits.Uint64(data))
	case safetensors.F16:
		return float64(float16.FromBits(bits.Uint16(data)).Float32())
	default: // BF16
		return float64(bfloat16.FromBits(bits.Uint16(data)).Float32())
	}
}

func appendFloat(data []byte, t safetensors.DType, value float64) []byte {
	bits := binary.LittleEndian
	switch t {
	case safetensors.F32:
		return bits.AppendUint32(data, math.Float32bits(float32(value)))
	case safetensors.F64:
		return bits.AppendUint64(data, math.Float64bits(value))
	case safetensors.F16:
		return bits.AppendUint16(data, float16.FromFloat32(float32(value)).Bits())
	default: // BF16
		return bits.AppendUint16(data, bfloat16.FromFloat32(float32(value)).Bits())
	}
}

// countOf returns PyTorch's count of batches, a single number, for GoMLX's, which has it
// once for each channel.
func countOf(data []byte, t safetensors.DType) ([]byte, error) {
	first := floatAt(data, t, 0)
	count := int64(first)
	for i := range len(data) / int(t.Size()) {
		if value := floatAt(data, t, i); value != first || value != float64(count) {
			return nil, fmt.Errorf("it counts %v and %v batches, expected the same whole number for each channel",
				first, value)
		}
	}
	return binary.LittleEndian.AppendUint64(nil, uint64(count)), nil
}

// PerChannel returns the bytes of a variable that has a count for each channel.
func PerChannel(count int64, t dtypes.DType, channels int) []byte {
	return perChannel(count, fileTypes[t], channels)
}

// perChannel does the reverse of countOf.
func perChannel(count int64, t safetensors.DType, channels int) []byte {
	const maxCount = 1 << 24 // Float32 counts no further, and statistics do not depend on it.
	var data []byte
	for range channels {
		data = appendFloat(data, t, float64(min(count, maxCount)))
	}
	return data
}

// permuted returns values in another order of axes: axis i of the result is axis
// order[i] of the given sizes.
func permuted(data []byte, valueSize int, sizes, order []int) []byte {
	strides := make([]int, len(sizes))
	stride := valueSize
	for axis := len(sizes) - 1; axis >= 0; axis-- {
		strides[axis] = stride
		stride *= sizes[axis]
	}
	result := make([]byte, 0, len(data))
	var appendFrom func(axis, at int)
	appendFrom = func(axis, at int) {
		if axis == len(order) {
			result = append(result, data[at:at+valueSize]...)
			return
		}
		for i := range sizes[order[axis]] {
			appendFrom(axis+1, at+i*strides[order[axis]])
		}
	}
	appendFrom(0, 0)
	return result
}

// inverse returns the order that undoes another.
func inverse(order []int) []int {
	undone := make([]int, len(order))
	for i, axis := range order {
		undone[axis] = i
	}
	return undone
}
