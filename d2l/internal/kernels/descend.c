#include "chunks.h"
#include "handlers.h"
#include "implementation.h"
#include "parallel.h"

typedef struct {
	ffi_buffer **weights, **gradients, **to;
	int count;
	float rate;
} descent;

static void descend_chunk(void *work, int index, int thread) {
	(void)thread;
	const descent *d = work;
	chunk c = chunk_of(d->weights, index);
	const float *weights = d->weights[c.array]->data, *gradients = d->gradients[c.array]->data;
	implemented->descend(weights + c.first, gradients + c.first, d->rate, (float *)d->to[c.array]->data + c.first, c.size);
}

const char *descend(const ffi_call *call) {
	ffi_buffer **args = call->args.buffers;
	int count = (int)call->results.count;
	if (call->args.count != 2 + 2 * count) return "d2l: an update has other arguments";
	descent d = {args + 2, args + 2 + count, call->results.buffers, count, *(const float *)args[1]->data};
	parallel(call, num_chunks(d.weights, count), *(const int32_t *)args[0]->data, descend_chunk, &d);
	return NULL;
}
