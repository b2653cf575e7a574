// Arrays, of any shapes, in chunks that threads share.
#pragma once
#include "ffi.h"

// As many numbers as one thread looks at, at a time.
enum { CHUNK = 1 << 14 };

static inline size_t size_of(const ffi_buffer *b) {
	size_t size = 1;
	for (int axis = 0; axis < b->rank; axis++) size *= b->dims[axis];
	return size;
}

static inline int chunks_in(const ffi_buffer *b) { return (int)((size_of(b) + CHUNK - 1) / CHUNK); }

static inline int num_chunks(ffi_buffer **arrays, int count) {
	int chunks = 0;
	for (int i = 0; i < count; i++) chunks += chunks_in(arrays[i]);
	return chunks;
}

// A chunk has size numbers of an array, from first on.
typedef struct {
	int array;
	size_t first, size;
} chunk;

// chunk_of returns the chunk of an index below num_chunks.
static inline chunk chunk_of(ffi_buffer **arrays, int index) {
	chunk c = {0};
	for (; index >= chunks_in(arrays[c.array]); c.array++) index -= chunks_in(arrays[c.array]);
	c.first = (size_t)index * CHUNK;
	size_t rest = size_of(arrays[c.array]) - c.first;
	c.size = rest < CHUNK ? rest : CHUNK;
	return c;
}
