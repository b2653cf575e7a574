#include "handlers.h"
#include "implementation.h"
#include "parallel.h"
#include <stdatomic.h>

// As many numbers as one thread looks at, at a time.
enum { CHUNK = 1 << 14 };

typedef struct {
	ffi_buffer **arrays;
	int count;
	atomic_int *not_finite; // For each array, whether a number in it is not.
} search;

static size_t size_of(const ffi_buffer *b) {
	size_t size = 1;
	for (int axis = 0; axis < b->rank; axis++) size *= b->dims[axis];
	return size;
}

static size_t chunks_of(const ffi_buffer *b) { return (size_of(b) + CHUNK - 1) / CHUNK; }

static void search_chunk(void *work, int chunk, int thread) {
	(void)thread;
	const search *s = work;
	for (int i = 0; i < s->count; i++) {
		int chunks = (int)chunks_of(s->arrays[i]);
		if (chunk < chunks) {
			size_t first = (size_t)chunk * CHUNK, rest = size_of(s->arrays[i]) - first;
			if (!implemented->are_finite((const float *)s->arrays[i]->data + first, rest < CHUNK ? rest : CHUNK))
				atomic_store(&s->not_finite[i], 1);
			return;
		}
		chunk -= chunks;
	}
}

const char *all_finite(const ffi_call *call) {
	int count = (int)call->args.count - 1;
	if (call->results.count != 2) return "d2l: a search for numbers that are not finite has other results";
	search s = {call->args.buffers + 1, count, call->results.buffers[1]->data};
	int chunks = 0;
	for (int i = 0; i < count; i++) {
		chunks += (int)chunks_of(s.arrays[i]);
		atomic_init(&s.not_finite[i], 0);
	}
	parallel(call, chunks, *(const int32_t *)call->args.buffers[0]->data, search_chunk, &s);
	float *results = call->results.buffers[0]->data;
	for (int i = 0; i < count; i++) results[i] = !atomic_load(&s.not_finite[i]);
	return NULL;
}
