#include "chunks.h"
#include "handlers.h"
#include "implementation.h"
#include "parallel.h"
#include <stdatomic.h>
#include <string.h>

typedef struct {
	ffi_buffer **arrays;
	atomic_int *not_finite; // For each array, whether a number in it is not.
} search;

static void search_chunk(void *work, int index, int thread) {
	(void)thread;
	const search *s = work;
	chunk c = chunk_of(s->arrays, index);
	if (!implemented->are_finite((const float *)s->arrays[c.array]->data + c.first, c.size))
		atomic_store(&s->not_finite[c.array], 1);
}

const char *guard(const ffi_call *call) {
	ffi_buffer **args = call->args.buffers, **results = call->results.buffers;
	if (call->args.count < 2) return "d2l: a guard has other arguments";
	const int32_t *settings = args[0]->data;
	int inputs = settings[1], values = (int)call->results.count - 2, count = inputs + values;
	if (values < 0 || call->args.count != 2 + inputs + 2 * values) return "d2l: a guard has other arguments";
	search s = {args + 2, results[values + 1]->data};
	for (int i = 0; i < count; i++) atomic_init(&s.not_finite[i], 0);
	parallel(call, num_chunks(s.arrays, count), settings[0], search_chunk, &s);
	float *finite = results[values]->data;
	bool keep = *(const float *)args[1]->data != 0;
	for (int i = 0; i < count; i++) {
		finite[i] = !atomic_load(&s.not_finite[i]);
		keep = keep && finite[i];
	}
	ffi_buffer **from = args + 2 + inputs + (keep ? 0 : values);
	for (int i = 0; i < values; i++) // The new values are in place: see aliases in kernels.go.
		if (results[i]->data != from[i]->data) memcpy(results[i]->data, from[i]->data, size_of(from[i]) * sizeof(float));
	return NULL;
}
